"""What the quarantine costs, for each sender and in all, and what goes when it is too much."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from workbench.receiver.schema import DROPPED, RECEIPTS, content_bytes
from workbench.receiver.upsert import Row

# A row costs its keys, indexes and the page that it begins, whatever is in it.
_ROW_BYTES = 512


def cost_of(row: Row) -> int:
    """Bytes of disk that a row takes, about: body, headers, address and what every row has."""
    return len(row["body"]) + len(row["headers"]) + len(row["target"]) + _ROW_BYTES


def read_costs(connection: Connection) -> Counter[str]:
    """Sender → what its refused deliveries cost."""
    kept = RECEIPTS.c
    query = (
        select(kept.sender, func.sum(_cost()))
        .where(kept.state == "quarantined")
        .group_by(kept.sender)
    )
    return Counter({sender: int(cost) for sender, cost in connection.execute(query)})


def drop_oldest(connection: Connection, target: int, *, sender: str | None = None) -> None:
    """Drop the oldest refused deliveries until the rest costs at most `target`; counts stay.

    Args:
        connection: In whose transaction it happens.
        target: Bytes, as of `cost_of`.
        sender: Only those of this one; None: of all.
    """
    kept = RECEIPTS.c
    is_meant = kept.state == "quarantined"
    if sender is not None:
        is_meant &= kept.sender == sender
    newest_first = (
        select(kept.id, func.sum(_cost()).over(order_by=kept.id.desc()).label("cost"))
        .where(is_meant)
        .subquery()
    )
    is_old = kept.id.in_(select(newest_first.c.id).where(newest_first.c.cost > target))
    times = func.sum(1 + kept.seen_again)
    told = select(
        kept.pos_code, kept.reason, times, func.min(kept.received_at), func.max(kept.last_seen_at)
    )
    for found in connection.execute(told.where(is_old).group_by(kept.pos_code, kept.reason)).all():
        _count(connection, *found)
    connection.execute(delete(RECEIPTS).where(is_old))


def _count(connection: Connection, pos_code: str, reason: str, *told: int) -> None:
    """Add to the counts of what was dropped; several receivers may do so at once."""
    count, first_at, last_at = map(int, told)
    library: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = library.insert(DROPPED).values(
        pos_code=pos_code, reason=reason, count=count, first_at=first_at, last_at=last_at
    )
    old, new = DROPPED.c, row.excluded
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["pos_code", "reason"],
            set_={
                "count": old.count + new.count,
                "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
                "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
            },
        )
    )


def _cost() -> ColumnElement[int]:
    return content_bytes() + _ROW_BYTES
