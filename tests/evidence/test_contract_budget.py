"""A budget is kept, spread and told; ids come from lists; nothing of others is removed."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from opening import open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.evidence import contract
from workbench.evidence.contract import Budget
from workbench.evidence.contract.budget import divide
from workbench.evidence.contract.configuration import select
from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue
from workbench.partners import load_partner
from workbench.settings import Settings
from workbench.store import RunFolder

BOX = "/shelves/{shelf_id}/boxes/{box_id}"
SHELF_ID, BOX_ID = r"^SH-[0-9]{4}$", r"^[0-9a-f]{8}$"
TEXT = {"type": "string", "minLength": 1, "maxLength": 20}


class Shelves:
    """A store of boxes on shelves, and every request that came."""

    def __init__(self) -> None:
        self.boxes = {"SH-1234": {"00000000": "salt"}, "SH-7777": {"0000abcd": "rice"}}
        self.asked: list[tuple[str, str, int]] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body for a request."""
        parts = path.removeprefix("/v1/").split("/")
        if parts == ["shelves"]:
            return 200, {"shelves": [{"id": name} for name in self.boxes]}
        shelf = self.boxes.get(parts[1]) if len(parts) > 1 else None
        if shelf is None:
            return 404, {"error": "no such shelf"}
        if method == "POST":
            return self._add(shelf, body)
        if len(parts) == 3:
            return 200, {"boxes": [{"box_id": name, "label": text} for name, text in shelf.items()]}
        name = parts[3]
        if name not in shelf:
            return 404, {"error": "no such box"}
        if method == "DELETE":
            del shelf[name]
            return 204, None
        if method == "PATCH":
            if not self._is_label(body):
                return 422, {"error": "no label"}
            shelf[name] = body["label"]
        return 200, {"box_id": name, "label": shelf[name]}

    def _add(self, shelf: dict[str, str], body: Any) -> tuple[int, Any]:
        if not self._is_label(body):
            return 422, {"error": "no label"}
        name = f"{len(shelf) + 0x100:08x}"
        shelf[name] = body["label"]
        return 201, {"box_id": name, "label": body["label"]}

    @staticmethod
    def _is_label(body: Any) -> bool:
        is_one = isinstance(body, dict) and set(body) == {"label"}
        return is_one and isinstance(body["label"], str) and 1 <= len(body["label"]) <= 20


@contextmanager
def _serve(shelves: Shelves) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                sent = json.loads(raw)
            except ValueError:
                sent = None
            path = self.path.partition("?")[0]
            status, body = shelves.answer(self.command, path, sent)
            shelves.asked.append((self.command, path, status))
            packed = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _parameter(name: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _document() -> dict[str, Any]:
    def answers(status: str, schema: dict[str, Any] | None) -> dict[str, Any]:
        trouble = {"type": "object", "required": ["error"]}
        good: dict[str, Any] = {"description": "Done"}
        if schema:
            good["content"] = {"application/json": {"schema": schema}}
        bad = {"description": "No", "content": {"application/json": {"schema": trouble}}}
        return {"responses": {status: good, "404": bad, "422": bad}}

    box = {"type": "object", "required": ["box_id", "label"], "properties": {"label": TEXT}}
    label = {
        "type": "object",
        "additionalProperties": False,
        "required": ["label"],
        "properties": {"label": TEXT},
    }
    body = {"required": True, "content": {"application/json": {"schema": label}}}
    shelf = _parameter("shelf_id", SHELF_ID)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shelves", "version": "1"},
        "paths": {
            "/shelves": {"get": answers("200", {"type": "object", "required": ["shelves"]})},
            "/shelves/{shelf_id}/boxes": {
                "parameters": [shelf],
                "get": answers("200", {"type": "object", "required": ["boxes"]}),
                "post": {"requestBody": body, **answers("201", box)},
            },
            BOX: {
                "parameters": [shelf, _parameter("box_id", BOX_ID)],
                "get": answers("200", box),
                "patch": {"requestBody": body, **answers("200", box)},
                "delete": answers("204", None),
            },
        },
    }


def _open(root: Path, base_url: str, **limits: int) -> tuple[Settings, Session]:
    folder = root / "contracts" / "shelves"
    folder.mkdir(parents=True)
    text = json.dumps(_document())
    (folder / "api.json").write_text(text, "utf-8")
    manifest = {
        "partner": "shelves",
        "title": "Shelves",
        "timezone": "Europe/Madrid",
        "currency": "EUR",
        "documents": [{"path": "api.json", "sha256": hashlib.sha256(text.encode()).hexdigest()}],
        "environments": {"sandbox": {"base_url": base_url, "consent": "A test double."}},
        "auth": {"scheme": "none"},
        "limits": limits,
        "features": {
            "product-write": {
                "operations": [
                    f"PATCH {BOX}",
                    f"DELETE {BOX}",
                    "POST /shelves/{shelf_id}/boxes",
                    f"GET {BOX}",
                    "GET /shelves/{shelf_id}/boxes",
                    "GET /shelves",
                ]
            }
        },
    }
    (folder / "partner.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
    settings = Settings(root=root)
    partner = load_partner("shelves", settings)
    return settings, Session(partner, "sandbox", settings, allow_writes=True, seed=1)


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Shelves, dict[str, Evidence]]:
    """One run on the shelves, without a word of ours on which ids exist."""
    from workbench.partners import load_catalogue  # noqa: PLC0415 - the fixture is function-scoped

    root, shelves = tmp_path_factory.mktemp("shelves"), Shelves()
    with _serve(shelves) as base_url:
        _, session = _open(root, base_url)
        with session:
            folder = RunFolder.create(root, "shelves", "run")
            budget = Budget(per_operation=24)
            lines = contract.gather(
                session.partner, load_catalogue(), session, folder, budget=budget
            )
            return shelves, {line.subject: line for line in lines}


