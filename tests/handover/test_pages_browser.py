"""The pages of this room in a real browser: no request, no overflow, and the rules of axe."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from workbench.handover.agenda import make_agenda, write_protocol
from workbench.handover.guide import write_guide
from workbench.handover.notice import Notice, write_notice
from workbench.handover.request import compose_letter, write_letter
from workbench.handover.sheet import read_sheet, write_sheet
from workbench.model import Finding, Protocol
from workbench.reporting import Report
from workbench.reporting.language import list_languages
from workbench.settings import Settings
from workbench.store import remember_sign_offs

from .runs import NOW, write_run
from .test_notice import sign

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = Path(os.environ.get("WORKBENCH_AXE", f"{tempfile.gettempdir()}/axe/package")) / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)"),
]
Write = Callable[[str], str]
EXAMPLE = Path(__file__).parents[2] / "reports" / "example" / "bocado"


def write_agenda(code: str) -> str:
    """The agenda of a run that shows otherwise what was signed before, and not all of it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        seen = Finding(slug="x", severity="high", summary="A dish of the menu is lost.")
        signed = sign(write_run(root, ("order-read", "menu-write")))
        run = write_run(
            root, (), run="two", at=NOW + timedelta(days=3), broken={"menu-write": seen}
        )
        remember_sign_offs([signed], run.folder)
        report = Report.read(run.folder.path, code)
        return write_protocol(report, Protocol(make_agenda(report)))


def write_changes(code: str) -> str:
    """What changed from one run to the next, with something lost and something won."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        seen = Finding(slug="x", severity="high", summary="An accepted order stays open.")
        write_run(root, ("order-read", "menu-write"))
        late = NOW + timedelta(days=3)
        write_run(root, ("order-read",), run="two", at=late, broken={"menu-write": seen})
        settings = Settings(root=root, reports=root / "reports", contracts=root)
        return write_notice(Notice.read("ronda", settings, "one", language=code, now=late))


PAGES: dict[str, Write] = {
    "notice": write_changes,
    "model": write_guide,
    "option": lambda code: write_guide(code, "Option"),
    "request": lambda code: write_letter(compose_letter("tavola", Settings(), language=code)),
    "session": write_agenda,
    "sheet": lambda code: write_sheet(read_sheet(Report.read(EXAMPLE, code))),
}
_SAME = {(code, "dark") for code in list_languages() if code != "en"}  # colours know no language
CASES = [(name, code) for name in PAGES for code in list_languages()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium with an empty profile."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_page_needs_no_script_and_no_request(
    browser: Browser, tmp_path: Path, name: str, code: str
) -> None:
    """Its style passes its own policy, nothing is fetched, links lead somewhere, nothing spills."""
    path = tmp_path / f"{name}.html"
    path.write_text(PAGES[name](code), "utf-8")
    tab = browser.new_context(java_script_enabled=False).new_page()
    seen: list[str] = []
    tab.on("request", lambda request: seen.append(request.url.split("#")[0]))
    tab.on("console", lambda message: seen.append(message.text))
    tab.goto(path.as_uri())
    assert set(seen) == {path.as_uri()}
    for target in {a.get_attribute("href") for a in tab.locator("a[href^='#']").all()}:
        assert tab.locator(f"[id='{str(target)[1:]}']").count() == 1, target
    for width in (320, 390, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not at hand (npm pack axe-core)")
@pytest.mark.parametrize(
    ("name", "code", "scheme"),
    [
        pytest.param(
            name, code, scheme, marks=[pytest.mark.nightly] if (code, scheme) in _SAME else []
        )
        for name, code in CASES
        for scheme in ("light", "dark")
    ],
)
def test_axe_finds_nothing(
    browser: Browser, tmp_path: Path, name: str, code: str, scheme: str
) -> None:
    """No violation of WCAG 2.2 A and AA or of good practice, at phone and desktop width."""
    path = tmp_path / f"{name}.html"
    path.write_text(PAGES[name](code), "utf-8")
    for width in (390, 1280):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(path.as_uri())
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(result => result.violations)")
        assert [(item["id"], item["nodes"][0]["html"][:120]) for item in found] == []
        context.close()


@pytest.mark.parametrize("code", list_languages())
def test_the_sheet_prints_on_one_page(browser: Browser, tmp_path: Path, code: str) -> None:
    """Whoever prints the page for restaurants gets one sheet of A4, as the PDF is."""
    path = tmp_path / "sheet.html"
    path.write_text(PAGES["sheet"](code), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert len(PdfReader(BytesIO(page.pdf(format="A4"))).pages) == 1
    page.close()
