"""Which operations only read, as a person stated: where all calls are POST, nothing else tells."""

from __future__ import annotations

from workbench.model import Operation
from workbench.partners.catalogue import load_catalogue
from workbench.partners.folder import Partner


def reads_only(partner: Partner, operation: Operation) -> bool:
    """Whether the folder binds an operation to features that read, and to no other.

    A draft's proposal that nobody has reviewed is no such word.
    """
    bound = [
        slug
        for slug in partner.manifest.features
        if any(item is operation for _, item in partner.operations(slug))
    ]
    return bool(bound) and all(_is_reading(partner, slug) for slug in bound)


def _is_reading(partner: Partner, slug: str) -> bool:
    row, stated = load_catalogue().feature(slug), partner.feature(slug)
    return row is not None and row.is_read and stated is not None and stated.reviewed
