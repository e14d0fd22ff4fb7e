"""The object that an engineer holds, against a partner that answers over real HTTP."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

import workbench
from workbench.errors import CredentialError, InputError
from workbench.lab import PartnerBench
from workbench.lab.following import follow_evidence
from workbench.model import Evidence
from workbench.project import lay_out
from workbench.sandbox import SIMULATORS, Sandbox

CANARY = "canary-7f3a-not-to-be-shown"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Tavola, with a secret that must be seen nowhere."""
    given = {"tavola": {"client_secret": CANARY}}
    with Sandbox([SIMULATORS["tavola"]], credentials=given) as running:
        yield running


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PartnerBench:
    """Tavola, opened in a project of its own."""
    lay_out(tmp_path, examples=True)
    monkeypatch.chdir(tmp_path / "notebooks")
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return workbench.open("tavola", allow_writes=True)


class Tags(HTMLParser):
    """Which elements a fragment has, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Remember it."""
        self.seen.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It closes the one that was opened last."""
        assert self.open.pop() == tag


def shown(thing: object) -> str:
    """Both ways in which a thing shows itself; the HTML is whole and has no script."""
    page = thing._repr_html_()  # type: ignore[attr-defined]
    tags = Tags(page)
    assert tags.open == []
    assert "script" not in tags.seen
    assert repr(thing).count("\n") <= 14
    return page + repr(thing)


def test_the_card_says_what_is_there_and_what_is_missing(
    bench: PartnerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of credentials only; what is missing is named."""
    assert "all there" in shown(bench)
    monkeypatch.delenv("WORKBENCH_TAVOLA__SANDBOX__CLIENT_SECRET")
    assert "missing: client_secret" in shown(bench)
    assert CANARY not in shown(bench)
    with pytest.raises(CredentialError):
        bench.call("GET /orders")


def test_operations_are_found_read_about_and_completed(bench: PartnerBench) -> None:
    """By words, by key and by operationId; the help is what the document says."""
    found = bench.operations.search("status order")
    assert "GET /orders/{order_id}/status" in found._ipython_key_completions_()
    assert "getOrder" in dir(bench.operations)
    one = bench.operations["GET /orders/{order_id}"]
    assert "Id of the order" in (inspect.getdoc(one) or "")
    assert list(inspect.signature(one).parameters) == ["order_id"]
    assert bench.operations.getOrder(order_id="ord_1001").status == 200
    assert len(shown(bench.operations)) < 60_000
    with pytest.raises(InputError, match="no operation"):
        bench.operations["GET /ordrs"]


def test_an_answer_stands_beside_its_translation(bench: PartnerBench) -> None:
    """Status, schema, our entity; persons and secrets are masked in both, and not in the data."""
    called = bench.call("get /orders/{order_id}", order_id="ord_1001")
    name = called.data["customer"]["name"]
    assert called.called.schema == "200"
    assert called.value is not None
    assert called.value.customer.name == name  # type: ignore[attr-defined]
    page = shown(called)
    assert name not in page
    assert called.data["delivery"]["address"]["lines"][0] not in page
    assert CANARY not in page
    assert "By the mapping order" in page


def test_a_break_of_the_schema_is_marked_where_it_is(bench: PartnerBench) -> None:
    """After the document was made stricter, the answer breaks it at that place."""
    path = bench.partner.folder / "openapi.yaml"
    path.write_text(_make_code_a_number(path.read_text("utf-8")), "utf-8")
    called = bench.reload().call("GET /orders/{order_id}", order_id="ord_1001")
    places = [item.pointer for item in called.called.violations]
    assert "/code" in places
    assert "✗" in shown(called)


def _make_code_a_number(text: str) -> str:
    """The document with another type for the code of an order."""
    document = yaml.safe_load(text)
    schema = document["components"]["schemas"]["Order"]
    parts = [schema, *schema.get("allOf", [])]
    for part in parts:
        if "code" in part.get("properties", {}):
            part["properties"]["code"] = {"type": "integer"}
    return yaml.safe_dump(document, sort_keys=False)


def test_nothing_unbound_is_written(bench: PartnerBench) -> None:
    """A write that no feature names is refused before it is sent, and so is any without leave."""
    unbound = next(
        item
        for item in bench.partner.description.operations
        if item.method == "POST" and not bench.partner.names(item)
    )
    with pytest.raises(InputError, match="names it nowhere"):
        bench.call(unbound.id, body={})
    closed = workbench.open("tavola")
    with pytest.raises(InputError, match="not allowed"):
        closed.call("PUT /orders/{order_id}/status", body={"status": "x"}, order_id="ord_1001")
    with pytest.raises(InputError, match="Production"):
        workbench.open("tavola", "production", allow_writes=True)


