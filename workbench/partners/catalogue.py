"""Reads the feature catalogue that is shipped with the package."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from workbench.description import load_text
from workbench.model import Catalogue


@cache
def load_catalogue() -> Catalogue:
    """Read and check `model/features.yaml`; `digest` is its sha256."""
    text = files("workbench.model").joinpath("features.yaml").read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Catalogue.model_validate({**load_text(text, "features.yaml"), "digest": digest})
