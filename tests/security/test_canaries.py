"""A partner that sends everything back learns nothing of ours into any file, screen or process."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
import yaml

from workbench.partners import load_partner
from workbench.receiver.listening import listen
from workbench.secrecy import Redactor
from workbench.settings import Settings
from workbench.store import read_log

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "client_secret": "cnry/Secret+7f3a91e0=",
    "webhook_secret": "cnry-hook-5d20c8b1-Zq",
    "second_client_secret": "cnry.second.0a9b8c7d6e",
    "forward_secret": "cnry_forward_44aa55bb66",
}
TOKEN = "cnry.tok.e1d2c3b4a5968778"
GUEST = {"name": "Zoraida Canarina", "phone": "+34 699 555 0142", "email": "zc@canary.example"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Echo", "version": "1"},
    "paths": {
        "/orders/{orderId}": {
            "get": {
                "operationId": "getOrder",
                "parameters": [
                    {
                        "name": "orderId",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": {
                    "200": {
                        "description": "An order",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id", "state", "total"],
                                    "properties": {
                                        "id": {"type": "string"},
                                        "state": {"type": "string", "enum": ["new", "done"]},
                                        "total": {"type": "integer"},
                                    },
                                }
                            }
                        },
                    }
                },
            }
        }
    },
}
MAPPING = {
    "mappings": {
        "guest": {
            "into": "Customer",
            "fields": {"name": "$.name", "phone": "$.phone", "email": "$.email"},
        },
        "order": {
            "into": "Order",
            "fields": {
                "ids.partner_id": "$.id",
                "status": {"from": "$.state", "enum": {"new": "placed", "done": "completed"}},
                "customer": {"from": "$.buyer", "use": "guest"},
            },
        },
    }
}


class Echo(http.server.BaseHTTPRequestHandler):
    """Gives a token, and sends back whatever it knows, in many spellings."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def answer(self) -> None:
        """One request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        if self.path.endswith("/token"):
            told: dict[str, Any] = {"access_token": TOKEN, "expires_in": 3600, "you": body}
        else:
            told = {
                "id": "o-1",
                "state": "new",
                "total": "none",
                "buyer": GUEST,
                "name": f"for {GUEST['name']}: {self.headers.get('Authorization')}",
                "echo": [*map(self.spell, [TOKEN, *SECRETS.values()]), dict(self.headers), body],
            }
        data = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", self.headers.get("Authorization", "none"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    @staticmethod
    def spell(secret: str) -> list[str]:
        """A secret as hostile or careless partners write it."""
        raw = secret.encode()
        shifted = [base64.b64encode(bytes(number) + raw).decode() for number in range(3)]
        return [
            secret,
            quote(secret, safe=""),
            quote(quote(secret, safe=""), safe=""),
            secret[::-1],
            " ".join(secret),
            raw.hex(),
            *shifted,
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
            base64.b64encode(base64.b64encode(b"x:" + raw)).decode(),
            base64.b32encode(raw).decode(),
            base64.b64encode(gzip.compress(raw)).decode(),
        ]


for _verb in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
    setattr(Echo, f"do_{_verb}", Echo.answer)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout of its own with the partner that echoes, which runs meanwhile."""
    root = tmp_path_factory.mktemp("canaries")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = root / "contracts" / "echo"
    folder.mkdir(parents=True)
    document = json.dumps(DOCUMENT)
    (folder / "api.json").write_text(document, "utf-8")
    (folder / "mapping.yaml").write_text(yaml.safe_dump(MAPPING, sort_keys=False), "utf-8")
    address = f"http://127.0.0.1:{server.server_address[1]}"
    manifest = {
        "partner": "echo",
        "title": "Echo",
        "kind": "marketplace",
        "timezone": "Europe/Madrid",
        "currency": "EUR",
        "documents": [
            {"path": "api.json", "sha256": hashlib.sha256(document.encode()).hexdigest()}
        ],
        "environments": {
            "sandbox": {
                "base_url": address,
                "test_account": {"restaurant": "r-1", "known": {"order": ["o-1"]}},
            }
        },
        "auth": {"scheme": "oauth2-client-credentials", "token_url": f"{address}/token"},
        "features": {"order-read": {"operations": ["GET /orders/{orderId}"], "mapping": "order"}},
        "webhooks": {
            "signature": {
                "scheme": "hmac",
                "header": "X-Signature",
                "credentials": ["webhook_secret"],
            },
            "events": {"webhook:orderCreated": {"match": {"path": "orders"}, "mapping": "order"}},
        },
    }
    (folder / "partner.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    yield root
    server.shutdown()
    server.server_close()


def start(root: Path, *words: str, module: str = "workbench") -> subprocess.Popen[bytes]:
    """A command with all canaries, begun."""
    given = {f"WORKBENCH_ECHO__SANDBOX__{name.upper()}": value for name, value in SECRETS.items()}
    environment = {
        **os.environ,
        **given,
        "WORKBENCH_ECHO__SANDBOX__CLIENT_ID": "boss",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(root: Path, *words: str, module: str = "workbench") -> subprocess.CompletedProcess[bytes]:
    """A command with all canaries, while the list of processes is looked at."""
    program = start(root, *words, module=module)
    seen: set[bytes] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.5):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes().replace(b"\0", b" "))
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        out, err = program.communicate(timeout=400)
    finally:
        ended.set()
        watcher.join()
    assert find(b"\n".join(seen)) == []
    return subprocess.CompletedProcess(words, program.returncode, out, err)


