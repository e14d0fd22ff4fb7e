"""Loads one partner folder; every fault in it is a located error that says how to mend it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.description import (
    describe,
    find_directions,
    load_text,
    locating,
    read_edited,
)
from workbench.errors import DescriptionError, InputError, ManifestError
from workbench.mapping import Translator, load_mappings
from workbench.model import (
    Absence,
    ApiDescription,
    Binding,
    Direction,
    Event,
    Feature,
    FeatureKind,
    Open,
    Operation,
    Statement,
    provided_binding,
    tell_faults,
)
from workbench.partners.catalogue import MANIFEST, ReferenceCheck, load_catalogue
from workbench.partners.manifest import BoundOperation, Environment, FeatureStatement, Manifest
from workbench.partners.restaurant_choice import choose_restaurants
from workbench.settings import Settings
from workbench.text import suggest_name, write_pointer

MAPPING = "mapping.yaml"
HOOKS = "hooks.py"
_FIRST = "Make one with `workbench new`, or bring ours: `workbench init --examples`."
DOCUMENTS = "documents"  # references of a document may name any file in there


@dataclass(frozen=True)
class Sample:
    """A recorded payload of theirs, with the canonical entity that it should be, if known."""

    feature: str
    label: str
    payload: Any
    canonical: dict[str, Any] | list[Any] | None
    path: str


@dataclass(frozen=True)
class Partner:
    """A partner as its folder tells it; nothing here touches the network.

    Attributes:
        inputs: File name → sha256 of everything that verdicts rest on.
        drifted: Documents whose bytes no longer match the hash in the manifest.
    """

    folder: Path
    manifest: Manifest
    description: ApiDescription
    translators: Mapping[str, Translator] = field(repr=False)
    inputs: Mapping[str, str]
    drifted: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Folder name, environment variable prefix, report folder."""
        return self.manifest.partner

    @property
    def title(self) -> str:
        """Name of the partner as people write it."""
        return self.manifest.title

    @property
    def root(self) -> Path | None:
        """Folder whose files references of its documents may name; None: that of each document."""
        return _fence(self.folder, [self.folder / item.path for item in self.manifest.documents])

    def feature(self, slug: str) -> FeatureStatement | None:
        """What the manifest states of a feature, or None when it is silent."""
        return self.manifest.features.get(slug)

    def environment(self, name: str) -> Environment:
        """One of the manifest's environments.

        Raises:
            ManifestError: The manifest does not have it.
        """
        for known, environment in self.manifest.environments.items():
            if known == name:
                return environment
        raise ManifestError(
            f"{self.title} has no environment {name!r}",
            location=f"{MANIFEST}#/environments",
            partner=self.slug,
            hint=suggest_name(name, self.manifest.environments),
        )

    @cached_property
    def callable_operations(self) -> tuple[Operation, ...]:
        """Every operation that we may call: bound by a person, or sent by us as far as is known."""
        bound = {
            (item.document, item.id)
            for feature in self.manifest.features
            for _, item in self.operations(feature)
        }
        directions = find_directions(self.description)
        keys = [(item, (item.document, item.id)) for item in self.description.operations]
        return tuple(
            item for item, key in keys if key in bound or directions[key] is Direction.OUTBOUND
        )

    def operations(self, feature: str) -> list[tuple[BoundOperation, Operation]]:
        """The operations that serve a feature, in the manifest's order."""
        stated = self.feature(feature)
        bound = stated.bound_operations() if stated else ()
        pairs = [(item, self.description.exchange(item.operation)) for item in bound]
        return [(item, found) for item, found in pairs if isinstance(found, Operation)]

    def events(self, feature: str) -> list[tuple[str, Event | Operation]]:
        """The events that serve a feature; partners that list them as paths give operations."""
        stated = self.feature(feature)
        pairs = (
            [(name, self.description.exchange(name)) for name in stated.events] if stated else []
        )
        return [(name, found) for name, found in pairs if found is not None]

    def mapped_schema(
        self, feature: Feature
    ) -> tuple[Operation | Event | None, dict[str, Any] | None]:
        """The operation or event whose body the mapping of a feature is for, and its schema."""
        if feature.kind is FeatureKind.EVENT:
            events = self.events(feature.slug)
            return (events[0][1], events[0][1].request_schema) if events else (None, None)
        operations = self.operations(feature.slug)
        if not operations:
            return None, None
        operation = operations[0][1]
        sent = feature.is_ours
        return operation, operation.request_schema if sent else operation.response_schema

    @cached_property
    def _named(self) -> frozenset[tuple[str, str]]:
        stated = self.manifest.features.values()
        names = {item.operation for feature in stated for item in feature.bound_operations()}
        for place in self.manifest.environments.values():
            names |= {item.operation for item in place.triggers.values() if item.operation}
        found = (self.description.exchange(name) for name in names)
        return frozenset((one.id, one.document) for one in found if isinstance(one, Operation))

    def names(self, operation: Operation) -> bool:
        """Whether the folder binds an operation or names it as a trigger: tests may write to it."""
        return (operation.id, operation.document) in self._named

    def translator(self, feature: str) -> Translator | None:
        """The mapping of a bound feature, if it has one."""
        stated = self.feature(feature)
        return self.translators.get(stated.mapping) if stated and stated.mapping else None

    def document_inputs(self, name: str) -> dict[str, str]:
        """Path in the folder → sha256 of a document, by its name in the description."""
        stated = zip(self.description.documents, self.manifest.documents, strict=True)
        return {
            document.path: self.inputs[document.path]
            for described, document in stated
            if described.name == name
        }

    def mapping(self, name: str) -> Translator:
        """A mapping by its name in `mapping.yaml`.

        Raises:
            InputError: There is none of this name.
        """
        found = self.translators.get(name)
        if found is None:
            raise InputError(
                f"{self.slug} has no mapping {name!r}",
                location=f"{self.slug}/mapping.yaml",
                hint=suggest_name(name, self.translators),
            )
        return found

    def absence(self, feature: str, criterion: str) -> Absence | None:
        """What the folder states of one behaviour that a bound feature lacks, or None."""
        stated = self.statement(feature)
        return stated.criteria.get(criterion) if isinstance(stated, Binding) else None

    def statement(self, feature: str) -> Statement | None:
        """What the folder states, in the words that `judge` takes."""
        stated = self.feature(feature)
        if stated is None:
            row = load_catalogue().feature(feature)
            return provided_binding(row) if row else None
        if stated.status == "open":
            return Open(candidates=stated.candidates, note=stated.reason)
        if stated.status is not None:
            return Absence(
                status=stated.status,
                code=stated.code or "",
                reason=stated.reason or "",
                cite=stated.cite,
                needed=stated.needed,
            )
        operations = tuple(item.operation for item in stated.bound_operations())
        papers = (stated.given,) if stated.given else ()
        return Binding(
            subjects=(*operations, *stated.events, *papers),
            limits=stated.limits,
            criteria=stated.criteria,
            attested=stated.attested,
            reviewed=stated.reviewed,
        )

    @cached_property
    def _samples(self) -> tuple[Sample, ...]:
        return tuple(_read_samples(self.folder))

    def translations(self, code: str) -> dict[str, str]:
        """Sentences of the folder, and how they are said in a language; empty where it has none."""
        path = self.folder / f"translations.{code}.yaml"
        told: dict[str, str] = (
            load_text(path.read_text("utf-8"), path.name) if path.is_file() else {}
        )
        return told

    def samples(self, feature: str) -> list[Sample]:
        """Recorded payloads of a feature, by file name."""
        return [sample for sample in self._samples if sample.feature == feature]


