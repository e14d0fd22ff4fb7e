"""Every language says everything, and a report is written in the one that was asked for."""

from __future__ import annotations

import re
import string
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from workbench.description.guard import load_text
from workbench.errors import InputError
from workbench.model.feature import Catalogue
from workbench.partners import load_catalogue
from workbench.reporting.language import (
    DEFAULT,
    choose_language,
    list_languages,
    load_language,
    translate,
)
from workbench.reporting.report import SECTIONS

from .conftest import Build, context, read

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "workbench" / "reporting" / "templates"
OTHERS = [code for code in list_languages() if code != DEFAULT]


def fields(text: str) -> set[str]:
    """The words in braces of a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_message(code: str) -> None:
    """The keys are those of English, and a message fills in nothing that English does not."""
    own, plain = load_language(code).messages, load_language(DEFAULT).messages
    assert own.keys() == plain.keys()
    for key, text in own.items():
        assert fields(text) <= fields(plain[key]), key
        # A number may go without its digit in the singular, and nowhere else.
        assert fields(plain[key]) - fields(text) <= ({"n"} if key.endswith(".one") else set()), key
        assert bool(text) == bool(plain[key]) or key == "log.tongue", key


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_the_whole_catalogue(code: str) -> None:
    """Every area, reason, feature and criterion has its words, and no row is left over."""
    name = f"features.{code}.yaml"
    words: dict[str, Any] = load_text(
        files("workbench.model").joinpath(name).read_text("utf-8"), name
    )
    plain = load_catalogue()
    assert words["areas"].keys() == plain.areas.keys()
    assert words["reasons"].keys() == {reason.code for reason in plain.reasons}
    assert words["features"].keys() == {feature.slug for feature in plain.features}
    assert words["criteria"].keys() == {item.slug for item in plain.criteria()}
    assert {slug for slug, row in words["features"].items() if "given" in row} == {
        feature.slug for feature in plain.features if feature.given
    }
    for rows in (words["reasons"], words["features"], words["criteria"]):
        for slug, row in rows.items():
            assert all(text.strip() == text and text for text in row.values()), slug
            assert set(row) - {"given"} in ({"title", "benefit"}, {"title", "sentence", "needed"})


@pytest.mark.parametrize("code", OTHERS)
def test_a_translated_catalogue_differs_in_words_only(code: str) -> None:
    """Slugs, rules and order stay; every title and benefit is another one."""
    plain, own = load_catalogue(), translate(load_catalogue(), load_language(code))
    assert [feature.slug for feature in own.features] == [item.slug for item in plain.features]
    assert [item.requires for item in own.features] == [item.requires for item in plain.features]
    same = [item.title for item, old in zip(own.criteria(), plain.criteria(), strict=True)
            if item.title == old.title or item.benefit == old.benefit]  # fmt: skip
    assert same == []
    assert isinstance(own, Catalogue)


def test_templates_say_nothing_by_themselves() -> None:
    """A word that a partner reads stands in a language file, never in a template."""
    for path in [*TEMPLATES.glob("sections/*.j2"), *TEMPLATES.glob("portal/*.j2")]:
        text = re.sub(r"\{[%{#].*?[%}#]\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<[^>]*>", " ", text)))
        assert words <= {"sha", "Python", "workbench", "validate", "verify", "environment", "seed",
                         "run", "reports"}, path.name  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "locale", "code"),
    [("", "es-ES", "es"), ("", "es_MX", "es"), ("", "ja", "en"), ("", None, "en"),
     ("", '"><b>', "en"), ("en", "es", "en"), ("es", "", "es")],
)  # fmt: skip
def test_the_language_is_the_one_asked_for(wanted: str, locale: object, code: str) -> None:
    """What was asked for wins, then the partner's locale, then English."""
    assert choose_language(wanted, locale).code == code


def test_an_unknown_language_is_an_input_error() -> None:
    """The error names the languages that there are."""
    with pytest.raises(InputError) as caught:
        choose_language("xx")
    assert "Known: en, es." in str(caught.value.hint)


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("code", list_languages())
@pytest.mark.parametrize("complete", [True, False])
def test_every_section_is_written_in_every_language(
    build_run: Build, code: str, name: str, *, complete: bool
) -> None:
    """No message of any section lacks a word in any language."""
    folder = build_run(complete=complete)
    assert read(folder.path, code).section(name)._repr_html_()


def test_a_spanish_report_is_spanish(build_run: Build) -> None:
    """The partner's locale chooses the language; what tools recorded is marked as English."""
    report = read(build_run().path, "")
    assert report.language.code == "es"
    assert report.sentence == (
        "Están integradas 6 de 12 funciones aplicables a su plataforma; 1 aún no funciona; "
        "1 está lista pero sin comprobar en vivo; 1 está conectada pero sin probar; "
        "3 no están integradas."
    )
    assert report.level == "Integración parcial"
    log = report.section("log")._repr_html_()
    assert '<span lang="en">Called the operation and read its effect back.</span>' in log
    assert "en inglés" in log


def test_sentences_of_the_partner_folder_can_be_translated(build_run: Build) -> None:
    """A sentence for which the folder has a Spanish one is shown in Spanish, and not marked."""
    reason = "Sections travel only inside the whole menu."
    spoken = "Las secciones viajan solo dentro de la carta entera."
    told = context() | {"translations": {"es": {reason: spoken}}}
    report = read(build_run(context=told).path, "es")
    gaps = report.section("gaps")._repr_html_()
    assert f"<p>{spoken}</p>" in gaps
    assert reason not in gaps
    assert reason in read(report.folder.path, "en").section("gaps")._repr_html_()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "contracts").glob("*/translations.*.yaml")), ids=str
)
def test_translations_are_of_sentences_that_stand_in_the_folder(path: Path) -> None:
    """A sentence that was changed in partner.yaml loses its translation aloud, not in silence."""
    manifest = str(load_text((path.parent / "partner.yaml").read_text("utf-8"), "partner.yaml"))
    squeezed = manifest.replace("\\'", "'").replace('\\"', '"')
    for sentence, spoken in load_text(path.read_text("utf-8"), path.name).items():
        assert sentence in squeezed
        assert spoken != sentence