def find(data: bytes) -> list[str]:
    """Canaries in some bytes, in any spelling; guests as they are."""
    found = [str(hit) for hit in Redactor({**SECRETS, "token": TOKEN}).find(data)]
    return found + [value for value in GUEST.values() if value.encode() in data]


def look_at_all(root: Path) -> list[str]:
    """Files below `reports` with a canary."""
    files = [path for path in (root / "reports").rglob("*") if path.is_file()]
    assert files
    return [
        f"{path.relative_to(root)}: {hits}" for path in files if (hits := find(path.read_bytes()))
    ]


@pytest.mark.slow
def test_a_check_tells_nothing(checkout: Path) -> None:
    """Files, both outputs and the list of processes are clean; the echo is a finding."""
    sources = [
        word
        for name in ("documents", "samples", "behaviour", "contract")
        for word in ("--source", name)
    ]
    done = run(checkout, "check", "echo", *sources, "--seconds", "12", "--run", "one", "--json")
    assert find(done.stdout + done.stderr) == []
    assert (checkout / "reports").is_dir(), (done.stdout + done.stderr).decode()
    assert look_at_all(checkout) == []
    assert b"client_id of echo is too short" in done.stderr
    log = read_log(checkout / "reports" / "echo" / "one" / "evidence.jsonl")
    slugs = {finding.slug for line in log.evidence for finding in line.findings}
    assert "credential-echoed" in slugs
    assert log.footer is not None
    assert log.footer.personal >= len(GUEST)


@pytest.mark.slow
def test_a_report_tells_nothing(checkout: Path) -> None:
    """The whole run, through notebooks and all formats, and the report made again."""
    done = run(checkout, "validate", "echo", "--run", "two", "--draft", "--seconds", "12", "--json")
    again = run(checkout, "report", "echo", "--run", "two", "--draft")
    told = done.stdout + done.stderr + again.stdout + again.stderr
    assert find(told) == []
    assert (checkout / "reports" / "echo" / "two" / "report.html").is_file(), told.decode()
    assert look_at_all(checkout) == []
    for path in (checkout / "reports" / "echo" / "two").iterdir():
        is_open = path.stat().st_mode & 0o077 != 0
        assert not (is_open and path.suffix in {".har", ".ipynb", ".jsonl"})


@pytest.mark.slow
@pytest.mark.parametrize("form", [("--json",), ("--verbose",)])
def test_a_call_tells_nothing(checkout: Path, form: tuple[str, ...]) -> None:
    """One request by hand: its answer is shown without canaries, and the echo is told."""
    done = run(checkout, "call", "echo", "GET /orders/{orderId}", "--set", "orderId=o-1", *form)
    assert find(done.stdout + done.stderr) == []
    assert b"o-1" in done.stdout
    assert b"The answer held our client_secret" in done.stderr
    assert b"The answer held our token" in done.stderr


