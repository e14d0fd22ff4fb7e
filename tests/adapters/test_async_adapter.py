"""The adapter on an event loop: the same calls, many at a time, one login between them."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.async_adapter import AsyncAdapter
from workbench.errors import InputError
from workbench.sandbox.server import Sandbox
from workbench.settings import Settings

from .conftest import NOOK, ROOT, Opened, Partner, answer

MANIFEST = (
    NOOK
    + """
features:
  order-status-read: {{operations: ["GET /orders/{{order}}"], mapping: status}}
"""
)
MAPPING = """
mappings:
  status:
    into: OrderStatusUpdate
    fields: {order_id: $.id, status: {value: placed}}
"""
PATHS: dict[str, Any] = {
    "/orders/{order}": {
        "get": {
            "parameters": [
                {"name": "order", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "ok"}},
        }
    }
}


def _public(kind: type) -> set[str]:
    return {name for name, item in vars(kind).items() if name[0] != "_" and callable(item)}


def test_every_call_is_there_with_its_signature_and_words() -> None:
    """Whoever knows the one adapter knows the other."""
    assert _public(AsyncAdapter) - {"run"} == _public(Adapter)
    for name in _public(Adapter) - {"close"}:
        ours, theirs = getattr(AsyncAdapter, name), getattr(Adapter, name)
        assert inspect.signature(ours) == inspect.signature(theirs)
        assert ours.__doc__ == theirs.__doc__


def test_calls_run_beside_each_other(open_nook: Callable[..., Adapter], partner: Partner) -> None:
    """Eight slow answers are waited for at once, and the loop goes on meanwhile."""
    together = threading.Barrier(8, timeout=60)

    def slow(_: Any) -> bytes:
        together.wait()
        time.sleep(0.2)
        return answer(200, b'{"id": "o-1"}')

    partner.routes["GET /orders/o-1"] = slow

    async def act() -> int:
        adapter = AsyncAdapter(open_nook(MANIFEST, MAPPING, PATHS))
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        clock = asyncio.create_task(tick())
        found = await asyncio.gather(*(adapter.get_order_status("o-1") for _ in range(8)))
        clock.cancel()
        await adapter.close()
        assert {item.order_id for item in found} == {"o-1"}
        return ticks

    assert asyncio.run(act()) > 10


def test_callers_share_one_login(
    sandbox: Sandbox, open_adapter: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty tasks ask for one token, and for one more when it ends early."""
    control = open_adapter("tavola").session.control
    assert control is not None

    async def act() -> int:
        async with await AsyncAdapter.open("tavola", settings=Settings(root=ROOT)) as adapter:
            for _ in range(2):
                await asyncio.gather(*(adapter.get_order("ord_1001") for _ in range(20)))
                control.send("POST", "/tokens/expire").require()
            sent = adapter.adapter.session.recorder.exchanges
            return sum("oauth/token" in item.url for item in sent)

    assert asyncio.run(act()) == 2


def test_lists_and_plans_and_errors_work_too(open_adapter: Opened) -> None:
    """`async for` over a list, a plan sent on a thread, and the same errors."""

    async def act() -> None:
        adapter = AsyncAdapter(open_adapter("tavola"))
        found = [order async for order in adapter.list_orders(query={"limit": "3"})]
        assert len(found) == 8
        menu = await adapter.get_menu()
        plan = await adapter.plan_menu(menu, before=menu)
        assert await adapter.run(plan.send) == []
        await adapter.close()
        mesa = AsyncAdapter(open_adapter("mesa"))
        with pytest.raises(InputError, match="order-read is exempt"):
            await mesa.get_order("o-1")
        await mesa.close()

    asyncio.run(act())
