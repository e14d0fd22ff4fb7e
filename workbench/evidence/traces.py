"""What a run left at the partner, told from the recorded traffic: made, changed, taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from workbench.adapters import SAFE, Recorded, Session
from workbench.evidence.check_table import make_evidence, say
from workbench.evidence.relations import last_parameter
from workbench.model import Evidence, FeatureSlug, Operation, Outcome, Source
from workbench.partners import reads_only

CHECK = "traces-told"
PUT_BACK = "put-back"
TRACES = frozenset({CHECK, PUT_BACK})
FEATURE = FeatureSlug.TEST_ACCOUNT
_MOST = 200  # things that a line lists; the recorded traffic has them all


class RunTrace(NamedTuple):
    """Something that a request of ours made or changed.

    Attributes:
        request: `METHOD /path` as it was sent, without host and query.
        things: Its id, or those of what it made; empty where no answer told one.
        is_made: Whether it was not there before.
        is_gone: Whether this run removed it again.
    """

    request: str
    things: tuple[str, ...]
    is_made: bool
    is_gone: bool = False

    def __str__(self) -> str:
        return f"{self.request} → {', '.join(self.things)}" if self.things else self.request


def count_exchanges(session: Session) -> int:
    """How many requests were sent so far, to tell later from where on to look."""
    return session.recorder.count


def tell_traces(session: Session, source: Source, since: int) -> Iterator[Evidence]:
    """One line that lists what was made and changed from a request on; none where nothing was.

    Args:
        session: The opened environment, with its recorded traffic.
        source: Whose line it is.
        since: As `count_exchanges` gave it.
    """
    traces = list_traces(session, session.recorder.exchanges[since:])
    if not traces:
        return
    made = [item for item in traces if item.is_made]
    left = [item for item in made if not item.is_gone]
    changed = dict.fromkeys(item.request for item in traces if not item.is_made)
    yield make_evidence(
        CHECK,
        FEATURE,
        Outcome.PASSED,
        say("traces-told.made", made=len(made), back=len(made) - len(left), changed=len(changed)),
        source=source,
        environment=session.environment,
        artefacts=("exchange.har",),
        tool="workbench traces",
        detail={
            "made": [str(item) for item in made][:_MOST],
            "left": [str(item) for item in left][:_MOST],
            "changed": list(changed)[:_MOST],
        },
    )


def list_traces(session: Session, exchanges: list[Recorded]) -> list[RunTrace]:
    """What requests made and changed, in their order; what a later removal undid is marked."""
    operations = [*session.partner.callable_operations]
    # The name of the id of what is in a collection, by the collection's path.
    inside = {
        item.path.rpartition("/")[0]: name
        for item in operations
        if (name := last_parameter(item.path))
    }
    login = (session.partner.manifest.auth.token_url or "").strip("/")
    found: list[RunTrace] = []
    for entry in exchanges:
        if entry.method in SAFE or not 200 <= entry.status < 300:
            continue
        path = _path(session, entry.url)
        if path is None or path.strip("/") == login:
            continue
        if entry.method == "DELETE":
            found = [_without(item, path) for item in found]
            continue
        operation = next((item for item in operations if _serves(item, entry.method, path)), None)
        if operation is not None and reads_only(session.partner, operation):
            continue
        trace = _trace(entry, path, operation, inside)
        if trace is not None:
            found.append(trace)
    return found


def _path(session: Session, url: str) -> str | None:
    """The path below the API's or the control address's root; None for another host."""
    plain = url.partition("?")[0]
    for client in (session.client, session.control):
        if client is not None and plain.startswith(client.base_url.rstrip("/")):
            return plain.removeprefix(client.base_url.rstrip("/"))
    return None


def _serves(operation: Operation, method: str, path: str) -> bool:
    wanted, given = operation.path.strip("/").split("/"), path.strip("/").split("/")
    return (
        operation.method == method
        and len(wanted) == len(given)
        and all(one.startswith("{") or one == two for one, two in zip(wanted, given, strict=True))
    )


def _trace(
    entry: Recorded, path: str, operation: Operation | None, inside: Mapping[str, str]
) -> RunTrace | None:
    """A trace of one request; None for what is no operation, such as a login or a reset."""
    request = f"{entry.method} {path}"
    body = _json(entry.response_body)
    if operation is None:
        # Of the control address: what it makes has an id, what it only does has none.
        things = _ids(body, "id")
        return RunTrace(f"control {request}", things, entry.status == 201) if things else None
    if entry.method == "PUT" and entry.status == 201:
        return RunTrace(request, (path.rstrip("/").rpartition("/")[2],), is_made=True)
    name = inside.get(operation.path.rstrip("/"))
    if entry.method == "POST" and (name or entry.status == 201):
        headers = {key.lower(): value for key, value in entry.response_headers.items()}
        location = headers.get("location", "").partition("?")[0].rstrip("/").rpartition("/")[2]
        things = _ids(body, name or "id") or tuple(filter(None, [location]))
        things = things or _ids(_json(entry.request_body), name or "id")
        return RunTrace(request, things, is_made=True)
    return RunTrace(request, (), is_made=False)


def _without(trace: RunTrace, path: str) -> RunTrace:
    """The trace, marked when a removal of this path undid it."""
    above, _, name = path.rstrip("/").rpartition("/")
    target = trace.request.partition(" ")[2].rstrip("/")
    if trace.is_made and (target == path.rstrip("/") or (target == above and name in trace.things)):
        left = tuple(item for item in trace.things if item != name)
        return trace._replace(things=left or trace.things, is_gone=not left)
    return trace


def _ids(body: Any, parameter: str) -> tuple[str, ...]:
    """Ids that a JSON value tells of itself, or of the things in its first list."""
    names = {"id", "ids", parameter.lower()}
    things = body if isinstance(body, list) else [body]
    if isinstance(body, dict) and names.isdisjoint(key.lower() for key in body):
        things = next((value for value in body.values() if isinstance(value, list)), [body])
    pairs = (pair for item in things if isinstance(item, dict) for pair in item.items())
    values = [value for key, value in pairs if key.lower() in names]
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return tuple(dict.fromkeys(str(one) for one in flat if isinstance(one, str | int)))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
