"""The module sheet: plain words, one page of paper, and only what was proved works."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from workbench.cli.commands import main
from workbench.handover.phrases import load_words
from workbench.handover.sheet import read_sheet, write_sheet, write_sheet_json, write_sheet_pdf
from workbench.partners import load_catalogue
from workbench.reporting import Report
from workbench.reporting.language import list_languages

from .runs import write_run

# What a restaurant owner would have to look up.
TECHNICAL = re.compile(
    r"\b(API|HTTP\w*|JSON|webhooks?|endpoints?|OAuth\w*|tokens?|URL|payload|schema|sandbox|id|ids|"
    r"server|client id|integrat\w*|mapping|criterion|criteria|verdict)\b",
    re.IGNORECASE,
)


def test_only_what_was_proved_works(tmp_path: Path) -> None:
    """What is bound and not proved is being worked on, with what is done by hand meanwhile."""
    sheet = read_sheet(write_run(tmp_path, ("order-read", "menu-write")))
    states = {item.slug: item.state for item in sheet.benefits}
    assert {slug for slug, state in states.items() if state == "works"} == {
        "order-read", "menu-write",
    }  # fmt: skip
    assert set(states.values()) == {"works", "soon"}
    assert sheet.sentence.startswith("2 of 18 things")
    page = write_sheet(sheet)
    assert "Orders arrive complete" in page
    assert "they will phone you" in page
    assert "hello@kitchen.example" in page


def test_without_a_live_answer_nothing_works(tmp_path: Path) -> None:
    """A sheet of a run that reached nobody says so, and asks the restaurant to do nothing."""
    sheet = read_sheet(write_run(tmp_path, ()))
    assert not sheet.is_tested
    assert sheet.steps == ()
    assert "Nothing has been shown to work" in write_sheet(sheet)
    assert "We have not tried this" in write_sheet(sheet)


@pytest.mark.parametrize("code", list_languages())
def test_no_technical_word_is_on_the_sheet(tmp_path: Path, code: str) -> None:
    """Every state of every feature is told in words of a kitchen, in each language."""
    catalogue = load_catalogue()
    slugs = tuple(feature.slug for feature in catalogue.bindable())
    for number, proved in enumerate(((), slugs)):
        sheet = read_sheet(write_run(tmp_path / str(number), proved, language=code))
        told = [sheet.sentence, *sheet.steps]
        told += [f"{item.title} {item.text} {' '.join(item.exceptions)}" for item in sheet.benefits]
        assert [text for text in told if TECHNICAL.search(text)] == []


@pytest.mark.parametrize("code", list_languages())
def test_every_feature_says_what_is_done_without_it(code: str) -> None:
    """A service or event that is added to the catalogue needs its sentence here."""
    words = load_words(code).messages
    without = {key.split(".")[-1] for key in words if key.startswith("sheet.without.")}
    assert without == {feature.slug for feature in load_catalogue().bindable()}


@pytest.mark.parametrize("code", list_languages())
def test_the_paper_is_one_page(tmp_path: Path, code: str) -> None:
    """Whatever works, the PDF is one page and tells what the page does."""
    slugs = tuple(feature.slug for feature in load_catalogue().bindable())
    for number, proved in enumerate(((), slugs[:9], slugs)):
        sheet = read_sheet(write_run(tmp_path / str(number), proved, language=code))
        pages = PdfReader(BytesIO(write_sheet_pdf(sheet))).pages
        assert len(pages) == 1
        text = " ".join(pages[0].extract_text().split())
        assert all(item.title in text for item in sheet.benefits)


def test_the_json_is_for_a_shop_page(tmp_path: Path) -> None:
    """States are words of a short list; texts are those of the page."""
    told = json.loads(write_sheet_json(read_sheet(write_run(tmp_path, ("order-read",)))))
    assert told["format"] == "workbench-sheet/1"
    assert {item["state"] for item in told["features"]} <= {"works", "partly", "soon", "lacking"}
    assert told["valid_until"] == "2026-12-20"
    assert told["contact"]["organisation"] == "Kitchen Table"


def test_the_command_writes_beside_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`report --for restaurant` writes all three forms, and touches nothing of the run."""
    (tmp_path / "contracts").mkdir()
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    report = write_run(tmp_path, ("order-read",))
    before = sorted(path.name for path in report.folder.path.iterdir())
    result = CliRunner().invoke(main, ["report", "ronda", "--for", "restaurant", "--json"])
    assert result.exit_code == 0, result.output
    names = {Path(path).name for path in json.loads(result.output)["paths"]}
    assert names == {"sheet.html", "sheet.json", "sheet.pdf"}
    assert sorted(path.name for path in report.folder.path.iterdir()) == before
    wrong = CliRunner().invoke(
        main, ["report", "ronda", "--for", "restaurant", "--format", "junit"]
    )
    assert wrong.exit_code == 2
    assert "no format 'junit'" in wrong.output


@pytest.mark.parametrize(("code", "words"), [("en", "with exceptions"), ("es", "con excepciones")])
def test_the_first_sentence_counts_what_has_exceptions(code: str, words: str) -> None:
    """Where something works only in part, nobody reads that all of it works."""
    example = Path(__file__).parents[2] / "reports" / "example" / "bocado"
    sheet = read_sheet(Report.read(example, code))
    partly = sum(item.state == "partly" for item in sheet.benefits)
    assert partly > 0
    assert words in sheet.sentence
    assert str(partly) in sheet.sentence
