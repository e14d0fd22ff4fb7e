"""The portal and the reports in a real browser: filters, search, sorting, and the rules of axe."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, sync_playwright

from workbench.model import Finding, Outcome
from workbench.reporting.engineer import NOTEBOOK, write_engineer
from workbench.reporting.history import remember_previous
from workbench.reporting.portal import build_portal

from .conftest import Build, make_page, observations, read
from .test_browser import CHROMIUM, QUIET

# axe-core is an npm package and no dependency: `npm pack axe-core`, unpacked into a folder that
# WORKBENCH_AXE names, switches these tests on.
AXE = Path(os.environ.get("WORKBENCH_AXE", f"{tempfile.gettempdir()}/axe/package")) / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)"),
]
NOW = datetime.now(UTC)
WIDTHS = (390, 1280)
KINDS = ("en", "es", "incomplete", "portal", "partner", "restaurants", "engineer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium with an empty profile."""
    assert shutil.which("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def portal(build_run: Build, tmp_path: Path) -> Path:
    """The index of three partners, one of which became worse."""
    seen = Finding(slug="menu-lost", severity="high", summary="The menu is not there.")
    broken = {"outcome": Outcome.FAILED, "findings": (seen,)}
    worse = [
        line.model_copy(update=broken if line.feature == "menu-write" else {})
        for line in observations()
    ]
    build_run(run="one", started_at=NOW - timedelta(days=2))
    build_run(worse, run="two", started_at=NOW - timedelta(days=1))
    build_run(run="only", partner="ronda", title="Ronda")
    build_run([], run="only", partner="albero", title="Albero")
    return build_portal(tmp_path / "reports")[0]


def open_page(browser: Browser, path: Path, **options: object) -> Page:
    """Open a page; any word on the console is a failure."""
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.on("console", lambda message: pytest.fail(message.text))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    return page


def names(page: Page) -> list[str]:
    """Partners that are to be seen, from top to bottom."""
    return list(page.locator("tbody tr:visible th").all_inner_texts())


def test_filters_work_without_script(browser: Browser, portal: Path) -> None:
    """Who has switched off scripts can still see what became worse; the search is not shown."""
    page = open_page(browser, portal, java_script_enabled=False)
    assert len(names(page)) == 3
    page.locator("label[for=show-worse]").click()
    assert names(page) == ["Comanda"]
    page.locator("label[for=show-failed]").click()
    assert names(page) == ["Comanda", "Ronda"]
    assert not page.locator("#search").is_visible()


def test_search_and_sort(browser: Browser, portal: Path) -> None:
    """Typing narrows the list and is announced; a click on a head sorts, and says which way."""
    page = open_page(browser, portal)
    page.fill("#search", "ron")
    assert names(page) == ["Ronda"]
    assert page.locator("[role=status] b").inner_text() == "1"
    page.fill("#search", "")
    page.locator("th[data-sort=score] button").click()
    assert names(page)[0] == "Albero"
    assert page.locator("th[data-sort=score]").get_attribute("aria-sort") == "ascending"
    page.locator("th[data-sort=score] button").click()
    assert names(page)[-1] == "Albero"


def test_the_portal_fits_the_window(browser: Browser, portal: Path) -> None:
    """The table scrolls in its own frame; the page itself is never wider than the window."""
    for width in (320, *WIDTHS):
        page = open_page(browser, portal, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not at hand (npm pack axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "kind", ["en", "es", "incomplete", "portal", "partner", "restaurants", "engineer"]
)
def test_axe_finds_nothing(
    browser: Browser, build_run: Build, portal: Path, kind: str, scheme: str
) -> None:
    """No violation of WCAG 2.2 A and AA or of good practice, at phone and desktop width."""
    path = portal
    if kind in {"partner", "restaurants"}:
        path = portal.with_name("comanda.html" if kind == "partner" else "restaurants.html")
    elif kind != "portal":
        folder = build_run(run="page", complete=kind != "incomplete")
        remember_previous(folder.path.parents[1], folder)
        report = read(folder.path, "es" if kind == "es" else "en")
        path = folder.path / "report.html"
        make_page(report, path)
        if kind == "engineer":
            html = "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
            cell = new_code_cell(
                "1", outputs=[new_output("display_data", data={"text/html": html})]
            )
            nbformat.write(new_notebook(cells=[cell]), folder.path / NOTEBOOK)
            path.write_text(write_engineer(report), "utf-8")
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(path.as_uri())
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(result => result.violations)")
        told = [(item["id"], item["nodes"][0]["html"][:120]) for item in found]
        assert told == []
