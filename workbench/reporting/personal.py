"""Personal data of guests and riders, masked by value in everything that is handed over.

The mappings say where the partner's payloads keep names, phones, addresses and e-mail; what stands
there in samples and in our own traffic is looked for in every file of the run.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.canonical import Address, Courier, Customer
from workbench.canonical.base import Entity
from workbench.mapping import EVERY, KEY, locate_fields
from workbench.model.log import LOG_RECORD, RunFooter
from workbench.partners import Partner
from workbench.secrecy import MASK
from workbench.store import RunFolder

EXCHANGE = "exchange.har"

_PERSONAL: dict[type[Entity], frozenset[str]] = {
    Customer: frozenset({"name", "phone", "email", "billing_name"}),
    Courier: frozenset({"name", "phone"}),
    Address: frozenset({"lines", "details"}),
}
_SHORTEST = 4
_KEPT = 3

Tail = tuple[Any, ...]


def find_personal(folder: RunFolder, partner: Partner) -> list[str]:
    """Personal values in the partner's samples and in the recorded traffic, longest first."""
    tails = find_tails(partner)
    bodies = [*_read_samples(partner.folder / "samples"), *_read_traffic(folder.path / EXCHANGE)]
    found = {value for body in bodies for value in _walk(body, (), tails)}
    return sorted((value for value in found if _is_telling(value)), key=lambda v: (-len(v), v))


def find_tails(partner: Partner) -> set[Tail]:
    """The last names of the partner's paths under which personal data stands.

    They come from the resolved mapping, through whatever it uses, and for both directions; `EVERY`
    in them stands for any name, `KEY` at the end for the name of a member as the value.
    """
    plans = [item.plan for item in partner.translators.values()]
    tails = {
        _end(found.path)
        for found in locate_fields(plans)
        if any(_is_personal(*owner) for owner in found.owners)
        # Alone, `name` of a person's mapping would be the name of every dish as well.
        and (len(found.path) > 1 or found.root.model not in _PERSONAL)
    }
    return tails - {()}


def _is_personal(owner: Any, field: Any) -> bool:
    return isinstance(owner, type) and field in _PERSONAL.get(owner, ())


def _end(path: Tail) -> Tail:
    end = path[-2:]
    return path[-_KEPT:] if EVERY in end or KEY in end else end


def mask_personal(folder: RunFolder, values: Iterable[str]) -> list[str]:
    """Mask values in every file of a run folder; returns the files that held any.

    The log gets a new digest, because its lines are no longer those that were first written.
    """
    spelt = {form for value in values for form in _spell(value)}
    if not spelt:
        return []
    pattern = re.compile(
        b"|".join(re.escape(form) for form in sorted(spelt, key=len, reverse=True))
    )
    changed: list[str] = []
    for path in sorted(folder.path.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        held = path.read_bytes()
        masked = pattern.sub(MASK.encode(), held)
        if masked != held:
            path.write_bytes(_close_again(masked) if path == folder.log else masked)
            changed.append(path.relative_to(folder.path).as_posix())
    return changed


def _close_again(data: bytes) -> bytes:
    """A log with the digest that fits its lines; one without a footer stays without."""
    lines = data.splitlines(keepends=True)
    if not lines or b'"kind":"footer"' not in lines[-1]:
        return data
    footer = LOG_RECORD.validate_json(lines[-1])
    if not isinstance(footer, RunFooter):
        return data
    body = b"".join(lines[:-1])
    renewed = footer.model_copy(update={"digest": hashlib.sha256(body).hexdigest()})
    return body + renewed.model_dump_json(exclude_none=True).encode() + b"\n"


def _read_samples(folder: Path) -> Iterator[Any]:
    for path in folder.rglob("*.json"):
        # The canonical side of a sample is ours; its customer is the same.
        if not path.name.endswith(".canonical.json"):
            yield from _load(path.read_text("utf-8", "replace"))


def _read_traffic(path: Path) -> Iterator[Any]:
    if not path.is_file():
        return
    for har in _load(path.read_text("utf-8", "replace")):
        for entry in har.get("log", {}).get("entries", ()):
            sent = entry.get("request", {}).get("postData") or {}
            got = entry.get("response", {}).get("content") or {}
            for text in (sent.get("text"), got.get("text")):
                yield from _load(text or "")


def _load(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text)
    except ValueError:
        return


def _walk(value: Any, path: Tail, tails: set[Tail]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(key, (*path, KEY)[-_KEPT:], tails)
            yield from _walk(item, (*path, key)[-_KEPT:], tails)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, path, tails)
    elif isinstance(value, str) and any(_ends(path, tail) for tail in tails):
        yield value


def _ends(path: Tail, tail: Tail) -> bool:
    end = path[-len(tail) :]
    return len(end) == len(tail) and all(
        name is EVERY or name == own for name, own in zip(tail, end, strict=True)
    )


def _is_telling(value: str) -> bool:
    """Whether a value says something about a person; masking every `0` would ruin the files."""
    has_letters = sum(sign.isalpha() for sign in value) >= _SHORTEST - 1
    has_digits = sum(sign.isdigit() for sign in value) > _SHORTEST
    return len(value) >= _SHORTEST and value != MASK and (has_letters or has_digits)


def _spell(value: str) -> set[bytes]:
    """The value as JSON (once and twice, in notebooks), HTML and URLs write it."""
    plain = json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
    forms = {value, html.escape(value), html.escape(value, quote=False), quote(value, safe="")}
    forms |= {*plain, *(json.dumps(form)[1:-1] for form in plain)}
    return {form.encode("utf-8", "replace") for form in forms}
