"""A third language is one file: made here from English, it is in every sentence of every page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.errors import InputError
from workbench.evidence import check_kinds, list_sentences
from workbench.handover.agenda import make_agenda, write_protocol
from workbench.handover.guide import write_guide
from workbench.handover.notice import READERS, Notice, write_notice, write_notice_text
from workbench.handover.request import compose_letter, write_letter, write_letter_text
from workbench.handover.sheet import read_sheet, write_sheet
from workbench.model import Finding, Protocol, StepMark, StepResult, finding_kinds
from workbench.partners import load_catalogue
from workbench.reporting.language import list_languages, list_missing, load_language, read_words
from workbench.reporting.phrase import translate_phrase
from workbench.reporting.report import SECTIONS
from workbench.reporting.retelling import retell
from workbench.settings import Settings

from .runs import NOW, write_run

CODE = "qx"
_FILLED = re.compile(r"(\{[^{}]*\})")
# Words of English that no language file is to blame for: names, and what tools and people wrote.
_PLAIN = re.compile(r"[A-Za-z]{4,}")


def mark(text: str) -> str:
    """Every word between the braces turned into signs that English does not have."""
    parts = _FILLED.split(text)
    return "".join(
        part if n % 2 else re.sub(r"[A-Za-z]", "ж", part) for n, part in enumerate(parts)
    )


def mark_all(tree: Any) -> Any:
    """All texts of a tree, its keys as they are."""
    if isinstance(tree, Mapping):
        return {key: mark_all(value) for key, value in tree.items()}
    return mark(tree)


def make_language() -> dict[str, Any]:
    """The one file: reports and pages, catalogue, findings, phrases; Polish plurals."""
    tree = mark_all(dict(read_words("en")))
    tree |= {"name": "Qxish", "locale": "pl"}
    tree["count"]["day"] = {"one": "{n} D1", "few": "{n} D2", "many": "{n} D5", "other": "{n} D0"}
    catalogue = load_catalogue()
    tree["catalogue"] = {
        "areas": mark_all(catalogue.areas),
        "reasons": {
            row.code: {name: mark(getattr(row, name)) for name in ("title", "sentence", "needed")}
            for row in catalogue.reasons
        },
        "features": {
            row.slug: {
                name: mark(text)
                for name in ("title", "benefit", "given")
                if (text := getattr(row, name, None))
            }
            for row in catalogue.features
        },
        "criteria": {
            row.slug: {"title": mark(row.title), "benefit": mark(row.benefit)}
            for row in catalogue.criteria()
        },
    }
    tree["findings"] = {
        kind.id: {
            name: mark(words["en"])
            for name in ("title", "says", "expected", "hint")
            if (words := getattr(kind, name))
        }
        for kind in finding_kinds().values()
    }
    titles = {f"{check}.title": row.title for check, row in check_kinds().items()}
    said = titles | dict(list_sentences())
    tree["checks"] = {name: mark(words["en"]) for name, words in said.items()}
    tree["phrases"] = {english: mark(english) for english in read_words("es")["phrases"]}
    return tree


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with the file in its folder `languages`, and two runs of a platform."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    (tmp_path / "contracts").mkdir()
    (tmp_path / "languages").mkdir()
    path = tmp_path / "languages" / f"{CODE}.yaml"
    path.write_text(yaml.safe_dump(make_language(), allow_unicode=True, sort_keys=False), "utf-8")
    yield tmp_path
    load_language.cache_clear()
    read_words.cache_clear()


def find_english(page: str) -> set[str]:
    """What a reader of the language would read in English."""
    text = re.sub(r"<(style|code|pre|svg)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    # What is quoted in English is marked as such; and names of ours, theirs and of files stay.
    known = {"Ronda", "Kitchen", "Table", "hello", "kitchen", "example", "sandbox", "html", "json"}
    known |= {"listopada", "grudnia", "Sandbox"}  # months of CLDR, and what the folder names
    text = re.sub(r"GET /[\w-]+", " ", text)
    return set(_PLAIN.findall(html.unescape(text))) - known


def test_a_third_language_is_one_file(project: Path) -> None:
    """Letter, session, sheet, notice, data model and report: no sentence is left in English."""
    assert CODE in list_languages()
    assert list_missing(CODE) == []
    proved = ("order-read", "menu-write", "product-write")
    write_run(project, proved)
    seen = Finding(slug="x", severity="high", summary="{}")
    report = write_run(
        project, proved[:2], run="two", language=CODE, broken={"product-write": seen},
        at=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip
    settings = Settings(root=project)
    notice = Notice.read("ronda", settings, "one", language=CODE, now=NOW)
    letter = compose_letter("ronda", settings, language=CODE, title="Ronda")
    pages = {
        "letter": write_letter(letter) + write_letter_text(letter, is_mail=True),
        "session": write_protocol(report, Protocol(make_agenda(report))),
        "sheet": write_sheet(read_sheet(report)),
        "model": write_guide(CODE, "Option"),
        "notice": write_notice(notice),
        "mails": "".join(write_notice_text(notice, reader) for reader in READERS),
        **{name: report.section(name)._repr_html_() for name in SECTIONS[:10]},
    }
    told = {name: sorted(find_english(page)) for name, page in pages.items()}
    assert {name: words for name, words in told.items() if words} == {}


def test_a_session_is_told_in_the_language_of_its_reader(tmp_path: Path) -> None:
    """What was begun in one language reads in another as if it had been begun in that one."""
    plain, own = (
        write_run(tmp_path, ("order-read",), run=code, language=code) for code in ("en", "es")
    )
    begun, wanted = make_agenda(plain), make_agenda(own)
    noted = StepResult(
        at=NOW, step=begun.steps[0].slug, mark=StepMark.ATTESTED, seen="I saw it.", by="Luis, chef"
    )
    for header, language in ((begun, own.language), (wanted, plain.language)):
        told = retell(Protocol(header, (noted,)), language)
        other = wanted if header is begun else begun
        assert [(item.title, item.action, item.expected) for item in told.header.steps] == [
            (item.title, item.action, item.expected) for item in other.steps
        ]
        assert told.lines == (noted,)


def test_its_customs_are_those_of_cldr(project: Path) -> None:
    """Plural forms that English does not have, and days as people there write them."""
    words = load_language(CODE)
    assert [words.count("count.day", n) for n in (1, 3, 5)] == ["1 D1", "3 D2", "5 D5"]
    assert words.date(NOW) == "20 listopada 2026"
    assert words.count("count.feature", 3) == "3 жжжжжжжж"
    kind = next(iter(finding_kinds().values()))
    assert "ж" in translate_phrase(kind.says["en"], CODE)
    assert project.is_dir()


def test_a_file_that_lacks_a_sentence_is_told(project: Path) -> None:
    """The error names what is missing, and no page is written half in English."""
    path = project / "languages" / f"{CODE}.yaml"
    tree = yaml.safe_load(path.read_text("utf-8"))
    del tree["sign"]["title"], tree["catalogue"]["areas"]["orders"]
    del tree["handover"]["sheet"]["whom"]
    path.write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    with pytest.raises(InputError, match="lacks 3 sentences"):
        load_language(CODE)
