"""How long a claim of work holds."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, literal, select

from workbench.receiver.queue import LEASE, SOON_AGAIN, _end


@pytest.mark.parametrize(("attempts", "leases"), [(0, 1), (SOON_AGAIN - 1, 1), (SOON_AGAIN, 10)])
def test_what_was_claimed_often_is_left_alone_for_longer(attempts: int, leases: int) -> None:
    """The first claims end soon; what may be killing its workers waits ten times as long."""
    work = select(literal(attempts).label("attempts")).subquery()
    with create_engine("sqlite://").connect() as connection:
        assert connection.scalar(select(_end(work, 7))) == 7 + leases * LEASE  # type: ignore[arg-type]
