"""Mesa's simulator on real HTTP: it does what its collection and its webhook page say."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.sandbox.mesa import SIMULATOR
from workbench.sandbox.server import Running, Sandbox

from .conftest import Listener, Remote

COLLECTION = json.loads(
    (Path(__file__).parents[2] / "contracts/mesa/mesa.postman_collection.json").read_text("utf-8")
)
REQUESTS = {item["name"]: item for folder in COLLECTION["item"] for item in folder["item"]}
HOME = "/restaurants/lpa-12"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["timezone", "shifts", "closures", "reason", "x"]), inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def platform() -> Iterator[Running]:
    """A running Mesa on a free port."""
    with Sandbox([SIMULATOR]) as sandbox:
        yield sandbox.partners["mesa"]


@pytest.fixture
def control(platform: Running, client: httpx.Client) -> Remote:
    """The control address of a platform in its seeded state."""
    control = Remote(client, platform.control_url)
    control("POST", "/reset")
    return control


@pytest.fixture
def api(platform: Running, client: httpx.Client, control: Remote) -> Remote:
    """The API with the right username and password."""
    login = httpx.BasicAuth(platform.credentials["username"], platform.credentials["password"])
    request = next(login.auth_flow(httpx.Request("GET", platform.base_url)))
    return Remote(client, platform.base_url, Authorization=request.headers["Authorization"])


def saved(request: str, answer: str) -> Any:
    """Body of a saved answer of the collection."""
    texts = {item["name"]: item["body"] for item in REQUESTS[request]["response"]}
    return json.loads(texts[answer])


def is_error(answer: httpx.Response) -> bool:
    """Whether the body has the form of the collection's saved errors."""
    body = answer.json()
    return body.keys() == {"error"} and body["error"].keys() == {"code", "message"}


@pytest.mark.parametrize(
    "login", [None, "Basic", "Basic bWVzYTptZXNh", "Bearer x", "caf\u00e9"], ids=repr
)
@pytest.mark.parametrize("path", [HOME, f"{HOME}/availability", "/reservations/res-7001"])
def test_a_wrong_login_is_refused(
    platform: Running, client: httpx.Client, path: str, login: str | None
) -> None:
    """Every path answers 401 with a challenge without the right username and password."""
    headers = {} if login is None else {"Authorization": login.encode()}
    answer = client.get(f"{platform.base_url}{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert is_error(answer)


@pytest.mark.parametrize(
    ("path", "request_name", "answer_name"),
    [
        (HOME, "Get restaurant", "Restaurant"),
        (f"{HOME}/availability", "Get booking availability", "Availability"),
        ("/reservations/res-7001", "Get reservation", "Reservation"),
        ("/reservations/res-7001/status", "Get reservation status", "Status"),
    ],
)
def test_reads_answer_as_the_collection_shows(
    api: Remote, path: str, request_name: str, answer_name: str
) -> None:
    """The seeded state is exactly what the saved answers show."""
    answer = api("GET", path)
    assert answer.status_code == 200
    assert answer.json() == saved(request_name, answer_name)


@pytest.mark.parametrize(
    "path",
    ["/reservations/res-0", "/reservations/res-0/status", "/restaurants/x", "/nothing", "/a/b/%0A"],
)
def test_unknown_things_are_not_found(api: Remote, path: str) -> None:
    """Unknown ids and unknown paths answer 404 in the documented form."""
    answer = api("GET", path)
    assert answer.status_code == 404
    assert is_error(answer)


def test_other_methods_are_refused(api: Remote) -> None:
    """An undocumented method answers 405 and names the documented ones."""
    answer = api("POST", "/reservations/res-7001/status")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")


@pytest.mark.parametrize(
    "states",
    [
        ["confirmed", "seated", "completed", "completed"],
        ["confirmed", "noShow"],
        ["confirmed", "cancelled"],
        ["refused"],
    ],
)
def test_a_reservation_goes_through_its_life(api: Remote, states: list[str]) -> None:
    """Each change is seen in both reads; repeating one is harmless."""
    for state in states:
        answer = api("PUT", "/reservations/res-7001/status", json={"state": state})
        assert answer.status_code == 200
        assert answer.json() == api("GET", "/reservations/res-7001/status").json()
        assert api("GET", "/reservations/res-7001").json()["state"] == state


def test_a_table_can_be_given(api: Remote) -> None:
    """The table that comes with a change becomes the reservation's table."""
    change = {"state": "confirmed", "table": "T9", "reason": "Window seat"}
    api("PUT", "/reservations/res-7001/status", json=change)
    assert api("GET", "/reservations/res-7001").json()["tables"] == ["T9"]


@pytest.mark.parametrize(
    ("reservation", "state"),
    [
        ("res-7001", "seated"),
        ("res-7002", "refused"),
        ("res-7003", "confirmed"),
        ("res-7005", "cancelled"),
        ("res-7006", "seated"),
        ("res-7007", "confirmed"),
    ],
)
def test_an_illegal_change_changes_nothing(api: Remote, reservation: str, state: str) -> None:
    """A change that the state does not allow answers 409, and all stays as it was."""
    before = api("GET", f"/reservations/{reservation}").json()
    answer = api("PUT", f"/reservations/{reservation}/status", json={"state": state})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stateNotAllowed")
    assert api("GET", f"/reservations/{reservation}").json() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"state": 1}, 400),
        ([], 400),
        ({"state": "confirmed", "reason": None}, 400),
        ({"state": "pending"}, 409),
        ({"state": "CONFIRMED"}, 409),
        ({"state": "confirmed", "table": ""}, 409),
    ],
)
def test_an_impossible_change_is_refused(api: Remote, body: Any, status: int) -> None:
    """What cannot be read answers 400, a value that is not possible 409."""
    answer = api("PUT", "/reservations/res-7001/status", json=body)
    assert answer.status_code == status
    assert is_error(answer)
    assert api("GET", "/reservations/res-7001").json()["state"] == "pending"


