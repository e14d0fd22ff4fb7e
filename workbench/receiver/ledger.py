"""What came of events, written down: effects, attempts, and what we know of each order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, tuple_

from workbench.receiver.body import read_json
from workbench.receiver.database import Database
from workbench.receiver.inbox_tables import ATTEMPTS, EFFECTS, ENTITIES, EVENTS
from workbench.receiver.process import ProcessedEvent, is_stale
from workbench.receiver.queue import SECOND, QueueDecision, settle
from workbench.receiver.receipt_events import short_key
from workbench.receiver.store import microseconds, read_instant
from workbench.receiver.upsert import BulkInsert

_Key = tuple[str, str, str]  # pos-code, family, id


@dataclass(frozen=True)
class AttemptOutcome:
    """What an attempt on an event came to.

    Attributes:
        event: The row, as it was claimed.
        state: `done`, `retry` or `dead`.
        detail: Why, for people; may quote the payload.
        result: The entity, when it is done.
        due_at: The next try of a `retry`, in microseconds.
    """

    event: RowMapping
    state: str
    detail: str | None = None
    result: ProcessedEvent | None = None
    due_at: int = 0


def enter(connection: Connection, outcomes: Sequence[AttemptOutcome], now: int) -> None:
    """Write outcomes of events that the caller holds, in the transaction of `hold`.

    An event that tells a status older than the known one is done without an effect, and its
    attempt says `stale`; so is one without an id that says again what was heard last of its order,
    soon after, and its attempt says `repeat`. An order that was not seen whole before is news
    with any status: it gets the newer one.
    """
    if not outcomes:
        return
    known = _known(connection, outcomes)
    effects: list[dict[str, Any]] = []
    attempts: list[dict[str, Any]] = []
    learnt: dict[_Key, dict[str, Any]] = {}
    for outcome in outcomes:
        label, result = outcome.state, outcome.result
        if result is not None:
            result = _believe(outcome.event, result)
            key = _key(outcome.event, result)
            before = learnt.get(key) or known.get(key)
            label, result = _weigh(outcome.event, before, result)
            if result is not None:
                effects.append(_effect(outcome.event, result, now))
                learnt[key] = _entity(outcome.event, key, before, result, now)
        attempts.append(_attempt(outcome, label, now))
    _MAKE.execute(connection, effects)
    _LEARN.execute(connection, list(learnt.values()))
    _TELL.execute(connection, attempts)
    settle(
        connection,
        EVENTS,
        [
            QueueDecision(item.event["id"], item.state, item.due_at, item.detail)
            for item in outcomes
        ],
    )


def open_recall(database: Database, pos_code: str) -> Callable[[str, str], Any]:
    """What finds the last whole payload of an order or reservation of a restaurant.

    It takes the id and the mapping that read it, and gives None for what is not known.
    """

    def recall(order_key: str, mapping: str) -> Any:
        query = select(ENTITIES.c.payload).where(
            ENTITIES.c.pos_code == pos_code,
            ENTITIES.c.entity_id == order_key,
            ENTITIES.c.mapping == mapping,
        )
        with database.transact() as connection:
            payload = connection.scalar(query)
        return None if payload is None else read_json(payload)

    return recall


def _believe(event: RowMapping, result: ProcessedEvent) -> ProcessedEvent:
    """The result with a time that is not later than its arrival.

    Of a clock that is ahead, or a year misread, everything that comes later would be out of date.
    """
    arrived = read_instant(event["received_at"])
    return result if result.at is None or result.at <= arrived else replace(result, at=arrived)


def _weigh(
    event: RowMapping, before: Any, result: ProcessedEvent
) -> tuple[str, ProcessedEvent | None]:
    """The label of the attempt, and the result as it counts; None when it is no news."""
    if before and _is_repeat(event, before, result):
        return "repeat", None
    at = before["status_at"] if before else None
    if not before or not is_stale(
        before["status"], None if at is None else read_instant(at), result
    ):
        return ("merged" if result.is_merged else "done"), result
    if result.is_whole and before["payload"] is None:
        return "late", replace(result.with_status(before["status"]), at=None)
    return "stale", None


def _is_repeat(event: RowMapping, before: Any, result: ProcessedEvent) -> bool:
    """Whether an event says what was heard last, soon after; a replay always counts."""
    if result.told is None or before["told"] != result.told or event["run"] > 1:
        return False
    waited = event["received_at"] - before["heard_at"]
    return bool(waited <= result.repeat_seconds * SECOND)


def _key(event: RowMapping, result: ProcessedEvent) -> _Key:
    return event["pos_code"], result.family, short_key(result.entity_id)


def _known(connection: Connection, outcomes: Sequence[AttemptOutcome]) -> dict[_Key, RowMapping]:
    wanted = {_key(item.event, item.result) for item in outcomes if item.result}
    if not wanted:
        return {}
    columns = ENTITIES.c
    match = tuple_(columns.pos_code, columns.kind, columns.entity_id).in_(list(wanted))
    found = connection.execute(select(ENTITIES).where(match)).mappings()
    return {(row["pos_code"], row["kind"], row["entity_id"]): row for row in found}


def _effect(event: RowMapping, result: ProcessedEvent, now: int) -> dict[str, Any]:
    key = short_key(result.entity_id)
    return {
        "event_id": event["id"],
        "run": event["run"],
        "partner": event["partner"],
        "pos_code": event["pos_code"],
        "kind": result.kind,
        "entity_id": key,
        "body": result.body,
        "made_at": now,
        "order_key": key,
        "state": "new",
        "due_at": 0,
        "lease": None,
        "attempts": 0,
        "error": None,
    }


def _entity(
    event: RowMapping, key: _Key, before: Any, result: ProcessedEvent, now: int
) -> dict[str, Any]:
    at = before["status_at"] if before and result.at is None else None
    return {
        "pos_code": key[0],
        "kind": key[1],
        "entity_id": key[2],
        "partner": event["partner"],
        "status": str(result.status)[:60],
        "status_at": microseconds(result.at) if result.at else at,
        "payload": result.payload,
        "mapping": result.mapping if result.is_whole else None,
        "told": result.told,
        "heard_at": now,
        "checked_at": now,
    }


def _attempt(outcome: AttemptOutcome, label: str, now: int) -> dict[str, Any]:
    return {
        "event_id": outcome.event["id"],
        "run": outcome.event["run"],
        "ended_at": now,
        "outcome": label,
        "detail": outcome.detail,
    }


def _learn(given: Any) -> dict[str, Any]:
    names = ("status", "status_at", "told", "heard_at", "checked_at")
    kept = {name: func.coalesce(given[name], ENTITIES.c[name]) for name in ("payload", "mapping")}
    return {name: given[name] for name in names} | kept


_LEARN = BulkInsert(ENTITIES, key=("pos_code", "kind", "entity_id"), conflict=_learn)
_MAKE = BulkInsert(EFFECTS)
_TELL = BulkInsert(ATTEMPTS)
