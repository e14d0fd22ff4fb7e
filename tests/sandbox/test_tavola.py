"""Tavola behaves as its document says, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from workbench.partners.manifest import Manifest
from workbench.sandbox.server import Running, Sandbox
from workbench.sandbox.tavola import SIMULATOR

FOLDER = Path(__file__).parents[2] / "contracts" / "tavola"
MENU = "/restaurants/rest_77/menu"
PRODUCTS = "/restaurants/rest_77/products"
HOURS = "/restaurants/rest_77/availability"


class Listener:
    """A receiver of webhooks that answers with the statuses it is given, then with 200."""

    def __init__(self, statuses: list[int]) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.received.append((self.path, headers, body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/pos-1/webhooks"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Tavola on a free port."""
    with Sandbox([SIMULATOR]) as sandbox:
        yield sandbox.partners["tavola"]


@pytest.fixture
def control(running: Running) -> Iterator[httpx.Client]:
    """The control address, with a fresh state behind it."""
    with httpx.Client(base_url=running.control_url) as client:
        client.post("/reset")
        yield client


@pytest.fixture
def api(running: Running, control: httpx.Client) -> Iterator[httpx.Client]:
    """The API, logged in."""
    with httpx.Client(base_url=running.base_url) as client:
        client.headers["Authorization"] = (
            f"Bearer {ask_token(client, running).json()['access_token']}"
        )
        yield client


