"""Jobs on Dask: the same outcomes as on this machine; skipped where Dask is not installed."""

from __future__ import annotations

import socket

import pytest

from workbench.errors import InputError
from workbench.execution.jobs import run_on_dask

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")


def halve(number: int) -> int:
    """Half of an even number."""
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


@pytest.mark.filterwarnings("ignore")
def test_outcomes_are_results_and_errors() -> None:
    """Each job comes back with its result, or with the error that it raised."""
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with cluster:
        address = cluster.scheduler_address
        outcomes = dict(run_on_dask(halve, [4, 3], scheduler=address))
    assert outcomes[4] == 2
    assert isinstance(outcomes[3], ValueError)


def test_a_dead_scheduler_is_told() -> None:
    """Nobody at the address: an input error that says how to start one."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(InputError, match="no Dask scheduler at tcp") as caught:
            dict(run_on_dask(halve, [4], scheduler=address))
    assert "dask scheduler" in (caught.value.hint or "")
