"""Which of a partner's restaurants is meant, and the address of the one that has its own.

A folder describes one test account, and further restaurants by name. Who opens the folder may
choose one of them; everything else then works as if it were the only one.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from workbench.errors import ManifestError
from workbench.partners.manifest import Environment, Manifest
from workbench.settings import Settings, variable_name
from workbench.text import suggest_name

_PLACE = re.compile(r"{([^{}]+)}")


def choose_restaurants(manifest: Manifest, settings: Settings) -> Manifest:
    """The manifest with the restaurants that `WORKBENCH_<PARTNER>__<ENVIRONMENT>__RESTAURANT` says.

    Raises:
        ManifestError: As `choose_restaurant`.
    """
    for name in manifest.environments:
        chosen = settings.variable(variable_name(manifest.partner, name, "restaurant"))
        manifest = choose_restaurant(manifest, name, chosen or "")
    return manifest


def choose_restaurant(manifest: Manifest, environment: str, name: str = "") -> Manifest:
    """The manifest for one restaurant, whose values stand in the address where it has `{…}`.

    Args:
        manifest: As it was read.
        environment: `sandbox` or `production`.
        name: One of its `restaurants`; empty for `test_account`.

    Raises:
        ManifestError: There is no such restaurant, or a place of the address has no value.
    """
    stated: Environment = manifest.environments[environment]  # type: ignore[index]
    changes: dict[str, object] = {}
    if name:
        if name not in stated.restaurants:
            raise ManifestError(
                f"{manifest.partner} has no restaurant {name!r} in its {environment}",
                location=f"{manifest.partner}/partner.yaml#/environments/{environment}/restaurants",
                partner=manifest.partner,
                hint=suggest_name(name, stated.restaurants),
            )
        place = stated.restaurants[name]
        changes["test_account"] = place
        if place.base_url:
            changes["base_url"] = place.base_url
    chosen = stated.model_copy(update=changes)
    address = _fill(manifest, environment, chosen)
    chosen = chosen.model_copy(update={"base_url": address})
    environments = {
        one: chosen if one == environment else kept for one, kept in manifest.environments.items()
    }
    return manifest.model_copy(update={"environments": environments})


def _fill(manifest: Manifest, environment: str, stated: Environment) -> str:
    account = stated.test_account
    values = {"restaurant": account.restaurant, **account.values} if account else {}

    def put(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ManifestError(
                f"The address of {manifest.partner} has {{{found[1]}}}, which nothing fills",
                location=f"{manifest.partner}/partner.yaml#/environments/{environment}/base_url",
                partner=manifest.partner,
                hint=f"Write `values: {{{found[1]}: …}}` in `test_account`.",
            )
        return quote(str(values[found[1]]), safe="")

    return _PLACE.sub(put, stated.base_url)
