"""Steers Schemathesis from inside: ids that exist, a share of requests per operation, our login.

Copied beside its hooks and loaded there, so it stands alone: nothing of this package is imported.
"""

from __future__ import annotations

import functools
import importlib
import os
import random
import re
import time
import zlib
from collections import Counter
from typing import Any
from urllib.parse import urlencode, urlsplit

_NOTHING = 2**31 - 1
_LEAST_KEPT = 3  # cases of one kind that are always tried; of the rest, fewer and fewer


class Steering:
    """What is done to generated cases before they are sent.

    Args:
        plan: As `configuration.steer` writes it. `paths`: operation → path parameters that exist
            together; `unknown`: operation → the same for something that does not exist; `bodies`:
            field → ids; `spared`: operation → ids that it must not change; `share`, `astray`: most
            coverage cases for an operation with and without known ids; `pace`: seconds between
            requests; `headers`, `login`, `seed`.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._seen: Counter[tuple[Any, ...]] = Counter()
        self._sent: Counter[str] = Counter()
        self._made: set[str] = set()
        kept = (ids for paths in plan["paths"].values() for ids in paths)
        self._kept = {str(value) for ids in kept for value in ids.values()}
        self._kept |= {str(value) for ids in plan["bodies"].values() for value in ids}
        self._spared = {name: frozenset(ids) for name, ids in plan["spared"].items()}
        self._names = {"id", "Id", "ID", "uuid"}.union(*plan["unknown"].values())
        self._dice = random.Random(plan["seed"])  # noqa: S311 - a choice of cases, no secret
        self._next = 0.0

    def install(self) -> None:
        """Register everything with the Schemathesis of this process."""
        hook = importlib.import_module("schemathesis").hook
        for name in ("filter_case", "map_case", "before_call", "after_call"):
            # It writes on what it is given, which a bound method does not allow.
            hook(name)(functools.partial(getattr(self, name)))

    def filter_case(self, context: Any, case: Any) -> bool:
        """Whether a case is tried; only the many systematic ones are thinned out."""
        if case.method.upper() != context.operation.method.upper():
            return False  # what a document does not mention might write or delete
        if case.meta is None or case.meta.phase.name != "coverage":
            return True
        label, data = case.operation.label, case.meta.phase.data
        if self._is_about_path(case):
            self._seen[(label, "path")] += 1
            return self._seen[(label, "path")] == 1  # it is not found, whatever is wrong with it
        kind = (
            label,
            str(case.meta.generation.mode),
            str(getattr(data, "parameter_location", "")),
            str(getattr(data, "scenario", "")),
        )
        number = self._seen[kind]
        self._seen[kind] += 1
        if kind[-1] == "example_value" and number < _LEAST_KEPT:
            self._sent[label] += 1
            return True  # documented, and to be met by whoever follows the document
        if self._sent[label] >= self._share(label):
            return False
        if number >= _LEAST_KEPT and self._dice.random() >= _LEAST_KEPT / (number + 1):
            return False
        self._sent[label] += 1
        return True

    def map_case(self, context: Any, case: Any) -> Any:
        """The case, on things that exist; a few, on one that does not."""
        del context
        phase = case.meta.phase.name if case.meta is not None else ""
        is_kept = phase == "coverage" and self._is_about_path(case)
        if phase != "stateful" and (case.method.upper() == "DELETE" or not is_kept):
            self._place(case, is_unknown=self._goes_astray(case, phase))
        return case

    def before_call(self, context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        """Ids inside valid bodies, no removal of what others made, and our login."""
        del context
        if case.meta is not None and case.meta.generation.mode.is_positive:
            case.body = self._place_inside(case.body)
        spared = self._spared.get(case.operation.label, frozenset())
        ids = {str(value) for value in (case.path_parameters or {}).values()}
        is_removal = case.method.upper() == "DELETE" and not self._is_ours(case.formatted_path)
        if spared:
            case.body = _without(case.body, spared)
            case.path_parameters = _without(case.path_parameters, spared)
        if is_removal or ids & spared:
            self._place(case, is_unknown=True)
        kwargs["auth"] = self.log_in

    def after_call(self, context: Any, case: Any, response: Any) -> None:
        """Note what this run has made: only that may be removed."""
        del context
        if case.method.upper() != "POST" or not 200 <= response.status_code < 300:
            return
        try:
            body = response.json()
        except ValueError:
            body = None
        body = body if isinstance(body, dict) else {}
        found = [value for name, value in body.items() if name in self._names]
        found += [place.rpartition("/")[2] for place in response.headers.get("location", ())]
        for value in found:
            if isinstance(value, str | int) and str(value) not in self._kept:
                self._made.add(f"{case.formatted_path.rstrip('/')}/{value}")

    def log_in(self, request: Any) -> Any:
        """In its time, a prepared request gets headers, credentials, and last a signature."""
        now = time.monotonic()
        if self._next > now:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + self._plan["pace"]
        login = self._plan["login"]
        request.headers.update(self._plan["headers"])
        asked = f"{request.method} {urlsplit(request.url).path}"
        narrow = [item for item in login["narrow"] if _is_for(item, asked)]
        names = {place: dict(login[place]) for place in ("headers", "query")}
        for item in narrow:
            names = {place: names[place] | item[place] for place in names}
        headers = {name: os.environ[key] for name, key in names["headers"].items()}
        request.headers.update(headers)
        query = urlencode({name: os.environ[key] for name, key in names["query"].items()})
        if query:
            request.url += ("&" if "?" in request.url else "?") + query
        if login["hook"]:
            hooks = importlib.import_module(login["hook"])
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            values = {name: os.environ[key] for name, key in login["credentials"].items()}
            request.headers.update(hooks.auth(request.method, request.url, body, values))
        for item in login["signers"]:
            if _is_for(item, asked):
                signing = importlib.import_module("signing")
                body = request.body or b""
                body = body.encode() if isinstance(body, str) else body
                values = {name: os.environ[key] for name, key in item["values"].items()}
                signed = (request.method, request.url, body)
                request.headers.update(signing.sign(item["statement"], values, signed))
        return request

    def _share(self, label: str) -> int:
        is_astray = label in self._plan["unknown"] and not self._plan["paths"].get(label)
        return int(self._plan["astray" if is_astray else "share"])

    def _goes_astray(self, case: Any, phase: str) -> bool:
        """Whether a case is to ask for what does not exist: the second systematic one, or chance.

        A removal always does, and a replacement never, as it would make the thing.
        """
        label = case.operation.label
        if case.method.upper() == "DELETE":
            return True
        if case.method.upper() == "PUT" and case.path.endswith("}"):
            return False
        if phase == "coverage":
            self._seen[(label, "placed")] += 1
            return self._seen[(label, "placed")] == 2
        drawn = {str(value) for value in (case.path_parameters or {}).values()}
        return bool(drawn) and not drawn & self._kept

    def _is_ours(self, path: str) -> bool:
        return any(path == made or path.startswith(f"{made}/") for made in self._made)

    @staticmethod
    def _is_about_path(case: Any) -> bool:
        components = case.meta.components.items() if case.meta is not None else ()
        return any(place == "path" and part.mode.is_negative for place, part in components)

    def _place(self, case: Any, *, is_unknown: bool) -> None:
        """Fill the path; which of the known things is told by the rest of the case."""
        label = case.operation.label
        known = self._plan["paths"].get(label) or [{}]
        mark = zlib.crc32(repr((case.query, case.body)).encode("utf-8", "replace"))
        chosen = known[mark % len(known)]
        if is_unknown:
            chosen = chosen | self._plan["unknown"].get(label, {})
        if chosen:
            case.path_parameters = {**(case.path_parameters or {}), **chosen}

    def _place_inside(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._place_inside(item) for item in node]
        if not isinstance(node, dict):
            return node
        placed = {}
        for name, value in node.items():
            real = self._plan["bodies"].get(name)
            is_made_up = real and isinstance(value, type(real[0])) and value not in real
            placed[name] = (
                real[len(str(value)) % len(real)] if is_made_up else self._place_inside(value)
            )
        return placed


def _without(node: Any, spared: frozenset[str]) -> Any:
    """A body in which ids of what must stay as it is are those of nothing."""
    if isinstance(node, list):
        return [_without(item, spared) for item in node]
    if isinstance(node, dict):
        return {name: _without(value, spared) for name, value in node.items()}
    if not isinstance(node, str | int) or str(node) not in spared:
        return node
    return f"{node}-unknown" if isinstance(node, str) else _NOTHING


def _is_for(login: dict[str, Any], asked: str) -> bool:
    """Whether a login serves `METHOD /path`."""
    return not login["only"] or any(re.fullmatch(item, asked) for item in login["only"])
