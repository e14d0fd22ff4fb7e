"""The fictional partners that the sandbox can run, by slug."""

from __future__ import annotations

from workbench.sandbox import bocado, mesa, tavola
from workbench.sandbox.server import Simulator

SIMULATORS: dict[str, Simulator] = {
    simulator.slug: simulator for simulator in (tavola.SIMULATOR, bocado.SIMULATOR, mesa.SIMULATOR)
}
