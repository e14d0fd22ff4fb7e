"""Whatever a partner asks for, generated requests carry it; no fault of ours is told as theirs."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from workbench.adapters.session import Session
from workbench.evidence import contract
from workbench.evidence.contract import Budget
from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue
from workbench.partners import load_partner
from workbench.settings import Settings
from workbench.store import RunFolder

QUICK = Budget(examples=4, per_operation=12)
READ = "GET /parcels/{parcel_id}"
HOOKS = """
import hashlib, hmac

def auth(method, url, body, credentials):
    tail = "/" + url.split("/", 3)[3]
    text = f"{method} {tail}".encode()
    key = credentials["signing_key"].encode()
    return {"X-Sign": hmac.new(key, text, hashlib.sha256).hexdigest()}
"""
Admits = Callable[[str, Mapping[str, str], Mapping[str, list[str]]], bool]


def _is_signed(path: str, headers: Mapping[str, str], _: Mapping[str, list[str]]) -> bool:
    mark = hmac.new(b"canary-signing_key", f"GET {path}".encode(), hashlib.sha256).hexdigest()
    return headers.get("x-sign") == mark


# Login: (auth, constant headers, security schemes, security, who is let in).
CASES: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, Any], list[Any], Admits]] = {
    "two-at-once": (
        {"scheme": "headers", "headers": {"X-Client": "client", "X-Key": "key"}},
        {},
        {
            "client": {"type": "apiKey", "in": "header", "name": "X-Client"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
        [{"client": [], "key": []}],
        lambda _, headers, __: (
            headers.get("x-client") == "canary-client" and headers.get("x-key") == "canary-key"
        ),
    ),
    "one-of-two": (
        {"scheme": "api-key", "header": "X-Key"},
        {},
        {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
        [{"bearer": []}, {"key": []}],
        lambda _, headers, __: headers.get("x-key") == "canary-api_key",
    ),
    "constant-header-called-security": (
        {"scheme": "bearer"},
        {"X-Tenant": "t1"},
        {
            "tenant": {"type": "apiKey", "in": "header", "name": "X-Tenant"},
            "token": {"type": "http", "scheme": "bearer"},
        },
        [{"tenant": [], "token": []}],
        lambda _, headers, __: (
            headers.get("x-tenant") == "t1"
            and headers.get("authorization") == "Bearer canary-token"
        ),
    ),
    "key-in-query": (
        {"scheme": "api-key", "query": "key"},
        {"X-Tenant": "t1"},
        {"key": {"type": "apiKey", "in": "query", "name": "key"}},
        [{"key": []}],
        lambda _, headers, query: (
            query.get("key") == ["canary-api_key"] and headers.get("x-tenant") == "t1"
        ),
    ),
    "signed-by-a-hook": (
        {"scheme": "hook", "credentials": ["signing_key"]},
        {},
        {"sign": {"type": "apiKey", "in": "header", "name": "X-Sign"}},
        [{"sign": []}],
        _is_signed,
    ),
}


@contextmanager
def _serve(admits: Admits) -> Iterator[tuple[str, list[int]]]:
    """A parcel service that lets in whom it is told to, and the statuses that it gave."""
    given: list[int] = []

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            known = parts.path == "/v1/parcels/p1"
            status = 200 if known else 404
            if not admits(self.path, headers, parse_qs(parts.query)):
                status = 401
            if "parcels" in parts.path:
                given.append(status)
            body = json.dumps({"id": "p1"} if status == 200 else {"error": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", given
    finally:
        server.shutdown()
        server.server_close()


def _document(schemes: Mapping[str, Any], security: list[Any]) -> dict[str, Any]:
    body = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    trouble = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Gate", "version": "1"},
        "security": security,
        "paths": {
            "/parcels/{parcel_id}": {
                "get": {
                    "parameters": [
                        {
                            "name": "parcel_id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                        },
                        {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": {
                            "description": "It",
                            "content": {"application/json": {"schema": body}},
                        },
                        "404": {
                            "description": "None",
                            "content": {"application/json": {"schema": trouble}},
                        },
                    },
                }
            }
        },
        "components": {"securitySchemes": dict(schemes)},
    }


def _write_partner(root: Path, name: str, base_url: str) -> Settings:
    auth, headers, schemes, security, _ = CASES[name]
    folder = root / "contracts" / "gate"
    folder.mkdir(parents=True)
    text = json.dumps(_document(schemes, security))
    (folder / "api.json").write_text(text, "utf-8")
    (folder / "hooks.py").write_text(HOOKS, "utf-8")
    manifest = {
        "partner": "gate",
        "title": "Gate",
        "timezone": "Europe/Madrid",
        "currency": "EUR",
        "documents": [{"path": "api.json", "sha256": hashlib.sha256(text.encode()).hexdigest()}],
        "environments": {
            "sandbox": {
                "base_url": base_url,
                "test_account": {"restaurant": "r1", "values": {"parcel_id": "p1"}},
            }
        },
        "auth": auth,
        "headers": headers,
        "features": {"order-read": {"operations": [READ]}},
    }
    (folder / "partner.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
    return Settings(root=root)


def _run(
    tmp_path: Path, catalogue: Catalogue, name: str, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> Evidence:
    for credential in ("api_key", "token", "client", "key", "signing_key"):
        monkeypatch.setenv(f"WORKBENCH_GATE__SANDBOX__{credential.upper()}", f"canary-{credential}")
    settings = _write_partner(tmp_path, name, base_url)
    folder = RunFolder.create(tmp_path, "gate", "run")
    with Session(load_partner("gate", settings), "sandbox", settings, seed=1) as session:
        session.allow_writes = True  # all kinds of cases, though there is nothing to write to
        lines = [*contract.gather(session.partner, catalogue, session, folder, budget=QUICK)]
    return next(line for line in lines if line.subject == READ)


@pytest.mark.parametrize("name", CASES)
def test_every_login_reaches_every_request(
    name: str, tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each generated request is let in, and only the one without credentials is not: no finding."""
    with _serve(CASES[name][4]) as (base_url, given):
        line = _run(tmp_path, catalogue, name, base_url, monkeypatch)
    assert line.findings == ()
    assert line.outcome is Outcome.PASSED
    assert {"200", "404"} == set(line.detail["statuses"])
    assert given.count(401) == 1


