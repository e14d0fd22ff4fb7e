"""The feature catalogue of the package, and the names in a manifest that have to exist."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from workbench.canonical import OrderStatus, ReservationStatus
from workbench.description import load_text
from workbench.errors import ManifestError
from workbench.model import Catalogue, FeatureKind
from workbench.text import suggest_name

if TYPE_CHECKING:
    from workbench.model import ApiDescription
    from workbench.partners.manifest import FeatureStatement, Manifest


@cache
def load_catalogue() -> Catalogue:
    """Read and check `model/features.yaml`; `digest` is its sha256."""
    text = files("workbench.model").joinpath("features.yaml").read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Catalogue.model_validate({**load_text(text, "features.yaml"), "digest": digest})


MANIFEST = "partner.yaml"
# What an operation may be bound for, beside all of a feature.
FOR = frozenset(
    {
        *(str(status) for status in (*OrderStatus, *ReservationStatus)),
        *("one", "many", "create", "replace", "change", "partial", "remove", "read-back", "list"),
        *("outcome", "publish", "kitchen-result", "pause", "resume", "busy"),
        *("exception", "exception-change", "exception-remove"),
    }
)


@dataclass(frozen=True)
class ReferenceCheck:
    """Sees that every name in a manifest is one that exists.

    Attributes:
        slug: Of the partner, for errors.
        mappings: Names of the folder's mappings.
    """

    slug: str
    manifest: Manifest
    description: ApiDescription
    mappings: Collection[str]

    def run(self) -> None:
        """Look at features and triggers.

        Raises:
            ManifestError: A name does not exist.
        """
        self._check_features()
        self._check_triggers()

    def _check_features(self) -> None:
        known = {feature.slug: feature for feature in load_catalogue().features}
        for slug, stated in self.manifest.features.items():
            pointer = f"{self.slug}/{MANIFEST}#/features/{slug}"
            if slug not in known:
                raise self._not_found("feature", slug, known, pointer)
            self._check_narrowing(stated, pointer)
            for below, reference in _references(stated):
                if self.description.exchange(reference) is None:
                    offered = [item.id for item in self.description.operations]
                    offered += [item.id for item in self.description.events]
                    raise self._not_found("operation or event", reference, offered, pointer + below)
            if stated.mapping and stated.mapping not in self.mappings:
                at = f"{pointer}/mapping"
                raise self._not_found("mapping", stated.mapping, self.mappings, at)
            criteria = [item.slug for item in known[slug].criteria]
            for below, name in _criteria(stated):
                if name not in criteria:
                    raise self._not_found("criterion", name, criteria, pointer + below)
            if stated.given and known[slug].kind is not FeatureKind.PAPERWORK:
                raise ManifestError(
                    f"{slug} is bound to operations or events, not `given`",
                    location=pointer,
                    partner=self.slug,
                    hint="Use `operations` or `events`.",
                )

    def _check_narrowing(self, stated: FeatureStatement, pointer: str) -> None:
        for index, item in enumerate(stated.bound_operations()):
            for word in sorted({*item.for_} - FOR):
                at = f"{pointer}/operations/{index}/for"
                raise self._not_found("meaning of `for`:", word, FOR, at)

    def _check_triggers(self) -> None:
        for name, environment in self.manifest.environments.items():
            for event, trigger in environment.triggers.items():
                pointer = f"{self.slug}/{MANIFEST}#/environments/{name}/triggers/{event}"
                reference = trigger.operation
                if reference and self.description.exchange(reference) is None:
                    offered = [item.id for item in self.description.operations]
                    raise self._not_found("operation", reference, offered, pointer)

    def _not_found(
        self, kind: str, name: str, offered: Iterable[str], pointer: str
    ) -> ManifestError:
        return ManifestError(
            f"There is no {kind} {name!r}",
            location=pointer,
            partner=self.slug,
            hint=suggest_name(name, list(offered)),
        )


def _references(stated: FeatureStatement) -> Iterator[tuple[str, str]]:
    """(pointer in the statement, name) of operations and events."""
    for index, item in enumerate(stated.bound_operations()):
        yield f"/operations/{index}", item.operation
    for key, names in (("events", stated.events), ("candidates", stated.candidates)):
        for index, name in enumerate(names):
            yield f"/{key}/{index}", name


def _criteria(stated: FeatureStatement) -> Iterator[tuple[str, str]]:
    """(pointer in the statement, name) of criteria."""
    for key, names in (("criteria", stated.criteria), ("attested", stated.attested)):
        for name in names:
            yield f"/{key}/{name}", name
    for index, limit in enumerate(stated.limits):
        if limit.criterion is not None:
            yield f"/limits/{index}", limit.criterion
