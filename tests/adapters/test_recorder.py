"""A canary credential is in nothing that a run leaves: HAR, log, curl, repr, exceptions."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from workbench.adapters.auth import open_login
from workbench.adapters.http_client import HttpClient
from workbench.adapters.recorder import Recorded, Recorder
from workbench.errors import PartnerError
from workbench.partners.manifest import Auth
from workbench.secrecy import Redactor

CANARY = "c4nary/+key=&7%\"<'"
Opener = Callable[..., HttpClient]


@pytest.fixture
def run(
    open_client: Opener, partner: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> dict[str, str]:
    """What a run with an echoing partner leaves, by kind."""
    caplog.set_level(logging.DEBUG)
    kept: dict[str, Any] = {}
    credentials = {"username": SecretStr("demo-user"), "password": SecretStr(CANARY)}
    for auth in (
        Auth(scheme="api-key", header="X-Api-Key"),
        Auth(scheme="api-key", query="key"),
        Auth(scheme="basic"),
        Auth(scheme="oauth2-client-credentials"),
    ):
        login = open_login(
            auth,
            {
                **credentials,
                **dict.fromkeys(("api_key", "client_id", "client_secret"), SecretStr(CANARY)),
            },
            base_url=partner.url,
        )
        client = open_client(login, secrets=(CANARY,))
        answer = client.send("POST", "/echo", json={"key": CANARY}, headers={"X-Own": CANARY})
        with pytest.raises(PartnerError) as caught:
            client.send("GET", "/fault/rst/99", query={"key": CANARY})
        path = tmp_path / f"{auth.scheme}-{auth.query}.har"
        client.recorder.write_har(path)
        kept |= {
            f"{path.name}": path.read_text(),
            f"{path.name} curl": answer.curl,
            f"{path.name} repr": repr([answer, client, client.recorder, client.recorder.exchanges]),
            f"{path.name} excerpt": answer.excerpt,
            f"{path.name} error": "".join(traceback.format_exception(caught.value)),
        }
    kept["log"] = caplog.text
    return kept


def test_canary_is_nowhere(run: dict[str, str], partner: Any) -> None:
    """Neither the key nor a token of the run is left in any spelling."""
    gate = Redactor([CANARY, *partner.tokens])

    assert gate.find(partner.seen[0].body)
    assert len(run) == 21
    assert {name: found for name, text in run.items() if (found := gate.find(text.encode()))} == {}
    assert "HTTP Request: POST" in run["log"]


def test_har_holds_every_attempt(client: HttpClient, tmp_path: Path) -> None:
    """Each attempt is an entry of a HAR 1.2 file, faults included."""
    client.send("PUT", "/fault/rst/1?a=%C3%B1", json={"n": 1})
    path = tmp_path / "exchange.har"
    client.recorder.write_har(path)
    log = json.loads(path.read_text())["log"]
    failed, answered = log["entries"]

    assert log["version"] == "1.2"
    assert failed["response"]["status"] == 0
    assert failed["comment"].startswith("No answer")
    assert answered["response"]["status"] == 200
    assert answered["request"]["postData"] == {"mimeType": "application/json", "text": '{"n":1}'}
    assert answered["request"]["queryString"] == [{"name": "a", "value": "ñ"}]
    assert json.loads(answered["response"]["content"]["text"])["method"] == "PUT"
    assert datetime.fromisoformat(answered["startedDateTime"]).tzinfo is not None


def test_binary_and_unknown_status_can_be_written(tmp_path: Path) -> None:
    """A body that is no text is kept as base64, with secrets masked before that."""
    recorder = Recorder(Redactor(["secret-1"]))
    recorder.add(
        Recorded(datetime.now(UTC), 0.1, "GET", "http://x/", {}, b"", 299, {}, b"\xff\x00secret-1")
    )
    recorder.write_har(tmp_path / "x.har")
    content = json.loads((tmp_path / "x.har").read_text())["log"]["entries"][0]["response"]

    assert content["content"]["encoding"] == "base64"
    assert content["content"]["text"] == "/wBbUkVEQUNURURd"


def test_secret_headers_are_masked_by_name() -> None:
    """Cookies and logins that nobody told us of are masked as well."""
    recorder = Recorder(Redactor())
    headers = {"Set-Cookie": "session=1", "X-Other": "kept"}
    recorder.add(Recorded(datetime.now(UTC), 0.1, "GET", "http://x/", {}, b"", 200, headers))

    assert recorder.exchanges[0].response_headers == {
        "Set-Cookie": "[REDACTED]",
        "X-Other": "kept",
    }


def test_bodies_over_the_limit_are_dropped_whole() -> None:
    """A long run does not fill the memory, and no body is cut through a secret."""
    recorder = Recorder(Redactor())
    entry = Recorded(datetime.now(UTC), 0, "GET", "http://x/", {}, b"", 200, {}, bytes(40 * 2**20))
    recorder.add(entry)
    recorder.add(entry)

    assert [len(kept.response_body) for kept in recorder.exchanges] == [40 * 2**20, 26]
