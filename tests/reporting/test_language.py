"""Every language says everything, and a report is written in the one that was asked for."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.description.guard import load_text
from workbench.errors import InputError
from workbench.evidence import list_sentences as told_by_checks
from workbench.evidence import say
from workbench.model.feature import Catalogue
from workbench.partners import load_catalogue
from workbench.reporting.language import (
    DEFAULT,
    choose_language,
    list_languages,
    list_missing,
    load_language,
    read_part,
    read_words,
    translate,
)
from workbench.reporting.phrase import translate_phrase
from workbench.reporting.report import SECTIONS

from .conftest import Build, context, read
from .sentences import list_sentences

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "workbench" / "reporting" / "templates"
OTHERS = [code for code in list_languages() if code != DEFAULT]


def fields(text: str) -> set[str]:
    """The words in braces of a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", list_languages())
def test_a_language_lacks_nothing(code: str) -> None:
    """Messages, pages beside the report, catalogue and findings: every sentence is there."""
    assert list_missing(code) == []


@pytest.mark.parametrize("part", ["", "handover"])
@pytest.mark.parametrize("code", OTHERS)
def test_a_language_says_nothing_else(code: str, part: str) -> None:
    """No key is left over, and a message fills in nothing that English does not."""
    own, plain = (
        read_part(name, part) if part else load_language(name).messages for name in (code, DEFAULT)
    )
    for key, text in own.items():
        english = plain.get(key, plain.get(f"{key.rpartition('.')[0]}.other"))
        assert english is not None, key
        assert fields(text) <= fields(english), key
        # A number may go without its digit in the singular, and nowhere else.
        spare = {"n"} if key.endswith(".one") else set()
        assert fields(english) - fields(text) <= spare, key


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_the_whole_catalogue(code: str) -> None:
    """No row is left over, and what we give ourselves is named in the language as well."""
    words: Mapping[str, Any] = read_words(code)["catalogue"]
    plain = load_catalogue()
    assert words["areas"].keys() == plain.areas.keys()
    assert words["reasons"].keys() == {reason.code for reason in plain.reasons}
    assert words["features"].keys() == {feature.slug for feature in plain.features}
    assert words["criteria"].keys() == {item.slug for item in plain.criteria()}
    assert {slug for slug, row in words["features"].items() if "given" in row} == {
        feature.slug for feature in plain.features if feature.given
    }


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_of_our_sources_is_said(code: str) -> None:
    """What laws, readers and drafts write into a run has its words in the language."""
    told = list(list_sentences())
    assert len(told) > 200
    assert [item for item in told if translate_phrase(item[1], code) == item[1]] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_phrase_fills_in_what_english_does(code: str) -> None:
    """Neither a fact is lost nor one made up, and no phrase says what another says."""
    for english, own in read_words(code)["phrases"].items():
        assert fields(english.replace("{}", "")) == fields(own.replace("{}", "")), english


def test_a_long_sentence_is_read_from_its_outermost_words() -> None:
    """What stands inside another sentence is said as well, and a person's own words are left."""
    text = "Sent PUT /a: answer 200; read back after 1.5 s, 2 values are not as sent."
    assert translate_phrase(text, "es") == (
        "Enviamos PUT /a: respuesta 200; leído de nuevo tras 1.5 s, "
        "2 valores no son como se enviaron."
    )
    text = "31 generated requests to GET /a: all answered as documented (9 with 200, 22 with 404)."
    assert translate_phrase(text, "es").endswith("(9 con 200, 22 con 404).")
    text = "GET /orders/{id}: payments make 30, but the total is 40."
    assert (
        translate_phrase(text, "es") == "GET /orders/{id}: los pagos suman 30, pero el total es 40."
    )
    assert translate_phrase("Luis saw it on the screen.", "es") == "Luis saw it on the screen."


def test_days_numbers_and_forms_are_those_of_the_language() -> None:
    """CLDR decides: order of a day, signs of a number, place of a currency, plural forms."""
    moment = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
    plain, own = load_language("en"), load_language("es")
    assert plain.moment(moment) == "3 November 2026, 09:05 UTC"
    assert own.date(moment.date()) == "3 de noviembre de 2026"
    assert (plain.number(1234.5), own.number(12345.5)) == ("1,234.5", "12.345,5")
    assert own.money(123456, "EUR") == "1.234,56\xa0€"
    assert plain.money(1234, "JPY") == "JP¥1,234"
    assert own.percent(0.5) == "50\xa0%"
    assert plain.count("count.day", 1) == "1 day"
    assert own.count("count.day", 1_500) == "1.500 días"
    assert plain.join(["a", "b", "c"]) == "a, b and c"


def test_a_word_follows_its_number() -> None:
    """One and many are said as people say them, in the log and in the language of a report."""
    told = [say("sender.reached", n=n) for n in (1, 6)]
    assert told == ["1 delivery reached our address.", "6 deliveries reached our address."]
    assert [translate_phrase(text, "es") for text in told] == [
        "1 entrega llegó a nuestra dirección.", "6 entregas llegaron a nuestra dirección.",
    ]  # fmt: skip
    old = "6 delivery(ies) reached our address."  # as runs of before say it
    assert translate_phrase(old, "es") == "6 entregas llegaron a nuestra dirección."
    texts = [*told_by_checks().values(), *read_words("es")["phrases"].values()]
    assert not re.search(r"\w\((?:s|es|ies|nes)\)", " ".join(map(str, texts)))


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
