"""Duplicates and events out of order, many at once: one row each, and the newest status wins."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from children import send
from deliveries import CallableSink, partner, status
from sqlalchemy import select

from workbench.receiver.app import Endpoint, create_app
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import ENTITIES
from workbench.receiver.process import Party
from workbench.receiver.server import ReceiverServer
from workbench.receiver.sink import OutboxMessage
from workbench.receiver.worker import Worker

PATH = ("accepted", "in_kitchen", "ready", "handed_over", "closed")


def unsigned(**given: Any) -> Endpoint:
    """Tavola's rules without its signature."""
    webhooks = partner().manifest.webhooks
    assert webhooks is not None
    signature = webhooks.signature.model_copy(update={"scheme": "none"})
    return Endpoint("tavola", webhooks.model_copy(update={"signature": signature}), **given)


@pytest.mark.parametrize(
    "location", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_each_event_ten_times_and_in_any_order(location: str) -> None:
    """20 orders, 5 statuses each, every delivery ten times, shuffled, by 16 clients at once."""
    told = [
        orjson.dumps(status(value, number=order, minute=minute))
        for order in range(20)
        for minute, value in enumerate(PATH)
    ]
    storm = told * 10
    random.shuffle(storm)
    effects: list[OutboxMessage] = []
    with (
        Inbox(location) as inbox,
        ReceiverServer(create_app({"p1": unsigned()}, inbox)) as server,
        ThreadPoolExecutor(16) as pool,
    ):
        answers = set(
            pool.map(lambda body: send(server.port, "/p1/webhooks/orders/status", body), storm)
        )
        receipts = inbox.receipts("tavola")
        worker = Worker(inbox.database, [Party(partner())], CallableSink(effects.append))
        while worker.step():
            pass
        with inbox.database.transact() as connection:
            final = connection.execute(select(ENTITIES.c.status, ENTITIES.c.status_at)).all()
    assert answers == {200}
    assert len(receipts) == len(told)
    assert {(receipt.seen_again, receipt.differed) for receipt in receipts} == {(9, 0)}
    assert {str(value) for value, _ in final} == {"completed"}
    seen: dict[str, str] = {}
    for effect in effects:
        at = effect.entity["at"]
        assert at >= seen.get(effect.entity_id, "")
        seen[effect.entity_id] = at
    assert len(seen) == 20
