"""The page in a real browser: without JavaScript, without network, at every width."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from workbench.reporting.report import Report

from .conftest import Build, make_page, read
from .hostile import PAYLOADS, hostile

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium with an empty profile."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(report: Report, tmp_path: Path) -> Path:
    """The page of the invented partner."""
    make_page(report, tmp_path / "report.html")
    return tmp_path / "report.html"


def open_page(browser: Browser, path: Path, **options: object) -> tuple[Page, list[str]]:
    """Open a page and note every request but the page itself, and every word on the console."""
    tab = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    seen: list[str] = []
    tab.on("request", lambda request: seen.append(request.url))
    tab.on("console", lambda message: seen.append(message.text))
    tab.on("pageerror", lambda error: seen.append(str(error)))
    tab.on("dialog", lambda dialog: seen.append(dialog.message))
    tab.goto(path.as_uri())
    return tab, [entry for entry in seen if urldefrag(entry)[0] != path.as_uri()]


def test_it_opens_without_script_and_without_requests(browser: Browser, page: Path) -> None:
    """The style sheet passes the policy, nothing is fetched, and the console stays empty."""
    tab, seen = open_page(browser, page, java_script_enabled=False)
    assert seen == []
    assert tab.locator("h1").inner_text() == "Comanda"
    assert tab.locator(".tiles").evaluate("e => getComputedStyle(e).display") == "grid"


def test_links_lead_where_they_say(browser: Browser, page: Path) -> None:
    """Every link has its target, and one into a closed test log opens it."""
    tab, seen = open_page(browser, page)
    targets = tab.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(targets) > 30
    for target in set(targets):
        assert tab.locator(f"[id='{target[1:]}']").count() == 1, target
    tab.locator("#defect-1 a").first.click()
    row = tab.locator("tr:target")
    row.wait_for(state="visible")
    assert row.locator("th").inner_text() == "e29"
    assert seen == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_sideways(browser: Browser, page: Path, width: int) -> None:
    """With everything opened, the page is never wider than the window (reflow, WCAG 1.4.10)."""
    tab, _ = open_page(browser, page, viewport={"width": width, "height": 800})
    tab.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    wide = tab.locator("main *").evaluate_all(
        "(all, width) => all.filter(e => e.getBoundingClientRect().right > width + 1)"
        ".map(e => e.outerHTML.slice(0, 90))",
        width,
    )
    assert wide == []


def test_the_log_stays_folded_on_paper(browser: Browser, page: Path) -> None:
    """On paper the closed parts are open, but for the log: its headings say how much there is."""
    tab, _ = open_page(browser, page)
    behaviours = tab.locator("details > .checks").first
    assert not behaviours.is_visible()
    tab.emulate_media(media="print")
    seen = "e => e.checkVisibility() && e.getBoundingClientRect().height > 5"
    assert behaviours.evaluate(seen)
    assert tab.locator("#log-order-read summary").evaluate(seen)
    assert not tab.locator("#log-order-read table").evaluate(seen)


def test_dark_mode(browser: Browser, page: Path) -> None:
    """Who has asked for dark pages gets one."""
    tab, _ = open_page(browser, page, color_scheme="dark")
    colour = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert colour == "rgb(17, 21, 27)"


def test_hostile_strings_do_nothing(browser: Browser, build_run: Build, tmp_path: Path) -> None:
    """With all payloads at once: no dialog, no request, no complaint, and a page that fits."""
    head, lines = hostile(" ".join(PAYLOADS))
    changed = {name: getattr(head, name) for name in type(head).model_fields}
    path = tmp_path / "hostile.html"
    make_page(read(build_run(lines, **changed).path), path)
    tab, seen = open_page(browser, path, viewport={"width": 390, "height": 800})
    tab.wait_for_timeout(200)
    assert seen == []
    assert tab.locator("h1").count() == 1
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
