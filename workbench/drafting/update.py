"""An existing folder beside what would be drafted today: what is new, other, or gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.description import load_text
from workbench.drafting.folder import draft_folder
from workbench.drafting.review import ReviewSheet, StatedPlace
from workbench.partners import Partner, load_partner
from workbench.settings import Settings, load_settings


@dataclass(frozen=True)
class ReviewPoint:
    """One thing to look at.

    Attributes:
        kind: `found` (open, and served by something now), `other` (nobody has reviewed it, and it
            would be drafted otherwise), `gone` (bound, and not in the documents), `login`,
            `parameter`.
        place: Where in `partner.yaml`.
        now: What the folder says.
        proposed: What would be drafted.
    """

    kind: str
    place: str
    now: str
    proposed: str


def review_folder(
    slug: str, documents: Sequence[str | Path] = (), settings: Settings | None = None
) -> list[ReviewPoint]:
    """Compare a folder with a draft from documents; nothing is written.

    Args:
        slug: The folder.
        documents: Newer documents; none: those of the folder.
        settings: Where the folders are.

    Raises:
        InputError: The folder or a document is missing or refused.
        PartnerError: A document could not be fetched.
    """
    settings = settings or load_settings()
    partner = load_partner(slug, settings, run_hooks=False)
    kept = [partner.folder / item.path for item in partner.manifest.documents]
    place = StatedPlace(
        partner.manifest.timezone, partner.manifest.currency, partner.manifest.locale
    )
    sheet = ReviewSheet.open(
        _free(slug, settings), documents or kept, settings=settings, place=place
    )
    drafted = load_text(draft_folder(sheet, write=False).manifest, "draft")
    return [*_features(partner, sheet, drafted), *_rest(partner, drafted)]


def _features(partner: Partner, sheet: ReviewSheet, drafted: Any) -> Iterator[ReviewPoint]:
    for feature in sheet.features():
        place = f"/features/{feature.slug}"
        stated = partner.feature(feature.slug)
        bound = [] if stated is None else [item.operation for item in stated.bound_operations()]
        bound += [] if stated is None else stated.events
        gone = [name for name in bound if sheet.description.exchange(name) is None]
        if gone:
            yield ReviewPoint("gone", place, ", ".join(gone), "not in the documents")
        proposed = _references(drafted["features"].get(feature.slug, {}))
        shown = ", ".join(proposed)
        if proposed and (stated is None or stated.status == "open"):
            yield ReviewPoint("found", place, "open", shown)
        elif stated is not None and bound and not stated.reviewed and proposed != bound:
            yield ReviewPoint("other", place, ", ".join(bound), shown or "nothing")


def _references(statement: dict[str, Any]) -> list[str]:
    named = [*statement.get("operations", ()), *statement.get("events", ())]
    return [item["operation"] if isinstance(item, dict) else item for item in named]


def _rest(partner: Partner, drafted: Any) -> Iterator[ReviewPoint]:
    scheme = drafted["auth"]["scheme"]
    if scheme not in {"none", partner.manifest.auth.scheme}:
        yield ReviewPoint("login", "/auth/scheme", partner.manifest.auth.scheme, scheme)
    account = partner.manifest.environments.get("sandbox")
    constants = account.test_account.values if account and account.test_account else {}
    for name, entity in drafted.get("parameters", {}).items():
        if name not in partner.manifest.parameters and name not in constants:
            yield ReviewPoint("parameter", f"/parameters/{name}", "nothing", entity)


def _free(slug: str, settings: Settings) -> str:
    """A name that no folder has; nothing is written under it."""
    name = f"{slug[:30].strip('-')}-new"
    while (settings.contracts / name).exists():
        name += "w"
    return name
