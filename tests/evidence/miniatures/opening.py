"""Opens a validation of the miniature: a partner folder of its own, a sandbox, settings."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from miniature import FOLDER, build_simulator

from workbench.adapters.session import Session
from workbench.partners import Partner, load_partner
from workbench.sandbox.server import Sandbox
from workbench.settings import Settings

# A login that signs the body of each request.
HOOK = """
import hashlib, hmac

def auth(method, url, body, credentials):
    key = credentials["signing_key"].encode()
    return {"X-Sign": hmac.new(key, body, hashlib.sha256).hexdigest()}
"""


def write_folder(root: Path) -> Settings:
    """A checkout with the miniature's folder in it."""
    folder = root / "contracts" / "miniature"
    shutil.copytree(FOLDER, folder)
    manifest = folder / "partner.yaml"
    digest = hashlib.sha256((folder / "openapi.yaml").read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text("utf-8").replace("SHA", digest), "utf-8")
    return Settings(root=root)


@contextmanager
def open_miniature(
    settings: Settings, *defects: str, seed: int = 1, allow_writes: bool = True
) -> Iterator[tuple[Partner, Session]]:
    """The miniature with some defects, running, and a session with it."""
    with Sandbox([build_simulator(frozenset(defects))]) as sandbox:
        given = sandbox.environment()
        os.environ.update(given)
        try:
            partner = load_partner("miniature", settings)
            with Session(partner, "sandbox", settings, allow_writes=allow_writes, seed=seed) as one:
                yield partner, one
        finally:
            for name in given:
                os.environ.pop(name, None)