@pytest.mark.slow
def test_a_session_tells_nothing(checkout: Path) -> None:
    """The session of a run, step by step, to the protocol that is handed over and sealed."""
    listing = checkout / "list.csv"
    told = f"step,expected,feature\nRead it,with {SECRETS['webhook_secret']},order-read\n"
    listing.write_text(told, "utf-8")
    here = ("session", "echo", "--run", "met")
    done = [
        run(checkout, "check", "echo", "--source", "documents", "--run", "met"),
        run(checkout, *here, "--list", str(listing), "--with", "Ana, engineer"),
        run(checkout, *here, "--step", "list-1", "--confirm", "--seconds", "5", "--verbose"),
        run(checkout, *here, "--step", "list-1", "--confirm", "--seconds", "5", "--json"),
        run(checkout, *here, "--step", "3", "--failed", "saw another price"),
        run(checkout, *here, "--decide", "the price is mended", "--who", "Ana"),
        run(checkout, *here, "--sign", "us", "--name", "Ana", "--role", "engineer", "--json"),
        *(
            run(checkout, *here, "--as", form, "--output", f"reports/protocol.{form}")
            for form in ("html", "arazzo")
        ),
        run(checkout, *here, "--as", "markdown"),
        run(checkout, *here, "--finish", "--draft"),
    ]
    said = b"".join(item.stdout + item.stderr for item in done)
    assert find(said) == []
    # Two people cannot sign what nobody has judged yet.
    (refused,) = (item for item in done if item.returncode not in {0, 1})
    assert "--sign" in refused.args
    assert b"draft" in refused.stderr or b"incomplete" in refused.stderr
    assert look_at_all(checkout) == []
    log = (checkout / "reports" / "echo" / "met" / "session.jsonl").read_text("utf-8")
    assert log.count('"kind":"result"') == 3
    assert log.count('"slug":"credential-echoed"') >= 2
    assert "whoever reads or keeps it can act in our name" in log
    assert (checkout / "reports" / "echo" / "met" / "report.html").is_file()


@pytest.mark.slow
def test_what_is_handed_over_tells_nothing(checkout: Path) -> None:
    """Letter, data model, sheet for restaurants and portal, printed and as files."""
    made = run(
        checkout, "check", "echo", "--source", "behaviour", "--run", "given", "--seconds", "8"
    )
    done = [
        made,
        run(checkout, "request", "echo", "--as", "markdown"),
        run(checkout, "request", "echo", "--as", "html", "--output", "reports/letter.html"),
        run(checkout, "request", "echo", "--as", "mail", "--json"),
        run(checkout, "model", "--as", "markdown", "--output", "reports/model.md"),
        run(checkout, "report", "echo", "--run", "given", "--for", "restaurant", "--draft"),
        run(checkout, "portal"),
        run(checkout, "diff", "echo", "--json"),
    ]
    said = b"".join(item.stdout + item.stderr for item in done)
    assert find(said) == []
    assert not [item.args for item in done if item.returncode not in {0, 1}], said.decode()
    assert look_at_all(checkout) == []


# What somebody looks at in a notebook, also when the partner is no longer open.
CELLS = (
    "%load_ext workbench\nimport gc, workbench\np = workbench.open('echo')\np",
    "c = p.call('GET /orders/{orderId}', orderId='o-1')\nc",
    "print(c, repr(c.called)); c.data",
    "c.violations",
    "p.orders.get('o-1')",
    "p.check(feature='order-read', seconds=10)",
    "t = p.try_mapping('guest', c.data['buyer'])\nt",
    "print(t, t.result); t.fields",
    "p.compare(c, {'id': 'o-1'})",
    "p.adapter.session.recorder.exchanges",
    "%call echo GET /orders/{orderId} orderId=o-1",
    "p.findings",
    "p = workbench.open('echo'); gc.collect(); c.data",
    "raise ValueError(c.data)",
    (
        "where = workbench.load_settings()\n"
        "walk = workbench.SessionWalk.open('echo', where, run='seen')\nwalk.overview()"
    ),
    "walk.try_step('order-read', seconds=10)",
    (
        "import os\nheld = os.environ['WORKBENCH_ECHO__SANDBOX__CLIENT_SECRET']\n"
        "walk.decide(held), walk.fail(walk.step('3'), held)"
    ),
    "!env",
)


