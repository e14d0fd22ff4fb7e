"""The inbox in a cell: what comes is seen, filtered, opened and replayed; and it is a table too."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import expect, sync_playwright

from workbench.errors import InputError
from workbench.lab import InboxView, watch_inbox
from workbench.lab.inbox_view import SCRIPT
from workbench.partners import load_partner
from workbench.receiver.events import identify
from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification
from workbench.receiver.worker import Worker
from workbench.settings import Settings

CHROMIUM = shutil.which("chromium")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def view(settings: Settings, tmp_path: Path) -> Iterator[InboxView]:
    """Tavola's inbox: an order that was read, and a delivery that no rule knows."""
    with Inbox(tmp_path / "inbox.db") as inbox:
        found = watch_inbox("tavola", inbox.database, settings=settings)
        sample = next(iter(found.partner.samples("order-created-event"))).payload
        deliver(inbox, found, "orders", sample)
        deliver(inbox, found, "nowhere", {"word": HOSTILE})
        work(found)
        yield found


def deliver(inbox: Inbox, view: InboxView, tail: str, body: Any) -> None:
    """A webhook comes."""
    arrival = Arrival(
        partner="tavola", pos_code="madrid", method="POST", target=tail,
        headers=(("x-a", HOSTILE),), body=orjson.dumps(body), received_at=datetime.now(UTC),
    )  # fmt: skip
    webhooks = view.partner.manifest.webhooks
    assert webhooks is not None
    key = identify(webhooks, arrival, tail)
    asyncio.run(inbox.put(arrival, Verification(ok=True, reason="ok"), key))


def work(view: InboxView) -> None:
    """Make of it what there is to be made."""
    worker = Worker(view.inbox, [Party(view.partner)])
    while worker.step():
        pass


def test_deliveries_are_found_opened_and_replayed(view: InboxView, settings: Settings) -> None:
    """What the front end asks is answered; what cannot be is told in words."""
    rows = view.answer({"do": "look"})["rows"]
    assert [(row["number"], row["state"]) for row in rows] == [(2, "dead"), (1, "done")]
    assert [row["number"] for row in view.answer({"do": "look", "state": "done"})["rows"]] == [1]
    assert [row["number"] for row in view.answer({"do": "look", "text": "onerror"})["rows"]] == [2]
    assert "no delivery is" in view.answer({"do": "look", "state": "eaten"})["told"]
    opened = view.answer({"do": "open", "number": 1})["opened"]
    assert "order.created" in opened
    assert "partner_id" in opened  # ours, beside theirs
    assert HOSTILE not in opened + view.answer({"do": "open", "number": 2})["opened"]
    assert "no delivery 9" in view.answer({"do": "open", "number": 9})["told"]
    assert view.answer({"do": "replay", "numbers": [1]})["told"].startswith("1 ")
    work(view)
    assert len(view.open(1).found["effects"]) == 2
    other = InboxView(load_partner("mesa", settings), view.inbox, None, view.chosen)
    with pytest.raises(InputError):  # another partner's delivery is not shown
        other.open(1)


def test_a_front_end_without_widgets_shows_a_table(
    view: InboxView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is always there; the widget is beside it where anywidget is."""
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Inbox of Tavola" in bundle["text/html"]
    assert "done" in bundle["text/plain"]
    monkeypatch.setattr("workbench.lab.inbox_view.find_spec", lambda _: None)
    assert set(view._repr_mimebundle_()) == {"text/html", "text/plain"}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)")
def test_the_widget_lives_in_a_browser(view: InboxView) -> None:
    """Rows come by themselves; filter, open and replay do what they say; nothing is executed."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.expose_function("ask", view.answer)
        page.set_content("<main></main>")
        page.evaluate(
            """async (text) => {
                const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
                const widget = (await import(url)).default;
                const heard = new Set();
                const model = {
                    send: async (asked) => {
                        const told = await ask(asked);
                        heard.forEach((one) => one(told));
                    },
                    on: (_, one) => heard.add(one),
                    off: (_, one) => heard.delete(one),
                };
                window.stop = widget.render({model, el: document.querySelector("main")});
            }""",
            SCRIPT.read_text("utf-8"),
        )
        expect(page.locator("tbody tr")).to_have_count(2, timeout=60_000)
        page.get_by_label("State").select_option("done")
        expect(page.locator("tbody tr")).to_have_count(1, timeout=60_000)
        page.get_by_role("button", name="1", exact=True).click()
        expect(page.locator("main")).to_contain_text("order.created", timeout=60_000)
        page.get_by_label("Choose 1").check()
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_role("status")).to_contain_text("1 to be processed", timeout=60_000)
        page.get_by_label("State").select_option("")
        page.get_by_role("button", name="2", exact=True).click()
        expect(page.locator("main")).to_contain_text("onerror", timeout=60_000)
        assert page.locator("img").count() == 0
        page.evaluate("stop()")
        browser.close()
    work(view)
    assert len(view.open(1).found["effects"]) == 2
