"""What the tests of this room share: writing and describing documents, and a listener."""

import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest

from workbench.description import describe
from workbench.model.description import ApiDescription

# Seconds of the yardstick below on the machine for which the bounds of hostile input were set.
_YARDSTICK_SECONDS = 0.19


@cache
def slowness() -> float:
    """How much slower than the reference this machine is, 1 at least; bounds of work scale."""
    started = time.process_time()
    for _ in range(20):
        json.loads(json.dumps([{"a": [number] * 5} for number in range(5_000)]))
    return max(1.0, (time.process_time() - started) / _YARDSTICK_SECONDS)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write text, or data as JSON, to a file below `documents/` of the test's own folder."""

    def to_file(name: str, content: Any) -> Path:
        path = tmp_path / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_bytes(orjson.dumps(content))
        return path

    return to_file


@pytest.fixture
def read(write: Callable[[str, Any], Path]) -> Callable[..., ApiDescription]:
    """Describe one document given as text or data."""

    def from_content(content: Any, name: str = "api.json") -> ApiDescription:
        return describe([write(name, content)])

    return from_content


@pytest.fixture
def openapi() -> Callable[..., dict[str, Any]]:
    """Make a minimal OpenAPI document with the given paths and further root keys."""

    def document(paths: Any = None, *, version: str = "3.1.0", **root: Any) -> dict[str, Any]:
        head = {"swagger": version} if version == "2.0" else {"openapi": version}
        info = {"title": "Bistro", "version": "1"}
        return {**head, "info": info, "paths": {} if paths is None else paths, **root}

    return document


class Listener:
    """A loopback server that counts what it is asked for."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        seen = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Answer anything with a harmless schema."""
                seen.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"type": "string"}')

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A real server on loopback that must stay without visitors."""
    server = Listener()
    yield server
    server.close()