def list_partners(settings: Settings) -> list[str]:
    """Slugs of all folders with a manifest, sorted."""
    return sorted(path.parent.name for path in settings.contracts.glob(f"*/{MANIFEST}"))


def load_partner(slug: str, settings: Settings, *, run_hooks: bool = True) -> Partner:
    """Read a partner folder whole.

    Args:
        slug: Its name.
        settings: Where folders are.
        run_hooks: Whether the code of its `hooks.py` may run, to translate with it.

    Raises:
        InputError: The folder, its manifest, a document or the mapping is missing or not valid.
    """
    manifest = load_manifest(slug, settings)
    folder = settings.contracts / slug
    with locating(folder / MANIFEST):
        return _load(manifest, folder, run_hooks=run_hooks)


def _load(manifest: Manifest, folder: Path, *, run_hooks: bool) -> Partner:
    slug = folder.name
    paths = _find_documents(folder, manifest)
    overlay = folder / manifest.overlay if manifest.overlay else None
    _keep_inside(folder, overlay or folder, f"{slug}/{MANIFEST}#/overlay")
    description = describe(paths, overlay=overlay, root=_fence(folder, paths))
    inputs = _hash_inputs(folder, manifest)
    partner = Partner(
        folder=folder,
        manifest=manifest,
        description=description,
        translators=_load_translators(folder, manifest, run_hooks=run_hooks),
        inputs=inputs,
        drifted=tuple(item.path for item in manifest.documents if inputs[item.path] != item.sha256),
    )
    ReferenceCheck(partner.slug, manifest, partner.description, partner.translators).run()
    return partner