def test_a_mapping_is_tried_as_it_stands_on_disk(bench: PartnerBench) -> None:
    """A rule that was changed a moment ago holds; persons stay masked."""
    called = bench.call("GET /orders/{order_id}", order_id="ord_1001")
    path = bench.partner.folder / "mapping.yaml"
    path.write_text(path.read_text("utf-8").replace("$.code", "$.code_of_no_one"), "utf-8")
    trial = bench.try_mapping("order", called)
    assert "/code" in trial.coverage.unread
    assert called.data["customer"]["name"] not in shown(trial)


def test_two_payloads_are_compared(bench: PartnerBench) -> None:
    """What is only in one, and what is otherwise in the other; both directions."""
    one = bench.call("GET /orders/{order_id}", order_id="ord_1001").data
    other = copy.deepcopy(one)
    other["status"], other["new"] = "odd", 1
    del other["currency"]
    places = set(bench.compare(one, other).to_frame()["Where"])
    assert places == {"/status", "/new", "/currency"}
    assert "same" in repr(bench.compare(one, one))
    assert one["customer"]["name"] not in shown(bench.compare(one, {}))


def test_one_check_is_asked_and_failures_come_first(bench: PartnerBench) -> None:
    """By its name, or by a feature; what is told is about that alone."""
    seen = bench.check("read-known")
    assert {line.check for line in seen.evidence} >= {"read-known"}
    told = bench.check(feature="order-status-write")
    assert {line.feature for line in told.evidence} == {"order-status-write"}
    assert "✓" in shown(told)
    assert len(bench.retry_failed()) == 0
    for wrong in ({"name": "read-knwn"}, {"feature": "order-raed"}):
        with pytest.raises(InputError) as caught:
            bench.check(**wrong)
        assert "Did you mean" in (caught.value.hint or "")


def test_orders_reservations_and_menu_are_at_hand(bench: PartnerBench) -> None:
    """In our own entities; a plan of a menu sends nothing."""
    assert bench.orders.get("ord_1002").value.ids.partner_id == "ord_1002"
    assert bench.orders.status("ord_1002").status == 200
    assert len(bench.orders.list(3)) == 3
    assert bench.reservations.get("rsv_501").value is not None
    menu = bench.menu.get()
    assert repr(menu).count("\n") < 20
    assert set(menu.to_frame()["Sold"]) <= {"yes", "no"}
    plan = bench.menu.plan(menu)
    assert plan.plan.answers == []
    assert "PUT /restaurants/{restaurant_id}/menu" in shown(plan)
    assert plan.plan.steps == bench.menu.plan(menu.value).plan.steps
    opening = bench.availability.get()
    assert opening.value.schedules
    assert "friday" in shown(opening)


def test_latency_is_held_against_the_budget(bench: PartnerBench) -> None:
    """Each operation that was called, though its path has ids in it."""
    bench.call("GET /orders/{order_id}", order_id="ord_1001")
    frame = bench.latency.to_frame()
    assert "GET /orders/{order_id}" in set(frame["Operation"])
    assert set(frame["Budget ms"]) == {800}


def test_runs_and_findings_are_those_of_the_project(bench: PartnerBench) -> None:
    """None before a run; then the latest."""
    assert (len(bench.runs), len(bench.findings)) == (0, 0)
    with workbench.Validation.open("tavola", run="one") as validation:
        validation.gather("documents")
    assert bench.runs.latest is not None
    assert bench.runs.latest.run == "one"
    assert "one" in shown(bench.runs)


def test_stop_keeps_what_was_seen() -> None:
    """An interrupt in the middle of a check ends it, and the observations stay."""

    def lines() -> Iterator[Evidence]:
        yield Evidence(feature="order-read", source="behaviour", outcome="passed", summary="s")
        raise KeyboardInterrupt

    seen, is_stopped = follow_evidence(lines(), seconds=1)
    assert (len(seen), is_stopped) == (1, True)


def test_a_source_tells_how_far_it_is_and_stop_keeps_what_it_saw(
    bench: PartnerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was observed before the interrupt stands in the run, which can be finished."""
    with workbench.Validation.open("tavola", run=20261130) as validation:  # type: ignore[arg-type]
        assert len(workbench.gather(validation, "documents")) > 10
        whole = validation._ask_live

        def stopped(source: object) -> Iterator[Evidence]:
            yield next(iter(whole(source)))  # type: ignore[arg-type]
            raise KeyboardInterrupt

        monkeypatch.setattr(validation, "_ask_live", stopped)
        seen = workbench.gather(validation, "behaviour")
        assert len(seen) == 1
    assert bench.runs.latest is not None
    assert bench.runs.latest.run == "20261130"