def test_availability_is_replaced_whole(api: Remote) -> None:
    """What is sent is what is read, with the restaurant's id added."""
    sent = json.loads(REQUESTS["Set booking availability"]["response"][1]["originalRequest"]
                      ["body"]["raw"])  # fmt: skip
    answer = api("PUT", f"{HOME}/availability", json=sent)
    assert answer.json() == saved("Set booking availability", "Saved without lunch")
    assert api("GET", f"{HOME}/availability").json() == {"restaurantId": "lpa-12"} | sent


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"timezone": "Europe/Madrid"}, 409),
        ({"closures": [{"kind": "closed", "firstDate": "2026-12-26", "lastDate": "2026-12-25"}]},
         409),
        ({"closures": [{"kind": "closed", "firstDate": "2026-02-30", "lastDate": "2026-12-25"}]},
         400),
        ({"shifts": [{"name": "lunch", "capacity": 4, "slotMinutes": 30,
                      "days": [{"weekday": 8, "opens": "12:00", "closes": "16:00"}]}]}, 409),
        ({"shifts": [{"name": "lunch", "capacity": 4, "slotMinutes": 30,
                      "days": [{"weekday": 7, "opens": "25:00", "closes": "16:00"}]}]}, 409),
        ({"closures": [{"kind": "special", "firstDate": "2026-12-24", "lastDate": "2026-12-25"}]},
         409),
        ({"shifts": [{"name": "lunch", "slotMinutes": 30, "days": []}]}, 400),
        ({"shifts": "lunch"}, 400),
    ],
)  # fmt: skip
def test_impossible_availability_is_refused(
    api: Remote, change: dict[str, Any], status: int
) -> None:
    """What the collection shows otherwise answers 400, what no calendar holds 409."""
    before = api("GET", f"{HOME}/availability").json()
    body = {key: value for key, value in before.items() if key != "restaurantId"} | change
    assert api("PUT", f"{HOME}/availability", json=body).status_code == status
    assert api("GET", f"{HOME}/availability").json() == before


