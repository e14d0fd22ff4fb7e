"""What a report needs to know of a partner, as plain JSON for the header of a run.

A report is a function of the run folder alone, so everything that it shows of the partner folder
travels here. Nothing secret is in a partner folder, so nothing secret is here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from workbench.partners.folder import Partner
from workbench.settings import Settings


def describe_context(partner: Partner, environment: str, settings: Settings) -> dict[str, Any]:
    """Documents, bound operations, mappings, environment and open questions of a partner.

    The address is the one that is tested, which need not be the manifest's.
    """
    manifest = partner.manifest
    chosen = partner.environment(environment)
    return {
        "kind": manifest.kind,
        "homepage": manifest.homepage,
        "contact": manifest.contact,
        "locale": manifest.locale,
        "timezone": manifest.timezone,
        "currency": manifest.currency,
        "base_url": settings.url(partner.slug, environment, "base_url") or chosen.base_url,
        "publisher": settings.publisher(),
        "restaurant": chosen.test_account.restaurant if chosen.test_account else None,
        "environments": sorted(manifest.environments),
        "documents": [
            document.model_dump(mode="json", exclude={"pointer"})
            for document in partner.description.documents
        ],
        "subjects": _subjects(partner),
        "bindings": _bindings(partner),
        "mappings": {
            name: [asdict(row) for row in translator.table]
            for name, translator in partner.translators.items()
        },
        "webhooks": _webhooks(partner),
        "questions": list(manifest.questions),
        "translations": {
            code: partner.translations(code)
            for code in sorted(
                path.name.split(".")[1] for path in partner.folder.glob("translations.*.yaml")
            )
        },
    }


def _subjects(partner: Partner) -> dict[str, dict[str, str]]:
    """Bound reference → how the partner's document names it."""
    subjects: dict[str, dict[str, str]] = {}
    for stated in partner.manifest.features.values():
        references = [item.operation for item in stated.bound_operations()] + list(stated.events)
        for reference in references:
            found = partner.description.exchange(reference)
            if found is not None:
                subjects[reference] = {
                    "id": found.id,
                    "summary": found.summary,
                    "document": found.document,
                    "pointer": found.pointer,
                }
    return subjects


def _bindings(partner: Partner) -> dict[str, dict[str, Any]]:
    """Feature → its mapping, and which operation serves which canonical status."""
    return {
        slug: {
            "mapping": stated.mapping,
            "for": {item.operation: list(item.for_) for item in stated.bound_operations()},
        }
        for slug, stated in partner.manifest.features.items()
        if stated.status is None
    }


def _webhooks(partner: Partner) -> dict[str, Any]:
    webhooks = partner.manifest.webhooks
    if webhooks is None:
        return {}
    return {
        "signature": webhooks.signature.scheme,
        "header": webhooks.signature.header,
        "ack": webhooks.ack,
        "retry": webhooks.retry,
        "timeout_seconds": webhooks.timeout_seconds,
    }
