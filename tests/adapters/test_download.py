import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from workbench.adapters.download import download
from workbench.adapters.retry_policy import RetryPolicy
from workbench.description import describe
from workbench.errors import InputError, PartnerError, UnavailableError

QUICK = RetryPolicy(connect=20, read=20, total=60, attempts=1, wait_initial=0.01)
DOCUMENT = b'{"openapi": "3.1.0",\r\n "info": {"title": "A", "version": "1"}, "paths": {}}\n'


class Site:
    """A web site on loopback; `pages` maps a path to status, headers and body."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Answer with the page, slowly where its path says so."""
                site.seen.append((self.path, dict(self.headers.items())))
                status, headers, body = site.pages.get(
                    self.path.partition("?")[0], (404, {}, b"no")
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.path == "/slow":
                    for byte in body:
                        time.sleep(0.2)
                        self.wfile.write(bytes([byte]))
                else:
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a reader that hangs up is part of the test
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that is up."""
    server = Site()
    yield server
    server.close()


def test_document_is_saved_byte_for_byte(site: Site, tmp_path: Path) -> None:
    """What is saved is what was sent, named after the address, and can be described."""
    site.pages["/v1/api.json"] = (200, {}, DOCUMENT)
    found = download(f"{site.url}/v1/api.json?key=s3cret#top", tmp_path)
    assert found.path == tmp_path / "api.json"
    assert found.path.read_bytes() == DOCUMENT
    assert (found.size, found.sha256) == (len(DOCUMENT), hashlib.sha256(DOCUMENT).hexdigest())
    assert found.source == f"{site.url}/v1/api.json"
    assert describe([found.path]).documents[0].title == "A"
    path, headers = site.seen[0]
    assert path == "/v1/api.json?key=s3cret"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/docs", "text/html; charset=utf-8", "docs.html"),
        ("/", "application/vnd.oai.openapi+json", "document.json"),
        ("/a%2F..%2F.hidden", "application/yaml", "hidden.yaml"),
        ("/api.v1", "text/plain", "api.v1.txt"),
    ],
)
def test_name_is_tame_and_fits_the_kind(
    site: Site, tmp_path: Path, path: str, kind: str, name: str
) -> None:
    """No address can name a file outside the folder, or a hidden one."""
    site.pages[path] = (200, {"Content-Type": kind}, b"x")
    assert download(site.url + path, tmp_path).path == tmp_path / name


def test_redirect_on_the_same_host_is_followed(site: Site, tmp_path: Path) -> None:
    """A document that moved within its site is found."""
    site.pages["/old"] = (302, {"Location": "/new.json"}, b"")
    site.pages["/new.json"] = (200, {}, DOCUMENT)
    assert download(f"{site.url}/old", tmp_path).source == f"{site.url}/new.json"


@pytest.mark.parametrize(
    "target",
    ["http://localhost:{port}/x", "http://127.0.0.1:9/x", "file:///etc/hosts", "//evil.example/x"],
)
def test_redirect_to_elsewhere_is_refused(site: Site, tmp_path: Path, target: str) -> None:
    """Another host, port or scheme is never asked; the message says where it led."""
    port = site.url.rpartition(":")[2]
    site.pages["/old"] = (301, {"Location": target.format(port=port)}, b"")
    with pytest.raises(InputError, match="redirects elsewhere"):
        download(f"{site.url}/old", tmp_path)
    assert len(site.seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_redirects_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    """Four requests, then an error."""
    site.pages["/a"] = (302, {"Location": "/a"}, b"")
    with pytest.raises(PartnerError, match="circle"):
        download(f"{site.url}/a", tmp_path)
    assert len(site.seen) == 4


@pytest.mark.parametrize(
    "address",
    ["file:///etc/hosts", "ftp://a.example/x", "http://me:pw@127.0.0.1/x", "http:///x", "api.json"],
)
def test_only_plain_web_addresses(address: str, tmp_path: Path) -> None:
    """Other schemes and user names are refused before anything is sent, without the password."""
    with pytest.raises(InputError) as caught:
        download(address, tmp_path)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a/%2e%2e/x", "/docs/../../etc", "/%252e%252e/x"])
def test_address_with_dots_for_a_folder_is_refused(site: Site, tmp_path: Path, path: str) -> None:
    """Nothing is asked for where servers would differ in what is meant."""
    with pytest.raises(InputError, match="leaves the place"):
        download(site.url + path, tmp_path)
    assert site.seen == []


def test_too_large_slow_empty_missing(site: Site, tmp_path: Path) -> None:
    """Every bad answer is a typed error, and nothing is left on disk."""
    site.pages["/large"] = (200, {}, b"x" * 2_000)
    site.pages["/empty"] = (200, {}, b"")
    site.pages["/slow"] = (200, {}, b"x" * 100)
    with pytest.raises(InputError, match="2,000 bytes are more than 1,000"):
        download(f"{site.url}/large", tmp_path, largest=1_000)
    with pytest.raises(InputError, match="empty"):
        download(f"{site.url}/empty", tmp_path)
    with pytest.raises(PartnerError, match="404"):
        download(f"{site.url}/missing", tmp_path)
    started = time.monotonic()
    with pytest.raises(UnavailableError):
        download(f"{site.url}/slow", tmp_path, policy=replace(QUICK, read=0.5, total=1.5))
    assert time.monotonic() - started < 20
    assert list(tmp_path.iterdir()) == []


def test_existing_file_is_kept(site: Site, tmp_path: Path) -> None:
    """Nothing is overwritten."""
    site.pages["/api.json"] = (200, {}, DOCUMENT)
    (tmp_path / "api.json").write_text("mine")
    with pytest.raises(InputError, match="cannot be saved"):
        download(f"{site.url}/api.json", tmp_path)
    assert (tmp_path / "api.json").read_text() == "mine"
