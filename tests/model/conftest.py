"""What the tests of the model share: the catalogue as shipped."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from workbench.model.feature import Catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that is shipped with the package."""
    text = files("workbench.model").joinpath("features.yaml").read_text("utf-8")
    return Catalogue.model_validate(yaml.safe_load(text))
