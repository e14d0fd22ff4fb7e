"""The same adapter for programs on an event loop.

Each call runs the synchronous adapter on a thread, instead of a second implementation on an
asynchronous client: so there is one token, one pace, one circuit breaker and one record for all
callers of either kind, and every rule about retries is written and tested once. The calls wait
for the network, not for Python, and a partner allows few of them at a time, so threads cost
nothing that would be noticed.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from workbench.adapters.adapter import Adapter
from workbench.adapters.transport import CONNECTIONS
from workbench.partners import Partner
from workbench.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
_END: Any = object()


def _lift(
    method: Callable[Concatenate[Adapter, P], T],
) -> Callable[Concatenate[AsyncAdapter, P], Coroutine[Any, Any, T]]:
    """The same call, awaited; signature and documentation stay."""

    @functools.wraps(method)
    async def call(self: AsyncAdapter, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.run(functools.partial(method, self.adapter, *args, **kwargs))

    return call


def _lift_list(
    method: Callable[Concatenate[Adapter, P], Iterator[T]],
) -> Callable[Concatenate[AsyncAdapter, P], AsyncIterator[T]]:
    """The same list, for `async for`; a page is asked for when it is needed."""

    @functools.wraps(method)
    async def walk(self: AsyncAdapter, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        items = method(self.adapter, *args, **kwargs)
        while (item := await self.run(functools.partial(next, items, _END))) is not _END:
            yield item

    return walk


class AsyncAdapter:
    """A partner, spoken to in canonical entities, without blocking the event loop.

    Any number of tasks may use one at the same time. A task that is cancelled stops waiting; the
    request that it has begun is carried out all the same, as nobody can call it back.

    Args:
        adapter: The synchronous one; closed together with this.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self._threads = ThreadPoolExecutor(CONNECTIONS, f"adapter-{adapter.partner.slug}")

    @classmethod
    async def open(
        cls,
        partner: str | Partner,
        environment: str = "sandbox",
        settings: Settings | None = None,
        *,
        allow_writes: bool | None = None,
    ) -> Self:
        """Open a partner for integration; arguments as of `Adapter.open`."""
        opening = functools.partial(Adapter.open, partner, environment, settings)
        return cls(await asyncio.to_thread(opening, allow_writes=allow_writes))

    def __repr__(self) -> str:
        return f"Async{self.adapter!r}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for calls that have begun, then close all connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self.adapter.close()

    async def run(self, act: Callable[[], T]) -> T:
        """Do something with the adapter on one of its threads, as `plan.send`."""
        inside = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: inside.run(act))

    call = _lift(Adapter.call)
    read = _lift(Adapter.read)
    write = _lift(Adapter.write)
    write_all = _lift(Adapter.write_all)
    get_order = _lift(Adapter.get_order)
    get_order_status = _lift(Adapter.get_order_status)
    set_order_status = _lift(Adapter.set_order_status)
    list_orders = _lift_list(Adapter.list_orders)
    get_reservation = _lift(Adapter.get_reservation)
    get_reservation_status = _lift(Adapter.get_reservation_status)
    set_reservation_status = _lift(Adapter.set_reservation_status)
    list_reservations = _lift_list(Adapter.list_reservations)
    get_menu = _lift(Adapter.get_menu)
    plan_menu = _lift(Adapter.plan_menu)
    push_menu = _lift(Adapter.push_menu)
    upsert_sections = _lift(Adapter.upsert_sections)
    upsert_products = _lift(Adapter.upsert_products)
    upsert_variants = _lift(Adapter.upsert_variants)
    upsert_option_categories = _lift(Adapter.upsert_option_categories)
    upsert_options = _lift(Adapter.upsert_options)
    get_availability = _lift(Adapter.get_availability)
    set_availability = _lift(Adapter.set_availability)
    add_exception = _lift(Adapter.add_exception)
    remove_exception = _lift(Adapter.remove_exception)
    close_now = _lift(Adapter.close_now)
    reopen = _lift(Adapter.reopen)
    send_delivery_location = _lift(Adapter.send_delivery_location)