@pytest.mark.slow
def test_a_notebook_tells_nothing(checkout: Path) -> None:
    """Cells that call, translate, compare and fail, as the saved notebook keeps them."""
    run(checkout, "check", "echo", "--source", "documents", "--run", "seen")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), checkout / "looked.ipynb")
    nbconvert = ("--execute", "--allow-errors", "--to", "notebook", "--inplace", "looked.ipynb")
    done = run(checkout, *nbconvert, module="nbconvert")
    assert done.returncode == 0, done.stderr.decode()
    assert find(done.stdout + done.stderr) == []
    assert find((checkout / "looked.ipynb").read_bytes()) == []
    shown = nbformat.read(checkout / "looked.ipynb", as_version=4).cells
    failed = [cell.source for cell in shown if any(o.output_type == "error" for o in cell.outputs)]
    assert failed == ["raise ValueError(c.data)"]
    assert all(cell.outputs for cell in shown)
    assert look_at_all(checkout) == []


@pytest.mark.slow
def test_listening_tells_nothing(checkout: Path) -> None:
    """`listen` as people start it: signed and forged deliveries, then the commands that look."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = start(checkout, "listen", "echo", "--port", str(port))
    try:
        assert program.stdout is not None
        first = program.stdout.readline()  # once it says so, it can be called
        assert f":{port}/echo/webhooks".encode() in first
        for form in [spelt for secret in SECRETS.values() for spelt in Echo.spell(secret)]:
            body = json.dumps({"id": "o-1", "state": "new", "note": form}).encode()
            signs = hmac.new(SECRETS["webhook_secret"].encode(), body, "sha256").hexdigest()
            for sign in (signs, "00" * 32):
                assert post(port, body, {"X-Signature": sign, "X-Echo": form}) in {200, 202, 401}
        lines = Path(f"/proc/{program.pid}/cmdline").read_bytes().replace(b"\0", b" ")
    finally:
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    looked = [
        run(checkout, "inbox", "list", "echo", "--json"),
        run(checkout, "inbox", "show", "echo", "1"),
        run(checkout, "inbox", "export", "echo", "reports/kept.ndjson"),
    ]
    assert [done.returncode for done in looked] == [0, 0, 0]
    told = b"".join(done.stdout + done.stderr for done in looked)
    assert find(first + lines + out + err + told) == []
    assert look_at_all(checkout) == []
    for path in (checkout / "reports" / "echo").glob("inbox*"):
        assert path.stat().st_mode & 0o077 == 0


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    """Deliver to the receiver; the status that comes back."""
    for _ in range(50):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", "/echo/webhooks/orders", body, headers)
            return connection.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            connection.close()
    return 0


def test_an_inbox_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a sender tells of ours is at rest nowhere: not in the body, headers or address."""
    monkeypatch.setenv("WORKBENCH_TAVOLA__SANDBOX__CLIENT_ID", "boss")
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"WORKBENCH_TAVOLA__SANDBOX__{name.upper()}", value)
    settings = Settings(root=ROOT, reports=tmp_path / "reports")
    partner = load_partner("tavola", settings)
    spelt = [form for secret in SECRETS.values() for form in Echo.spell(secret)]
    with listen(partner, "sandbox", settings, "127.0.0.1", 0) as server:
        for form in spelt:
            connection = http.client.HTTPConnection(*server.url.removeprefix("http://").split(":"))
            address = f"/tavola/webhooks/x?echo={quote(form)}"
            body = json.dumps({"event": "order.created", "note": form})
            connection.request("POST", address, body, {"X-Echo": form, "Cookie": f"a={form}"})
            assert connection.getresponse().status in {200, 202, 401, 403}
            connection.close()
    kept = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert find(path.read_bytes()) == [], path
        assert path.stat().st_mode & 0o077 == 0
    assert find("".join(capfd.readouterr()).encode()) == []