def test_ids_come_from_lists(told: tuple[Shelves, dict[str, Evidence]]) -> None:
    """Without any stated id, things in things are found by their lists, and answer."""
    shelves, lines = told
    for name in (f"GET {BOX}", f"PATCH {BOX}", "POST /shelves/{shelf_id}/boxes"):
        assert any(status.startswith("2") for status in lines[name].detail["statuses"]), name
    lost = sum(status == 404 for method, _, status in shelves.asked if method != "DELETE")
    assert lost * 3 < len(shelves.asked)


def test_what_others_made_stays(told: tuple[Shelves, dict[str, Evidence]]) -> None:
    """Only what this run has made is removed."""
    shelves, _ = told
    assert "00000000" in shelves.boxes["SH-1234"]
    assert "0000abcd" in shelves.boxes["SH-7777"]


def test_unknown_ids_have_the_documented_form(
    told: tuple[Shelves, dict[str, Evidence]],
) -> None:
    """Something that does not exist is asked for by an id that could be one."""
    shelves, _ = told
    tails = [path.split("/")[-1] for method, path, _ in shelves.asked if method == "DELETE"]
    assert tails
    assert all(re.fullmatch(BOX_ID, tail) for tail in tails if "%" not in tail)


def test_the_share_is_kept_and_told(told: tuple[Shelves, dict[str, Evidence]]) -> None:
    """No operation gets much more than its share, and how far the run came is said."""
    shelves, lines = told
    counted = Counter(method for method, path, _ in shelves.asked if path.count("/") == 5)
    assert counted["PATCH"] <= 24 + 10
    reach = lines["api.json"]
    assert reach.outcome is Outcome.PASSED
    assert reach.summary.startswith("6 of 6 operations of api.json were reached")
    assert reach.detail["each"] == 24


def test_repeats_are_left_out(told: tuple[Shelves, dict[str, Evidence]]) -> None:
    """A read without parameters is asked a few times, not dozens of times."""
    shelves, _ = told
    asked = [path for method, path, _ in shelves.asked if (method, path) == ("GET", "/v1/shelves")]
    assert len(asked) < 12


def test_a_small_budget_reaches_fewer_operations_and_says_so(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    """What the pace and the time do not allow is untested, not passed."""
    shelves = Shelves()
    with _serve(shelves) as base_url:
        _, session = _open(tmp_path, base_url, requests_per_minute=60)
        with session:
            share = divide(
                session,
                Budget(seconds=6),
                [*select(session.partner, catalogue, "api.json", session).operations],
            )
            assert len(share.reached) == 1
            folder = RunFolder.create(tmp_path, "shelves", "run")
            budget = Budget(seconds=20, requests_per_minute=30)
            lines = [*contract.gather(session.partner, catalogue, session, folder, budget=budget)]
    told = [line for line in lines if line.check == "contract"]
    why = "20 s at 30 requests a minute allow 8 requests"
    left = [line for line in told if why in line.summary]
    assert len(left) == 4
    assert {line.outcome for line in left} == {Outcome.UNTESTED}
    reach = next(line for line in lines if line.check == "contract-reach")
    assert why in reach.summary
    assert "of 6 operations" in reach.summary
    passed = [line for line in told if line.outcome is Outcome.PASSED]
    assert all(any(s.startswith("2") for s in line.detail["statuses"]) for line in passed)


@pytest.mark.parametrize(
    ("rate", "seconds", "operations", "each", "reached"),
    [
        (None, 300, 45, 40, 45),
        (60, 300, 45, 5, 45),
        (300, 300, 45, 26, 45),
        (60, 60, 45, 3, 16),
        (1, 60, 45, 3, 1),
    ],
)
def test_a_budget_is_spread_evenly(
    open_mini: Callable[..., Any],
    rate: int | None,
    seconds: int,
    operations: int,
    each: int,
    reached: int,
) -> None:
    """What a rate and a time allow goes to all alike; below a few each, fewer are asked."""
    names = [f"GET /{number}" for number in range(operations)]
    with open_mini() as (_, session):
        share = divide(session, Budget(seconds=seconds, requests_per_minute=rate), names)
    assert share.each == each
    assert len(share.reached) == reached
    assert bool(share.why) == (rate is not None)
    assert share.coverage + share.fuzzing <= max(each, 3)


def test_slow_answers_make_the_budget_smaller(tmp_path: Path) -> None:
    """What an answer took so far in the run decides how many can be waited for."""
    settings = write_folder(tmp_path)
    with open_miniature(settings, "slow") as (_, session):
        for _ in range(3):
            session.client.send("GET", "/reservations/b1/status")
        share = divide(session, Budget(seconds=10), [f"GET /{number}" for number in range(5)])
    assert share.each < 15
    assert "s an answer" in share.why