def ask_token(client: httpx.Client, running: Running, **changes: str) -> httpx.Response:
    """Ask for a token with the right credentials, or with some of them changed."""
    form = {
        "grant_type": "client_credentials",
        "client_id": running.credentials["client_id"],
        "client_secret": running.credentials["client_secret"],
    }
    return client.post("/oauth/token", data=form | changes)


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something holds, and fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def follow_import(api: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """Follow a menu upload to its end."""
    assert answer.status_code == 202
    path = answer.headers["location"].removeprefix("/v1")
    wait_for(lambda: api.get(path).json()["finished_at"] is not None)
    job: dict[str, Any] = api.get(path).json()
    return job


def test_document_is_valid_and_its_hash_is_in_the_manifest() -> None:
    """The document is OpenAPI 3.1 and byte for byte the one that the manifest names."""
    text = (FOLDER / "openapi.yaml").read_bytes()
    manifest = Manifest.model_validate(yaml.safe_load((FOLDER / "partner.yaml").read_bytes()))
    validate(yaml.safe_load(text))
    assert manifest.documents[0].sha256 == hashlib.sha256(text).hexdigest()
    assert manifest.environments["sandbox"].base_url.endswith(f":{SIMULATOR.port}/v1")


def test_token_flow(running: Running, control: httpx.Client) -> None:
    """Right credentials give a token that works until it expires; wrong ones give 401."""
    with httpx.Client(base_url=running.base_url) as client:
        token = ask_token(client, running).json()
        assert token["token_type"] == "Bearer"
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        assert client.get("/orders/ord_1001", headers=headers).status_code == 200
        control.post("/tokens/expire")
        refused = client.get("/orders/ord_1001", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert ask_token(client, running, client_secret="wrong").status_code == 401
        wrong = ask_token(client, running, grant_type="password")
        assert (wrong.status_code, wrong.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic dTpw", "nonsense"])
def test_without_a_live_token_nothing_is_told(running: Running, header: str | None) -> None:
    """A missing, malformed or unknown token gives 401 as a problem document."""
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{running.base_url}/orders", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_scopes_limit_a_token(running: Running) -> None:
    """A token for menus does not open orders."""
    with httpx.Client(base_url=running.base_url) as client:
        token = ask_token(client, running, scope="menu").json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        assert client.get(MENU).status_code == 200
        assert client.get("/orders/ord_1001").status_code == 403
        assert ask_token(client, running, scope="everything").json()["error"] == "invalid_scope"


def test_orders_add_up(api: httpx.Client) -> None:
    """In every seeded order the totals, the lines, the VAT and the payments agree."""
    orders = api.get("/orders", params={"limit": 100}).json()["orders"]
    assert {order["type"] for order in orders} == {"delivery", "pickup", "dine_in", "preorder"}
    for order in orders:
        totals = order["totals"]
        for line in order["lines"]:
            chosen = sum(item["unit_price"] * item["quantity"] for item in line["modifiers"])
            gross = line["quantity"] * (line["unit_price"] + chosen)
            assert line["line_total"] == gross - line.get("discount", 0)
            assert line["taxes"][0]["base"] + line["taxes"][0]["amount"] == line["line_total"]
        assert totals["items"] == sum(line["line_total"] for line in order["lines"])
        paid = totals["items"] + totals["fees"] + totals["tips"] - totals["discounts"]
        assert totals["total"] == paid == sum(item["amount"] for item in order["payments"])


def test_pages_neither_overlap_nor_leave_out(api: httpx.Client) -> None:
    """Following the cursor gives every order once, and the filter keeps one status."""
    seen: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = api.get("/orders", params=query).json()
        seen += [order["id"] for order in page["orders"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [f"ord_{number}" for number in range(1001, 1009)]
    accepted = api.get("/orders", params={"status": "accepted"}).json()["orders"]
    assert {order["status"] for order in accepted} == {"accepted"}
    assert api.get("/orders", params={"status": "nonsense"}).status_code == 400
    assert api.get("/orders", params={"limit": ""}).status_code == 400


def test_status_machine(api: httpx.Client) -> None:
    """An order moves on step by step, a repeat is harmless, and nothing goes back."""
    place = "/orders/ord_1001/status"
    answer = api.put(place, json={"status": "accepted", "ready_at": "2026-11-23T21:00:00+01:00"})
    assert answer.json()["ready_at"] == "2026-11-23T20:00:00Z"
    assert api.put(place, json={"status": "accepted"}).status_code == 200
    for status in ("in_kitchen", "ready", "out_for_delivery", "handed_over", "closed"):
        assert status in api.get(place).json()["next_statuses"]
        assert api.put(place, json={"status": status}).json()["status"] == status
    refused = api.put(place, json={"status": "in_kitchen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    order = api.get("/orders/ord_1001").json()
    assert order["status"] == "closed"
    assert len(order["status_history"]) == 7


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "declined"}, 400),
        ({"status": "declined", "reason_note": "Sin personal"}, 200),
        ({"status": "declined", "reason_code": "too_busy"}, 200),
        ({"status": "new"}, 400),
        ({"status": "accepted", "reason_code": "too_busy"}, 400),
        ({"status": "accepted", "ready_at": "2026-11-23T21:00:00"}, 400),
        ({"status": "closed"}, 409),
    ],
)
def test_status_bodies(api: httpx.Client, body: dict[str, str], status: int) -> None:
    """A decline needs a reason, a time an offset; an unanswered order cannot be closed."""
    assert api.put("/orders/ord_1001/status", json=body).status_code == status


def test_only_a_delivery_goes_out(api: httpx.Client) -> None:
    """A pickup order is not sent out for delivery."""
    assert (
        api.put("/orders/ord_1002/status", json={"status": "out_for_delivery"}).status_code == 409
    )


def test_idempotency_key(api: httpx.Client) -> None:
    """The same key gives the first answer again; with another body it is refused."""
    place, key = "/orders/ord_1001/status", {"Idempotency-Key": "intention-1"}
    first = api.put(place, json={"status": "accepted"}, headers=key)
    api.put(place, json={"status": "ready"})
    again = api.put(place, json={"status": "accepted"}, headers=key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert api.get(place).json()["status"] == "ready"
    other = api.put(place, json={"status": "closed"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert api.put(
        place, json={"status": "closed"}, headers={"Idempotency-Key": "x"}
    ).is_client_error


def test_reservation_is_moved_and_changed(api: httpx.Client) -> None:
    """A reservation is accepted at a table, given another time and party, and then is over."""
    place = "/reservations/rsv_501"
    assert api.put(f"{place}/status", json={"status": "seated"}).status_code == 409
    accepted = api.put(f"{place}/status", json={"status": "accepted", "table": "T7"}).json()
    assert (accepted["status"], accepted["table"]) == ("accepted", "T7")
    changed = api.patch(place, json={"starts_at": "2027-01-02T20:30:00Z", "party": {"adults": 5}})
    assert changed.json()["party"] == {"adults": 5, "children": 0}
    assert api.get(place).json()["starts_at"] == "2027-01-02T20:30:00Z"
    for status in ("arrived", "seated", "finished"):
        assert api.put(f"{place}/status", json={"status": status}).status_code == 200
    assert api.patch(place, json={"party": {"adults": 2}}).status_code == 409
    assert api.put(f"{place}/status", json={"status": "no_show"}).status_code == 409
    assert api.patch(place, json={}).status_code == 400


def test_menu_import_replaces_the_menu(api: httpx.Client) -> None:
    """An uploaded menu is what is read back once its job is completed."""
    menu = api.get(MENU).json()
    menu["products"] = [item for item in menu["products"] if item["id"] != "prod_chianti"]
    menu["menus"][0]["sections"][1]["entries"] = [{"product_id": "prod_water"}]
    answer = api.put(MENU, json=menu)
    assert answer.json()["status"] == "queued"
    job = follow_import(api, answer)
    assert (job["status"], job["counts"]["products"]) == ("completed", 3)
    assert api.get(MENU).json() == menu
    assert api.get(f"{PRODUCTS}/prod_chianti").status_code == 404


def test_failed_menu_import_changes_nothing(api: httpx.Client) -> None:
    """A menu that refers to something unknown fails with a pointer, and the old one stays."""
    before = api.get(MENU).json()
    menu = json.loads(json.dumps(before))
    menu["currency"] = "USD"
    menu["products"][0]["modifier_group_ids"] = ["grp_unknown"]
    job = follow_import(api, api.put(MENU, json=menu))
    assert job["status"] == "failed"
    assert [error["code"] for error in job["errors"]] == ["currency_mismatch", "unknown_reference"]
    assert job["errors"][1]["pointer"] == "/products/0/modifier_group_ids"
    assert api.get(MENU).json() == before


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        (
            "/restaurants/rest_77/menus/menu_card/sections/sec_new",
            {"id": "sec_new", "name": "Postres", "entries": [{"product_id": "prod_water"}]},
            {"name": "Postres caseros"},
        ),
        (
            f"{PRODUCTS}/prod_new",
            {"id": "prod_new", "name": "Tiramisú", "price": 590},
            {"price": 620},
        ),
        (
            f"{PRODUCTS}/prod_water/variants/var_new",
            {"id": "var_new", "name": "1 litro", "price": 290},
            {"available": False},
        ),
        (
            "/restaurants/rest_77/modifier-groups/grp_new",
            {"id": "grp_new", "name": "Salsas", "max_select": 2},
            {"max_select": None},
        ),
        (
            "/restaurants/rest_77/modifier-groups/grp_extras/modifiers/mod_new",
            {"id": "mod_new", "name": "Trufa", "price": 300},
            {"unavailable_until": "2026-12-01T10:00:00Z"},
        ),
    ],
)
def test_menu_entities(
    api: httpx.Client, path: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    """Each entity is created, read back, changed in the named members only, batched, removed."""
    created = api.put(path, json=body)
    assert created.status_code == 201
    assert api.get(path).json() == created.json()
    assert created.json().items() >= body.items()
    assert api.put(path, json=body).status_code == 200
    assert api.patch(path, json=change).json() == {**created.json(), **change}
    assert api.patch(path, json={"nonsense": 1}).status_code == 400
    assert api.patch(path, json={}).status_code == 400
    other = api.put(path, json={**body, "id": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "id_mismatch")
    batch = api.post(path.rpartition("/")[0], json=[{**body, "name": "X"}, {**body, "id": "more"}])
    assert [item["outcome"] for item in batch.json()["results"]] == ["replaced", "created"]
    assert api.get(path).json()["name"] == "X"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_put_keeps_children_that_it_does_not_name(api: httpx.Client) -> None:
    """A PUT of a product without variants leaves them; with an empty list it removes them."""
    path = f"{PRODUCTS}/prod_margherita"
    plain = {"id": "prod_margherita", "name": "Margherita", "price": 990}
    assert len(api.put(path, json=plain).json()["variants"]) == 2
    assert api.put(path, json={**plain, "variants": []}).json()["variants"] == []


def test_batch_refuses_one_by_one(api: httpx.Client) -> None:
    """In a batch a product with an unknown reference is refused, and the others are taken."""
    good = {"id": "prod_a", "name": "A", "price": 1}
    bad = {"id": "prod_b", "name": "B", "price": 1, "modifier_group_ids": ["grp_none"]}
    results = api.post(PRODUCTS, json=[bad, good]).json()["results"]
    assert [item["outcome"] for item in results] == ["refused", "created"]
    assert results[0]["error"]["code"] == "unknown_reference"
    assert api.get(f"{PRODUCTS}/prod_b").status_code == 404


def test_removal_takes_mentions_along(api: httpx.Client) -> None:
    """A removed product leaves its sections, and a removed group leaves its products."""
    api.delete(f"{PRODUCTS}/prod_water")
    api.delete("/restaurants/rest_77/modifier-groups/grp_dough")
    menu = api.get(MENU).json()
    assert menu["menus"][0]["sections"][1]["entries"] == [{"product_id": "prod_chianti"}]
    assert menu["products"][0]["modifier_group_ids"] == ["grp_extras"]


def test_driver_location(api: httpx.Client) -> None:
    """Positions are taken while the order is out, in order of time, and at no other time."""
    now = datetime.now(UTC)
    body = {"lat": 40.42, "lng": -3.7, "recorded_at": now.isoformat(), "eta": now.isoformat()}
    out = "/orders/ord_1005/driver-location"
    assert api.post(out, json=body).status_code == 204
    earlier = {**body, "recorded_at": (now - timedelta(minutes=1)).isoformat()}
    assert api.post(out, json=earlier).json()["code"] == "stale_position"
    assert api.post(out, json={**body, "lat": 91}).status_code == 400
    assert api.post(out, json={**body, "order_id": "ord_1"}).json()["code"] == "id_mismatch"
    for order in ("ord_1001", "ord_1002"):
        refused = api.post(f"/orders/{order}/driver-location", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_in_delivery")


def test_availability_round_trip(api: httpx.Client) -> None:
    """Weekly hours are replaced; shifts and exceptions stay unless they are sent."""
    before = api.get(HOURS).json()
    night = {
        "order_types": ["delivery"],
        "openings": [{"day": "fri", "opens": "20:00", "closes": "02:00"}],
    }
    after = api.put(HOURS, json={"weekly_hours": [night]}).json()
    assert after == {**before, "weekly_hours": [night]} == api.get(HOURS).json()
    assert api.put(HOURS, json={"weekly_hours": [], "exceptions": []}).json()["exceptions"] == []
    overlap = {
        "openings": [night["openings"][0], {"day": "sat", "opens": "01:00", "closes": "03:00"}]
    }
    refused = api.put(HOURS, json={"weekly_hours": [overlap]})
    assert (refused.status_code, refused.json()["code"]) == (409, "overlapping_openings")


def test_exceptions_do_not_disturb_each_other(api: httpx.Client) -> None:
    """An exception is added, replaced and removed, and the others stay."""
    before = api.get(HOURS).json()["exceptions"]
    closed = {"kind": "closed", "first_date": "2027-01-06", "last_date": "2027-01-06"}
    created = api.post(f"{HOURS}/exceptions", json=closed)
    assert created.status_code == 201
    path = created.headers["location"].removeprefix("/v1")
    assert api.get(HOURS).json()["exceptions"] == [*before, created.json()]
    openings = [{"opens": "12:00", "closes": "00:00"}]
    special = {**closed, "kind": "special_hours", "openings": openings}
    assert api.put(path, json=special).json()["openings"] == openings
    assert api.get(path).json()["kind"] == "special_hours"
    assert api.delete(path).status_code == 204
    assert api.get(HOURS).json()["exceptions"] == before
    backwards = {**closed, "last_date": "2027-01-05"}
    assert api.post(f"{HOURS}/exceptions", json=backwards).status_code == 409
    assert api.post(f"{HOURS}/exceptions", json={**closed, "openings": openings}).status_code == 400


def test_pause_and_resume(api: httpx.Client) -> None:
    """A pause shows in the state until a resume."""
    pause = {"until": "2026-11-24T10:00:00Z", "reason": "Horno", "order_types": ["delivery"]}
    api.post("/restaurants/rest_77/pause", json=pause)
    assert api.get(HOURS).json()["state"] == {"accepting": False, **pause}
    api.post("/restaurants/rest_77/resume")
    assert api.get(HOURS).json()["state"]["accepting"] is True


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders/ord_9", 404),
        ("GET", "/restaurants/rest_1/menu", 404),
        ("GET", f"{MENU}/imports/imp_9", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/orders/", 404),
        ("GET", "/orders/a%0Ab", 404),
        ("DELETE", "/orders/ord_1001", 405),
        ("HEAD", "/orders/ord_1001", 405),
        ("GET", "/oauth/token", 405),
    ],
)
def test_what_is_not_there(api: httpx.Client, method: str, path: str, status: int) -> None:
    """Unknown resources, paths and methods are refused with problem documents."""
    answer = api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("allow" in answer.headers) == (status == 405)


def test_media_types(api: httpx.Client) -> None:
    """Only JSON is understood and answered."""
    body = b'{"status": "accepted"}'
    plain = api.put("/orders/ord_1001/status", content=body, headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert api.get("/orders/ord_1001", headers={"Accept": "text/html"}).status_code == 406
    broken = api.put(
        "/orders/ord_1001/status", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.status_code == 400


def test_webhook_is_signed_and_sent_again(
    running: Running, api: httpx.Client, control: httpx.Client
) -> None:
    """A placed order arrives with a valid signature, and once more after a 500, unchanged."""
    with Listener([500]) as listener:
        control.post("/webhooks", json={"url": listener.url})
        placed = control.post("/orders").json()["id"]
        wait_for(lambda: len(listener.received) == 2)
        (path, headers, body), again = listener.received
        assert path == "/pos-1/webhooks/orders"
        assert again[2] == body
        message = headers["x-tavola-timestamp"].encode() + b"." + body
        secret = running.credentials["webhook_secret"].encode()
        expected = hmac.new(secret, message, hashlib.sha256).hexdigest()
        assert headers["x-tavola-signature"] == expected
        event = json.loads(body)
        meta = event.pop("event")
        assert meta["type"] == "order.created"
        assert event == api.get(f"/orders/{placed}").json()
        wait_for(lambda: control.get("/deliveries").json()["deliveries"][-1]["acknowledged"])
        assert control.get("/deliveries").json()["deliveries"][-1]["statuses"] == [500, 200]


def test_every_kind_of_event_is_sent(api: httpx.Client, control: httpx.Client) -> None:
    """Creations and changes of status, by either side, go to their own tails with their own ids.

    The partner's side may provoke the event of a status again.
    """
    with Listener([]) as listener:
        control.post("/webhooks", json={"url": listener.url})
        booked = control.post("/reservations").json()["id"]
        control.post(f"/reservations/{booked}/status", json={"status": "cancelled"})
        api.put("/orders/ord_1001/status", json={"status": "accepted"})
        control.post("/orders/ord_1001/status", json={"status": "cancelled", "by": "customer"})
        control.post("/orders", json={"type": "pickup"})
        for path in (f"/reservations/{booked}/status", "/orders/ord_1001/status"):
            control.post(path, json={"status": "cancelled"})
        wait_for(lambda: len(listener.received) == 7)
    tails = [path.removeprefix("/pos-1/webhooks/") for path, _, _ in listener.received]
    events = [json.loads(body) for _, _, body in listener.received]
    assert tails[:2] == ["reservations", "reservations/status"]
    assert tails[2:5] == ["orders/status", "orders/status", "orders"]
    assert tails[5:] == ["reservations/status", "orders/status"]
    assert len({event["event"]["event_id"] for event in events}) == 7
    assert [events[place]["changed_by"] for place in (1, 2, 3)] == [
        "guest",
        "restaurant",
        "customer",
    ]
    assert events[4]["type"] == "pickup"


def test_control_refuses_what_it_does_not_know(control: httpx.Client) -> None:
    """An unknown order or status, or a webhook address that is none, is refused."""
    assert control.post("/orders", json={"type": "x"}).status_code == 404
    assert control.post("/orders/ord_9/status", json={"status": "ready"}).status_code == 404
    assert control.post("/orders/ord_1001/status", json={"status": "x"}).status_code == 404
    assert control.post("/webhooks", json={"url": "nowhere"}).status_code == 400


def test_reset_forgets(api: httpx.Client, control: httpx.Client) -> None:
    """A reset brings the seeded state back."""
    api.put("/orders/ord_1001/status", json={"status": "accepted"})
    placed = control.post("/orders").json()["id"]
    control.post("/reset")
    assert api.get("/orders/ord_1001").json()["status"] == "new"
    assert api.get(f"/orders/{placed}").status_code == 404
