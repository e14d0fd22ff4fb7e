"""Time has an end for a source and for a run: what is left then could not be told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from miniature import build_simulator

from workbench.errors import UnavailableError
from workbench.evidence import receipts
from workbench.model import Catalogue, Outcome, Source
from workbench.sandbox import Sandbox
from workbench.settings import Settings
from workbench.store import RunFolder
from workbench.validation import Validation

WORDS = "time for these questions is used up"


@contextmanager
def open_run(checkout: Settings, run: str, seconds: float) -> Iterator[Validation]:
    """A validation of the clean miniature."""
    with Sandbox([build_simulator(frozenset())]) as sandbox:
        given = sandbox.environment()
        os.environ.update(given)
        try:
            validation = Validation.open(
                "miniature", run=run, seconds=seconds, allow_writes=True, settings=checkout
            )
            with validation:
                yield validation
        finally:
            for name in given:
                os.environ.pop(name, None)


def test_an_inner_end_does_not_move_an_outer_one(open_mini: Callable) -> None:
    """The nearer end counts, for the API and for the control address, and goes with its block."""
    with open_mini() as (_, session):
        with session.limit(0.0), session.limit(60.0):
            for client in (session.client, session.control):
                with pytest.raises(UnavailableError, match=WORDS):
                    client.send("GET", "/restaurants/r1")
        assert session.client.send("GET", "/orders/o1").is_success


def test_receipts_end_with_their_time(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder
) -> None:
    """No event is called missing that there was no time to provoke, and nothing is left over."""
    with open_mini() as (partner, session):
        with pytest.raises(UnavailableError, match=WORDS):
            list(receipts.gather(partner, catalogue, session, folder, seconds=0.0))
        assert session.client.send("GET", "/orders/o1").is_success


def test_a_run_ends_however_often_it_is_asked(checkout: Settings) -> None:
    """When the time of all sources is used up, every bound feature cannot be told."""
    with open_run(checkout, "late", 60) as validation:
        first = validation.gather(Source.BEHAVIOUR)
        assert Outcome.PASSED in {line.outcome for line in first}
        validation._end = time.monotonic() - 1
        for source in (Source.RECEIPTS, Source.BEHAVIOUR):
            told = validation.gather(source)
            assert told
            assert not {line.outcome for line in told} & {Outcome.FAILED, Outcome.PASSED}
            assert any(WORDS in line.summary for line in told)
