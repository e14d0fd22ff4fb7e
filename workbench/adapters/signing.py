"""Signs one request with a shared secret, by a template.

Copied beside Schemathesis for contract tests and loaded there, so it stands alone: nothing of this
package is imported.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SIGNING = Path(__file__)
"""This module's file, to be copied."""

_PLACE = re.compile(rb"\{([a-z_0-9]+)\}")


def sign(
    statement: Mapping[str, Any],
    values: Mapping[str, str],
    request: tuple[str, str, bytes],
    *,
    now: Callable[[], float] = time.time,
) -> dict[str, str]:
    """The headers that a signed request carries.

    Args:
        statement: `signing` of the manifest, as plain data.
        values: `secret`, and `key` where there is one.
        request: Method, whole URL, and body.
        now: The clock.

    Raises:
        KeyError: The template names a place that there is not.
    """
    stamp, nonce = _stamp(statement["timestamp"], now()), secrets.token_hex(16)
    beside = {"timestamp": stamp, "nonce": nonce, "key": values.get("key", "")}
    places = _places(*request) | {name: text.encode() for name, text in beside.items()}
    text = statement["template"].replace("\\n", "\n").encode()
    covered = _PLACE.sub(lambda found: places[found[1].decode()], text)
    digest = hmac.new(values["secret"].encode(), covered, statement["algorithm"]).digest()
    spelt = digest.hex() if statement["encoding"] == "hex" else base64.b64encode(digest).decode()
    headers = {statement["header"]: statement["prefix"] + spelt}
    for name, text in beside.items():
        if header := statement.get(f"{name}_header"):
            headers[header] = text
    return headers


def _places(method: str, url: str, body: bytes) -> dict[str, bytes]:
    """What a request has for a template."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return {
        "method": method.upper().encode(),
        "path": (f"{path}?{parts.query}" if parts.query else path).encode(),
        "path_only": path.encode(),
        "query": parts.query.encode(),
        "url": url.encode(),
        "host": parts.netloc.encode(),
        "body": body,
        "body_sha256": hashlib.sha256(body).hexdigest().encode(),
        "body_md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()),
    }


def _stamp(form: str, seconds: float) -> str:
    if form == "iso":
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(int(seconds * 1000) if form == "milliseconds" else int(seconds))
