"""The portal tells who supports what, what became worse, and what is out of date."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from workbench.errors import InputError
from workbench.model import LIVE_SOURCES, Finding, Outcome, Severity
from workbench.reporting.history import write_snapshot
from workbench.reporting.portal import build_portal, gather_lines

from .conftest import Build, observations
from .hostile import PAYLOADS, hostile

NOW = datetime.now(UTC)


@pytest.fixture
def reports(build_run: Build, tmp_path: Path) -> Path:
    """Two partners: one that became worse, one that has a single run."""
    lost = Finding(slug="menu-differs", severity=Severity.HIGH, summary="A dish is lost.")
    worse = [
        line.model_copy(update={"outcome": Outcome.FAILED, "findings": (lost,)})
        if line.feature == "menu-write" and line.source in LIVE_SOURCES
        else line
        for line in observations()
    ]
    build_run(run="one", started_at=NOW - timedelta(days=2))
    build_run(worse, run="two", started_at=NOW - timedelta(days=1))
    build_run(run="only", partner="ronda", title="Ronda")
    return tmp_path / "reports"


def soup(path: Path) -> BeautifulSoup:
    """A page as a browser reads it."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_the_index_has_a_row_for_each_partner(reports: Path) -> None:
    """Verdicts, score, trend and drift stand in the row; the partner's page is linked."""
    index, *pages, _ = build_portal(reports)
    page = soup(index)
    rows = page.select("#partners tbody tr")
    assert [row.th.get_text() for row in rows if row.th] == ["Comanda", "Ronda"]
    assert {"worse", "failed"} <= set(rows[0]["class"])
    assert "worse" not in rows[1]["class"]
    assert len(rows[0].select("td.c")) == 18
    assert "Not tested" in rows[0].get_text()
    assert "2 partners. 1 became worse" in page.get_text()
    assert [item["href"] for item in page.select("tbody th a")] == [path.name for path in pages]
    label = rows[0].select_one("svg.trend")
    assert label
    assert label["aria-label"] == "Score over 2 runs: 50%, 42%"


def test_a_partner_page_drills_down(reports: Path) -> None:
    """Each run links to its report, and what changed is named."""
    page = soup(build_portal(reports)[1])
    links = [item["href"] for item in page.select("table.runs a")]
    assert links == ["../comanda/two/report.html", "../comanda/one/report.html"]
    assert "Send the menu" in page.get_text()
    assert "Worse" in page.get_text()


def test_old_proofs_changed_documents_and_broken_runs_are_told(
    reports: Path, build_run: Build, tmp_path: Path
) -> None:
    """A run goes stale with its proofs or its documents; one that cannot be read is named."""
    assert not any(line.is_stale for line in gather_lines(reports, None, NOW))
    later = gather_lines(reports, None, NOW + timedelta(days=40))
    assert all(line.is_late for line in later)
    folder = tmp_path / "contracts" / "comanda"
    folder.mkdir(parents=True)
    (folder / "comanda.yaml").write_text("changed", "utf-8")
    first, second = gather_lines(reports, tmp_path / "contracts", NOW)
    assert (first.changed, second.changed) == (("comanda.yaml",), ())
    broken = build_run(run="torn")
    broken.log.write_text("{}\n", "utf-8")
    (line, _) = gather_lines(reports, None, NOW)
    assert line.broken == ("torn",)
    assert "torn" in soup(build_portal(reports)[1]).get_text()
    incomplete = build_run(run="cut", complete=False, started_at=NOW + timedelta(hours=1))
    assert incomplete.path.is_dir()
    assert "This run is incomplete" in soup(build_portal(reports)[1]).get_text()


def test_it_stands_alone(reports: Path) -> None:
    """One style sheet and one script, both by hash; every link is relative and leads somewhere."""
    for path in build_portal(reports):
        text = path.read_text("utf-8")
        for tag in ("style", "script"):
            [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in text
        page = soup(path)
        assert not page.select("[style], [onclick], img, iframe, form, [src]")
        for link in page.select("a[href]:not([href^='#'])"):
            target = (path.parent / str(link["href"])).resolve()
            assert target.is_relative_to(reports.resolve())
            assert target.parent.is_dir()


def test_it_speaks_spanish(reports: Path) -> None:
    """The portal can be in any language of the reports."""
    page = soup(build_portal(reports, language="es")[0])
    assert page.html
    assert page.html["lang"] == "es"
    assert "Enviar la carta" in page.get_text()


def test_without_runs_there_is_no_portal(tmp_path: Path) -> None:
    """The error says what to do first."""
    with pytest.raises(InputError, match="no run to show"):
        build_portal(tmp_path / "reports")


def test_a_copy_of_a_run_is_no_partner(reports: Path) -> None:
    """What lies in a folder of another name, as the example of a checkout, is left out."""
    shutil.copytree(reports / "ronda" / "only", reports / "example" / "ronda")
    assert len(build_portal(reports)) == 4


def test_an_old_portal_is_replaced_whole(reports: Path) -> None:
    """Pages of partners that are gone do not stay."""
    build_portal(reports)
    (reports / "portal" / "gone.html").write_text("old", "utf-8")
    build_portal(reports)
    assert sorted(path.name for path in (reports / "portal").iterdir()) == [
        "comanda.html", "index.html", "restaurants.html", "ronda.html",
    ]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_strings_are_inert(build_run: Build, tmp_path: Path, payload: str) -> None:
    """A payload in every string leaves the elements of all pages as they are."""
    shapes = []
    for words in (payload, "harmless words"):
        head, lines = hostile(words)
        changed = {name: getattr(head, name) for name in type(head).model_fields}
        for number in (1, 2):
            when = NOW + timedelta(hours=number)
            run = build_run(lines if number > 1 else [],
                            **(changed | {"run": f"r{number}", "started_at": when}))  # fmt: skip
            write_snapshot(run)
        pages = build_portal(tmp_path / "reports")
        shapes.append([[item.name for item in soup(page).find_all(True)] for page in pages])
        for page in pages:
            for svg in soup(page).find_all("svg"):
                ET.fromstring(str(svg))
            assert not set("\x00\x1b\u202e") & set(page.read_text("utf-8"))
        (tmp_path / "reports").rename(tmp_path / f"kept-{len(shapes)}")
    assert shapes[0] == shapes[1]


def test_all_platforms_stand_side_by_side(reports: Path) -> None:
    """A row for each feature with its benefit; a column for each platform, with its sheet."""
    (reports / "ronda" / "sheet").mkdir()
    (reports / "ronda" / "sheet" / "sheet.html").write_text("<p>sheet</p>", "utf-8")
    page = soup(build_portal(reports)[-1])
    assert [cell.a.get_text() for cell in page.select("thead th")[1:] if cell.a] == [
        "Comanda", "Ronda",
    ]  # fmt: skip
    assert len(page.select("tbody tr")) == 18
    assert "nobody copies them from a tablet" in page.get_text()
    links = [item["href"] for item in page.select("thead a") if "sheet" in str(item["href"])]
    assert links == ["../ronda/sheet/sheet.html"]
