"""The inbox of a partner in JupyterLab: what comes is seen at once, filtered, opened, replayed.

Without anywidget, or in a front end that has no widgets, it is the table of what came last, and
the same is done by `find`, `open` and `replay`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from workbench.errors import InputError, WorkbenchError
from workbench.lab.cell_view import Card, TableCard, escape, fold, pair, show_json, show_table
from workbench.lab.results import Deliveries
from workbench.partners import Partner, load_partner
from workbench.receiver import (
    Database,
    Endpoint,
    ReceiptFilter,
    inspect_receipt,
    list_receipts,
    open_endpoint,
    replay,
)
from workbench.reporting import DisplayTable, make_table
from workbench.settings import Settings, load_settings

SCRIPT = Path(__file__).with_name("inbox_view.js")
STATES = ("new", "processing", "retry", "done", "dead", "quarantined", "erased")


def watch_inbox(
    slug: str,
    inbox: Database,
    *,
    environment: str = "sandbox",
    limit: int = 50,
    settings: Settings | None = None,
) -> InboxView:
    """The inbox of a partner, to be shown as the last line of a cell.

    Args:
        slug: Of the partner.
        inbox: Of `open_inbox`.
        environment: Whose keys a signature is checked with again.
        limit: How many of the newest deliveries are shown.
        settings: Where folders and credentials are.

    Raises:
        InputError: The partner's folder cannot be read.
    """
    settings = settings or load_settings()
    found = load_partner(slug, settings)
    endpoint = None
    with suppress(WorkbenchError):  # without its key it is shown without the check
        credential = partial(settings.credential, slug, environment)
        endpoint = open_endpoint(found.manifest, credential)
    return InboxView(found, inbox, endpoint, ReceiptFilter(partner=slug), limit)


@dataclass(repr=False, eq=False)
class InboxView(TableCard):
    """Deliveries of one partner; in JupyterLab a table that lives.

    Attributes:
        partner: Whose.
        inbox: Where they are.
        endpoint: Its rules with the keys of today; None where they are not set.
        chosen: Which are shown.
        limit: How many at most.
    """

    partner: Partner
    inbox: Database
    endpoint: Endpoint | None
    chosen: ReceiptFilter
    limit: int = 50

    def find(self, *, state: str = "", order: str = "", text: str = "") -> InboxView:
        """The same inbox, with only those in a state, of an order or reservation, with a text.

        Raises:
            InputError: There is no such state.
        """
        if state and state not in STATES:
            raise InputError(f"no delivery is {state!r}", hint=f"one of {', '.join(STATES)}")
        chosen = replace(
            self.chosen,
            states=(state,) if state else (),
            entity_id=order or None,
            mentions=text or None,
        )
        return replace(self, chosen=chosen)

    def open(self, number: int) -> OpenedDelivery:
        """One delivery whole: its signature step by step, each event in their words and ours.

        It holds personal data: do not hand the output on.

        Raises:
            InputError: The partner sent none with this number.
        """
        found = inspect_receipt(self.inbox, number, self.partner, self.endpoint)
        if found is None or found["partner"] != self.partner.slug:
            raise InputError(f"{self.partner.slug} has no delivery {number}")
        return OpenedDelivery(found)

    def replay(self, *numbers: int) -> int:
        """Let deliveries be processed again, as if they came now; returns how many are."""
        if not numbers:
            return 0
        return replay(self.inbox, ReceiptFilter(partner=self.partner.slug, ids=numbers))

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What the front end is told when it asks: `look`, `open` or `replay`."""
        try:
            match asked.get("do"):
                case "open":
                    return {"opened": self.open(int(asked["number"]))._repr_html_()}
                case "replay":
                    count = self.replay(*map(int, asked["numbers"]))
                    return {"told": f"{count} to be processed again"}
            words = {name: str(asked.get(name, "")) for name in ("state", "order", "text")}
            return {"rows": self.find(**words).list_rows()}
        except WorkbenchError as error:
            return {"told": str(error)}

    def list_rows(self) -> list[dict[str, Any]]:
        """The deliveries as plain values, newest first, without what customers wrote."""
        return [
            {
                "number": row.id,
                "at": f"{row.received_at:%Y-%m-%d %H:%M:%S}",
                "state": row.state,
                "restaurant": row.pos_code,
                "target": row.target,
                "events": row.events,
                "repeats": row.seen_again,
                "trouble": row.error or ("" if row.reason == "ok" else row.reason),
            }
            for row in list_receipts(self.inbox, self.chosen, limit=self.limit)
        ]

    def to_frame(self) -> DisplayTable:
        """What is chosen, newest first, as a table."""
        return Deliveries(list_receipts(self.inbox, self.chosen, limit=self.limit)).to_frame()

    def _title(self) -> str:
        return f"Inbox of {self.partner.title}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if find_spec("anywidget") is not None:
            made = _widget_class()(self)._repr_mimebundle_()
            bundle = made[0] if isinstance(made, tuple) else made
            shown = {**(bundle or {}), **shown}
        return shown


class OpenedDelivery(Card):
    """One delivery, looked at closely."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found

    def _title(self) -> str:
        told = self.found
        return f"{told['id']} · {told['state']} · {told['method']} {told['target']}"

    def _html(self) -> Iterable[str]:
        told = self.found
        signs = {True: "passed", False: "failed", None: "cant-tell"}
        steps = (
            [(signs[one["is_right"]], one["step"], one["detail"]) for one in told["checks"]]
            if "checks" in told
            else []
        )
        yield fold("Signature", show_table(make_table(("Right", "Step", "Detail"), steps)))
        headers = make_table(("Header", "Value"), [tuple(one) for one in told["headers"]])
        yield fold("Headers", show_table(headers))
        for event in told["events"]:
            left = show_json(event.get("theirs"))
            why = event.get("why")
            right = f'<p class="bad">{escape(why)}</p>' if why else show_json(event.get("ours"))
            yield fold(str(event["reference"]), pair(left, right), is_open=True)
        if not told["events"]:
            yield fold(
                "Body", f"<pre>{escape(told.get('body', told.get('body_base64', '')))}</pre>"
            )
        attempts = [
            (one["ended_at"], one["outcome"], one["detail"] or "") for one in told["attempts"]
        ]
        yield fold("Attempts", show_table(make_table(("When", "Outcome", "Detail"), attempts)))

    def _lines(self) -> Iterable[str]:
        yield from (
            orjson.dumps(self.found, option=orjson.OPT_INDENT_2, default=str).decode().splitlines()
        )


@cache
def _widget_class() -> Any:
    """The widget; made when it is needed, for anywidget comes with the extra `lab`."""
    import anywidget  # noqa: PLC0415

    class InboxWidget(anywidget.AnyWidget):
        """Shows what a view answers. Nothing of it is kept in the notebook but its script."""

        _esm = SCRIPT

        def __init__(self, view: InboxView) -> None:
            super().__init__()
            self.on_msg(lambda widget, asked, _: widget.send(view.answer(asked)))

    return InboxWidget