@pytest.mark.parametrize("name", CASES)
def test_an_open_door_is_told(
    name: str, tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner that lets everybody in is found out, whichever way it wants us to log in."""
    with _serve(lambda *_: True) as (base_url, _given):
        line = _run(tmp_path, catalogue, name, base_url, monkeypatch)
    (finding,) = line.findings
    assert finding.slug == "credentials-not-needed"
    assert "canary" not in line.model_dump_json()
    assert line.outcome is Outcome.FAILED


def test_a_shut_door_is_no_deviation(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody is let in, nothing is said of the contract, and 401 is not held against it."""
    with _serve(lambda *_: False) as (base_url, _given):
        line = _run(tmp_path, catalogue, "one-of-two", base_url, monkeypatch)
    assert line.findings == ()
    assert line.outcome is Outcome.CANT_TELL
    assert line.detail["refusal"] == "RefusedError"


def test_access_that_is_lost_on_the_way_proves_nothing(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With most requests refused after a good start it cannot be told, and nobody is blamed."""
    seen: list[str] = []

    def admits(path: str, headers: Mapping[str, str], _: Mapping[str, list[str]]) -> bool:
        seen.append(path)
        return len(seen) <= 3 and headers.get("x-key") == "canary-api_key"

    with _serve(admits) as (base_url, _given):
        line = _run(tmp_path, catalogue, "one-of-two", base_url, monkeypatch)
    assert line.findings == ()
    assert line.outcome in {Outcome.CANT_TELL, Outcome.UNTESTED}
