"""What may be shown of payloads: secrets and persons are masked, in theirs and in our side of it.

Their places are known in the partner's payloads. Our entities have the same texts elsewhere, so a
text that is masked in the one is masked in the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import orjson

from workbench.secrecy import MASK, Redactor

_SHORTEST = 3  # shorter texts stand in others by chance


def read_body(body: bytes) -> Any:
    """A body as JSON where it is JSON, else as text; None when it is empty."""
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def find_private(redactor: Redactor, payload: Any) -> frozenset[str]:
    """The texts of a payload that are secret, or tell of a person."""
    return find_hidden(payload, read_body(redactor.mask(orjson.dumps(payload, default=str))))


def find_hidden(data: Any, masked: Any) -> frozenset[str]:
    """The texts of a value that are not there in its masked form."""
    return frozenset(_walk(data, masked))


def mask_alike(value: Any, hidden: Collection[str]) -> Any:
    """A value with these texts masked, as a whole or inside of others."""
    if isinstance(value, dict):
        return {key: mask_alike(item, hidden) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_alike(item, hidden) for item in value]
    if isinstance(value, str):
        if value in hidden:
            return MASK
        for text in hidden:
            if len(text) >= _SHORTEST:
                value = value.replace(text, MASK)
    return value


def _walk(data: Any, masked: Any) -> Iterator[str]:
    if isinstance(data, dict) and isinstance(masked, dict):
        for key in data.keys() & masked.keys():
            yield from _walk(data[key], masked[key])
    elif isinstance(data, list) and isinstance(masked, list):
        for one, other in zip(data, masked, strict=False):
            yield from _walk(one, other)
    elif data != masked and isinstance(data, str) and data:
        yield data