@settings(max_examples=30, deadline=None)
@given(
    path=st.sampled_from([f"{HOME}/availability", "/reservations/res-7001/status"]),
    body=JSON_VALUES.map(json.dumps) | st.text(max_size=12),
)
def test_no_body_upsets_the_platform(
    platform: Running, client: httpx.Client, path: str, body: str
) -> None:
    """Whatever is sent as a body, the answer is a documented one."""
    login = (platform.credentials["username"], platform.credentials["password"])
    answer = client.put(f"{platform.base_url}{path}", content=body.encode(), auth=login)
    assert answer.status_code in {400, 409}
    assert is_error(answer)


def test_a_new_reservation_is_pinged_then_pulled(
    platform: Running, api: Remote, client: httpx.Client, control: Remote, listener: Listener
) -> None:
    """The ping names the reservation only; its link, with our login, gives the rest."""
    made = control("POST", "/reservations").json()["id"]
    ((path, headers, body),) = listener.wait(1)
    assert path == "/pos-1/webhooks/reservations"
    assert body == {
        "event": "reservation.created",
        "reservationId": made,
        "link": f"{platform.base_url}/reservations/{made}",
    }
    ours = (platform.credentials["webhook_username"], platform.credentials["webhook_password"])
    expected = next(httpx.BasicAuth(*ours).auth_flow(httpx.Request("GET", path)))
    assert headers["authorization"] == expected.headers["Authorization"]
    theirs = (platform.credentials["username"], platform.credentials["password"])
    pulled = client.get(body["link"], auth=theirs).json()
    assert pulled == api("GET", f"/reservations/{made}").json()
    assert (pulled["state"], pulled["startsAt"] > time.time()) == ("pending", True)
    assert client.get(body["link"]).status_code == 401


def test_state_changes_of_both_sides_are_pinged(
    api: Remote, control: Remote, listener: Listener
) -> None:
    """Our confirmation and the guest's cancellation each give one ping, in order."""
    api("PUT", "/reservations/res-7001/status", json={"state": "confirmed"})
    control("POST", "/reservations/res-7001/status", json={"status": "cancelled"})
    pings = listener.wait(2)
    assert {path for path, _, _ in pings} == {"/pos-1/webhooks/reservations/status"}
    events = [body["event"] for _, _, body in pings]
    assert events == ["reservation.confirmed", "reservation.cancelled"]
    assert api("GET", "/reservations/res-7001/status").json()["state"] == "cancelled"


def test_a_repeated_or_refused_change_is_not_pinged(
    api: Remote, control: Remote, listener: Listener
) -> None:
    """Only what changes something gives a ping."""
    api("PUT", "/reservations/res-7002/status", json={"state": "confirmed"})
    api("PUT", "/reservations/res-7003/status", json={"state": "confirmed"})
    api("PUT", "/reservations/res-7004/status", json={"state": "completed"})
    assert [body["reservationId"] for _, _, body in listener.wait(1)] == ["res-7004"]


def test_an_unanswered_ping_is_sent_again(control: Remote, listener: Listener) -> None:
    """After a 500 the same ping comes once more."""
    listener.statuses = [500]
    control("POST", "/reservations")
    first, second = listener.wait(2)
    assert first == second


def test_the_control_address_knows_its_reservations(api: Remote, control: Remote) -> None:
    """Unknown reservations and states are refused; a reset brings back the seeded state."""
    change = "/reservations/{}/status"
    answer = control("POST", change.format("res-0"), json={"status": "seated"})
    assert answer.status_code == 404
    assert control("POST", change.format("res-7001"), json={"status": "eaten"}).status_code == 404
    made = control("POST", "/reservations", json={}).json()["id"]
    assert api("GET", f"/reservations/{made}").status_code == 200
    assert control("POST", "/reset").status_code == 200
    assert api("GET", f"/reservations/{made}").status_code == 404
