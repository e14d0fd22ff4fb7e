"""Names in a manifest: features, operations, events, mappings and criteria that have to exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ManifestError
from workbench.model import FeatureKind
from workbench.partners.catalogue import load_catalogue
from workbench.text import suggest_name

if TYPE_CHECKING:
    from workbench.partners.folder import Partner

MANIFEST = "partner.yaml"


def check_references(partner: Partner) -> None:
    """See that every name in the manifest is one that exists.

    Raises:
        ManifestError: One does not.
    """
    _check_features(partner)
    _check_triggers(partner)


def _check_features(partner: Partner) -> None:
    catalogue = load_catalogue()
    known = {feature.slug: feature for feature in catalogue.features}
    for slug, stated in partner.manifest.features.items():
        pointer = f"{partner.slug}/{MANIFEST}#/features/{slug}"
        if slug not in known:
            raise _not_found("feature", slug, list(known), pointer, partner)
        references = [item.operation for item in stated.bound_operations()]
        references += [*stated.events, *stated.candidates]
        for reference in references:
            if partner.description.exchange(reference) is None:
                offered = [item.id for item in partner.description.operations]
                offered += [item.id for item in partner.description.events]
                raise _not_found("operation or event", reference, offered, pointer, partner)
        if stated.mapping and stated.mapping not in partner.translators:
            raise _not_found("mapping", stated.mapping, [*partner.translators], pointer, partner)
        criteria = [item.slug for item in known[slug].criteria]
        limited = (limit.criterion for limit in stated.limits)
        for name in (*stated.criteria, *stated.attested, *limited):
            if name is not None and name not in criteria:
                raise _not_found("criterion", name, criteria, pointer, partner)
        if stated.given and known[slug].kind is not FeatureKind.PAPERWORK:
            raise ManifestError(
                f"{slug} is bound to operations or events, not `given`",
                location=pointer,
                partner=partner.slug,
                hint="Use `operations` or `events`.",
            )


def _check_triggers(partner: Partner) -> None:
    for name, environment in partner.manifest.environments.items():
        for event, trigger in environment.triggers.items():
            pointer = f"{partner.slug}/{MANIFEST}#/environments/{name}/triggers/{event}"
            reference = trigger.operation
            if reference and partner.description.exchange(reference) is None:
                offered = [item.id for item in partner.description.operations]
                raise _not_found("operation", reference, offered, pointer, partner)


def _not_found(
    kind: str, name: str, offered: list[str], pointer: str, partner: Partner
) -> ManifestError:
    return ManifestError(
        f"There is no {kind} {name!r}",
        location=pointer,
        partner=partner.slug,
        hint=suggest_name(name, offered),
    )
