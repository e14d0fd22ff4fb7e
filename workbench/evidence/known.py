"""Real values for parameters and body fields, from what the manifest says of the test account."""

from __future__ import annotations

from workbench.partners import Partner
from workbench.vocabulary import entity_of_id, names_an_id

Value = str | int


def known_values(partner: Partner, environment: str, name: str) -> tuple[Value, ...]:
    """Values that exist in the test account for a parameter or field of this name; often none.

    The manifest's own words (`values`, `parameters`) come first; after them, names that end as
    ids do are recognised by the entity that they name.
    """
    account = partner.environment(environment).test_account
    if account is None:
        return ()
    entity = partner.manifest.parameters.get(name) or _guess(name)
    found: tuple[Value, ...] = account.known.get(entity, ()) if entity else ()  # type: ignore[call-overload]
    if name in account.values:
        rest = (value for value in found if value != account.values[name])
        return (account.values[name], *rest)
    if entity == "restaurant" and account.restaurant not in found:
        return (account.restaurant, *found)
    return found


def _guess(name: str) -> str | None:
    """The entity that a name takes the id of; None where it does not end as ids do."""
    return entity_of_id(name) if names_an_id(name) else None