def load_manifest(slug: str, settings: Settings) -> Manifest:
    """What a partner folder states, without its documents and mappings.

    Raises:
        InputError: The folder or its manifest is missing or not valid.
    """
    folder = settings.contracts / slug
    if folder.name != slug or not (folder / MANIFEST).is_file():
        raise _unknown_partner(slug, settings)
    with locating(folder / MANIFEST):
        return choose_restaurants(_read_manifest(folder), settings)


def _find_documents(folder: Path, manifest: Manifest) -> list[Path]:
    paths = [folder / document.path for document in manifest.documents]
    for index, path in enumerate(paths):
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise DescriptionError(
                f"Document {path.name} is not in the partner's folder",
                location=f"{folder.name}/{MANIFEST}#/documents/{index}/path",
                partner=folder.name,
                hint="Copy the document into the folder, or correct its path.",
            )
    return paths


def _load_translators(
    folder: Path, manifest: Manifest, *, run_hooks: bool
) -> dict[str, Translator]:
    path = folder / MAPPING
    if not path.is_file():
        return {}
    place = {"timezone": manifest.timezone, "currency": manifest.currency}
    return load_mappings(path, **place, run_hooks=run_hooks)


def _fence(folder: Path, paths: list[Path]) -> Path | None:
    below = (folder / DOCUMENTS).resolve()
    return below if all(path.resolve().is_relative_to(below) for path in paths) else None


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    location = f"{folder.name}/{MANIFEST}"
    data = read_edited(path, location, ManifestError)
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        first, *others = tell_faults(error, Manifest, data)
        more = f" (and {len(others)} more)" if others else ""
        raise ManifestError(
            first.message + more,
            location=f"{location}#{write_pointer(first.steps)}",
            partner=folder.name,
            hint=first.hint,
        ) from error
    if manifest.partner != folder.name:
        raise ManifestError(
            f"The manifest says partner: {manifest.partner}, its folder is {folder.name}",
            location=f"{location}#/partner",
            hint="Give both the same slug.",
        )
    return manifest


def _unknown_partner(slug: str, settings: Settings) -> InputError:
    known = list_partners(settings)
    return InputError(
        f"There is no partner {slug!r}",
        location=str(settings.contracts / slug),
        hint=suggest_name(slug, known) if known else _FIRST,
    )


def _hash_inputs(folder: Path, manifest: Manifest) -> dict[str, str]:
    names = [MANIFEST, *(document.path for document in manifest.documents)]
    beside = (manifest.overlay, MAPPING, HOOKS)
    names += [name for name in beside if name and (folder / name).is_file()]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _keep_inside(folder: Path, path: Path, location: str) -> None:
    if not path.resolve().is_relative_to(folder.resolve()):
        hint = "Copy the file into the folder, or correct its path."
        raise InputError(
            f"{path.name} is not in the partner's folder", location=location, hint=hint
        )


def _read_samples(folder: Path) -> Iterator[Sample]:
    for path in sorted((folder / "samples").glob("*/*.json")):
        _keep_inside(folder, path, str(path))
        if path.name.endswith(".canonical.json"):
            continue
        beside = path.with_name(f"{path.stem}.canonical.json")
        yield Sample(
            feature=path.parent.name,
            label=path.stem,
            payload=_read_json(path),
            canonical=_read_json(beside) if beside.is_file() else None,
            path=path.relative_to(folder).as_posix(),
        )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The sample is not JSON: {error}",
            location=str(path),
            hint="Save the payload exactly as the partner sent it.",
        ) from error
