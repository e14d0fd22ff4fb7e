"""What a run leaves: listed from its traffic, taken back, and never held against the partner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from opening import open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.errors import InputError, ManifestError
from workbench.evidence import behaviour
from workbench.evidence.placing import send
from workbench.model.evidence import Evidence, Matter, Outcome
from workbench.model.feature import Catalogue
from workbench.model.judging import judge
from workbench.model.verdict import Status
from workbench.partners import load_partner
from workbench.settings import Settings


def _line(lines: list[Evidence], check: str) -> Evidence:
    return next(line for line in lines if line.check == check)


def _edit(settings: Settings, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    change(data)
    manifest.write_text(yaml.safe_dump(data), "utf-8")


def _menu(session: Session) -> Any:
    menu = session.client.send("GET", "/restaurants/rest_77/menu").json()
    return {name: sorted(part["id"] for part in menu[name]) for name in ("menus", "products")}


def test_the_test_account_is_as_before(open_embedded: Callable, catalogue: Catalogue) -> None:
    """After all checks the menu is as it was found, and what could not be removed is listed."""
    with open_embedded("tavola") as (partner, session):
        before = _menu(session)
        hours = session.client.send("GET", "/restaurants/rest_77/availability").json()
        lines = [*behaviour.gather(partner, catalogue, session)]
        assert _menu(session) == before
        assert session.client.send("GET", "/restaurants/rest_77/availability").json() == hours
        placed = session.client.send("GET", "/orders", query={"limit": 100}).json()["orders"]
    told = _line(lines, "traces-told")
    assert [item for item in told.detail["left"] if not item.startswith("control ")] == []
    assert any(item.startswith("control POST /orders") for item in told.detail["made"])
    assert _line(lines, "put-back").detail["changed"] == []
    assert {item["status"] for item in placed if item["id"] >= "ord_2"} <= {
        "declined",
        "cancelled",
        "closed",
    }


def test_an_operation_that_the_folder_does_not_name_is_not_written_to(
    open_mini: Callable,
) -> None:
    """A write that no binding and no trigger names is refused before it is sent."""
    with open_mini() as (partner, session):
        subscribe = partner.description.exchange("POST /subscriptions")
        with pytest.raises(InputError, match="not named in the partner folder"):
            send(session, subscribe, {"url": "http://127.0.0.1:1"})
        assert session.recorder.exchanges == []


def test_a_trigger_names_an_operation_that_exists(tmp_path: Path) -> None:
    """A trigger whose operation is in no document is an error of the manifest, with a hint."""
    settings = write_folder(tmp_path)

    def change(data: dict[str, Any]) -> None:
        triggers = data["environments"]["sandbox"]["triggers"]
        triggers["order-created-event"]["operation"] = "POST /order"

    _edit(settings, change)
    with pytest.raises(ManifestError, match="POST /order") as raised:
        load_partner("miniature", settings)
    assert raised.value.hint.startswith("Did you mean 'POST /orders'")


def test_what_our_folder_gets_wrong_condemns_nobody(tmp_path: Path, catalogue: Catalogue) -> None:
    """Known orders that are not there are a remark about our test data; the feature is proved."""
    settings = write_folder(tmp_path)

    def change(data: dict[str, Any]) -> None:
        known = data["environments"]["sandbox"]["test_account"]["known"]
        known["order"] = ["o-of-last-year", "o1"]
        known["reservation"] = ["b-of-last-year"]

    _edit(settings, change)
    with open_miniature(settings) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
    wrong = [item for line in lines for item in line.findings if item.slug == "test-data-wrong"]
    assert wrong
    assert {item.matter for item in wrong} == {Matter.TEST_DATA}
    now = max(line.observed_at for line in lines)
    for slug in ("order-read", "order-status-read", "reservation-read"):
        row = catalogue.feature(slug)
        verdict = judge(row, partner.statement(slug), lines, now=now)
        assert verdict.status is Status.CONFIRMED, (slug, verdict.because)


def test_without_known_things_nothing_is_said_of_the_partner(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    """Without ids, triggers and samples each check says what our folder lacks."""
    settings = write_folder(tmp_path)

    def change(data: dict[str, Any]) -> None:
        sandbox = data["environments"]["sandbox"]
        sandbox["test_account"]["known"] = {}
        sandbox["triggers"] = {}

    _edit(settings, change)
    with open_miniature(settings) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
    lacking = [line for line in lines if any(f.slug == "test-data-missing" for f in line.findings)]
    assert {"order-read", "reservation-read"} <= {line.feature for line in lacking}
    assert {line.outcome for line in lacking} == {Outcome.UNTESTED}
    assert {item.matter for line in lacking for item in line.findings} == {Matter.TEST_DATA}
    assert not [line for line in lines if line.outcome is Outcome.FAILED]


@pytest.mark.parametrize(
    ("check", "is_closed"),
    [("read-after-write", False), ("created-one", True), ("availability-known", False)],
)
def test_who_stops_a_run_leaves_no_traces(
    open_embedded: Callable,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    *,
    is_closed: bool,
) -> None:
    """Ctrl-C amid the writing checks: the account is put back, and the lines say what is left."""
    monkeypatch.setattr(behaviour, "_LAST_SECONDS", 60.0)  # a busy machine shall not decide
    with open_embedded("tavola") as (partner, session):
        before = _menu(session)
        hours = session.client.send("GET", "/restaurants/rest_77/availability").json()
        asking = behaviour.gather(partner, catalogue, session)
        assert any(line.check == check for line in asking)
        lines: list[Evidence] = []
        if is_closed:
            asking.close()
        else:
            lines.append(asking.throw(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                lines.extend(asking)
        assert _menu(session) == before
        assert session.client.send("GET", "/restaurants/rest_77/availability").json() == hours
    assert {line.check for line in lines} == (set() if is_closed else {"put-back", "traces-told"})
