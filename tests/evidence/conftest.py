"""Fixtures of the evidence tests: the miniature partner, and the embedded ones, over real HTTP."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

# Helpers beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent / "miniatures"))

from opening import open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.model.evidence import Evidence
from workbench.model.feature import Catalogue
from workbench.partners import Partner, load_catalogue, load_partner
from workbench.sandbox.bocado import SIMULATOR as BOCADO
from workbench.sandbox.mesa import SIMULATOR as MESA
from workbench.sandbox.server import Sandbox
from workbench.sandbox.tavola import SIMULATOR as TAVOLA
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder

Opened = AbstractContextManager[tuple[Partner, Session]]
EMBEDDED = {"tavola": TAVOLA, "bocado": BOCADO, "mesa": MESA}


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A checkout that holds the miniature's folder only."""
    return write_folder(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def open_mini(checkout: Settings) -> Callable[..., Opened]:
    """Runs the miniature with the given defects, and opens a session with it."""
    return partial(open_miniature, checkout)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The features and their criteria."""
    return load_catalogue()


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """An empty run folder."""
    return RunFolder.create(tmp_path, "miniature", "run")


@pytest.fixture(scope="session")
def open_embedded() -> Callable[[str], Opened]:
    """Runs one of the embedded partners, and opens a session with it."""

    @contextmanager
    def open_(slug: str) -> Iterator[tuple[Partner, Session]]:
        settings = load_settings()
        with Sandbox([EMBEDDED[slug]]) as sandbox:
            given = sandbox.environment()
            os.environ.update(given)
            try:
                partner = load_partner(slug, settings)
                with Session(partner, "sandbox", settings, allow_writes=True, seed=1) as session:
                    yield partner, session
            finally:
                for name in given:
                    os.environ.pop(name, None)

    return open_


@pytest.fixture(scope="session")
def told() -> Callable[[list[Evidence]], set[str]]:
    """The slugs of all findings in some evidence."""
    return lambda lines: {finding.slug for line in lines for finding in line.findings}
