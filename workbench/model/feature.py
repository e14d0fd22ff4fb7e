"""The feature catalogue: what an integration can consist of, and what proves it.

The rows live in `features.yaml`; `workbench.partners.load_catalogue` reads them into these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.model.evidence import Source


class FeatureKind(StrEnum):
    """What a feature is bound to."""

    SERVICE = "service"  # operations that we call
    EVENT = "event"  # requests that the partner sends to us
    PAPERWORK = "paperwork"  # documents, accounts, credentials, agreements


class Access(StrEnum):
    """What happens to the thing that a service or event is about."""

    READ = "read"  # we fetch it, by its id
    WRITE = "write"  # we send it
    ACT = "act"  # we ask for something else to be done with it
    CREATED = "created"  # they tell us that it is new
    CHANGED = "changed"  # they tell us that it is different


class Aspect(StrEnum):
    """How much of the thing travels."""

    WHOLE = "whole"
    STATUS = "status"
    LOCATION = "location"
    AVAILABILITY = "availability"
    FEEDBACK = "feedback"
    SETTLEMENT = "settlement"


class Requirement(StrEnum):
    """Whether a full integration needs it."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"  # only where the partner offers that kind of order
    BEYOND = "beyond"  # seen in the industry, not asked for


class Lifter(StrEnum):
    """Who can lift the reason why something is not integrated."""

    PARTNER = "partner"
    US = "us"
    RESTAURANT = "restaurant"
    TOGETHER = "together"
    NOBODY = "nobody"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Row):
    """A coded reason for "not integrated" (domain list R1 to R20)."""

    code: str = Field(pattern=r"^R\d{1,2}$")
    title: str
    sentence: str
    lifted_by: Lifter
    needed: str


class EvidenceKind(_Row):
    """A kind of proof (domain list E1 to E14) and the sources that can give it; none: by hand."""

    code: str = Field(pattern=r"^E\d{1,2}$")
    title: str
    sources: tuple[Source, ...] = ()


class Criterion(_Row):
    """One behaviour of a feature, checked on its own.

    Attributes:
        slug: Unique over the catalogue, lower-kebab.
        row: Identifier in the domain list, e.g. `ORD-G02`.
        benefit: What the restaurant gets from it, in plain words.
        direction: `outbound` (we call), `inbound` (they call us), `both`, `paperwork`.
        canonical: Canonical type that travels, or None.
        evidence: Codes of the kinds of proof that it needs.
        reasons: Codes of the likely reasons when it is missing.
        roles: What a check shows to prove it, unique in the feature: a way of writing
            (`create-one`, `modify-many`, `remove`), a status, a kind of order.
        fields: Fields of the feature's entity that it is about, unique in the feature.
        core: Whether the feature is integrated only once this is proved live.
    """

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    row: str
    title: str
    benefit: str
    requirement: Requirement
    direction: str = Field(pattern="^(outbound|inbound|both|paperwork)$")
    canonical: str | None = None
    evidence: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    core: bool = False


class Feature(_Row):
    """What is bound to operations or events; judged as a whole, proved by its criteria.

    Attributes:
        noun: For services and events: the entity whose id it takes or names.
        access: For services and events: what happens to it.
        aspect: How much of it travels.
        requires: Sources that must pass before the feature is `supported`.
        confirmed_by: Live sources of which one must pass before it is `confirmed`.
        max_age_days: Live evidence older than this is stale.
        given: What stands for a binding where the folder is silent, because we provide it
            ourselves (our webhook address, the report); None: the folder has to state it.
    """

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    kind: FeatureKind
    area: str
    title: str
    benefit: str
    requirement: Requirement
    direction: str = Field(pattern="^(outbound|inbound|both|paperwork)$")
    canonical: str | None = None
    noun: str | None = Field(default=None, pattern=r"^[a-z]+(-[a-z]+)*$")
    access: Access | None = None
    aspect: Aspect = Aspect.WHOLE
    given: str | None = None
    requires: tuple[Source, ...] = ()
    confirmed_by: tuple[Source, ...] = ()
    max_age_days: int = 30
    evidence: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()

    def criterion(self, slug: str) -> Criterion | None:
        """The criterion of that slug, or None."""
        return next((item for item in self.criteria if item.slug == slug), None)

    def proved_by(self, *roles: str) -> tuple[str, ...]:
        """Slugs of the criteria that any of these roles proves, in the catalogue's order."""
        return tuple(item.slug for item in self.criteria if {*item.roles} & {*roles})

    def about(self, name: str) -> Criterion | None:
        """The criterion that is about a field of the entity, or None."""
        return next((item for item in self.criteria if name in item.fields), None)

    @property
    def is_event(self) -> bool:
        """Whether they call us."""
        return self.kind is FeatureKind.EVENT

    @property
    def is_read(self) -> bool:
        """Whether we fetch something of theirs."""
        return self.access is Access.READ

    @property
    def is_write(self) -> bool:
        """Whether we send something whose effect can be looked at afterwards."""
        return self.access is Access.WRITE

    @property
    def is_ours(self) -> bool:
        """Whether our side makes the payload, so that samples go from canonical to theirs."""
        return self.kind is FeatureKind.SERVICE and not self.is_read

    @property
    def needs_statement(self) -> bool:
        """Whether a partner folder that is silent on it has a gap."""
        return self.requirement is not Requirement.BEYOND and self.given is None


class Catalogue(_Row):
    """All features, reason codes and kinds of evidence; slugs are unique, codes resolve."""

    version: str
    areas: dict[str, str]
    reasons: tuple[Reason, ...]
    evidence: tuple[EvidenceKind, ...]
    features: tuple[Feature, ...]
    digest: str = ""

    @model_validator(mode="after")
    def _is_consistent(self) -> Catalogue:
        items: list[Feature | Criterion] = [*self.features, *self.criteria()]
        slugs = [item.slug for item in items]
        rows = [criterion.row for criterion in self.criteria()]
        reasons = {reason.code for reason in self.reasons}
        proofs = {kind.code for kind in self.evidence}
        faults = [f"slug {slug} is not unique" for slug in _repeated(slugs)]
        faults += [f"row {row} is not unique" for row in _repeated(rows)]
        for item in items:
            faults += [f"{item.slug}: no reason {code}" for code in {*item.reasons} - reasons]
            faults += [f"{item.slug}: no evidence {code}" for code in {*item.evidence} - proofs]
        faults += [f"{f.slug}: no area {f.area}" for f in self.features if f.area not in self.areas]
        faults += [
            f"{feature.slug}: no core criterion"
            for feature in self.features
            if not any(criterion.core for criterion in feature.criteria)
        ]
        faults += [
            f"{feature.slug}: only paperwork can be given"
            for feature in self.features
            if feature.given and feature.kind is not FeatureKind.PAPERWORK
        ]
        faults += _vague(self.features)
        if faults:
            raise ValueError("; ".join(sorted(faults)))
        return self

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion of every feature, in order."""
        for feature in self.features:
            yield from feature.criteria

    def feature(self, slug: str) -> Feature | None:
        """The feature of that slug, or None."""
        return next((feature for feature in self.features if feature.slug == slug), None)

    def asking(self, noun: str, access: Access, aspect: Aspect = Aspect.WHOLE) -> Feature:
        """The feature of an entity by what happens to it.

        Raises:
            LookupError: There is none, which is a fault of the program.
        """
        for feature in self.features:
            if (feature.noun, feature.access, feature.aspect) == (noun, access, aspect):
                return feature
        message = f"the catalogue has no feature to {access} the {aspect} of {noun}"
        raise LookupError(message)

    def reason(self, code: str) -> Reason | None:
        """The reason of that code, or None."""
        return next((reason for reason in self.reasons if reason.code == code), None)

    def bindable(self) -> tuple[Feature, ...]:
        """Services and events that count for reach and score."""
        return tuple(
            feature
            for feature in self.features
            if feature.kind is not FeatureKind.PAPERWORK
            and feature.requirement is not Requirement.BEYOND
        )


def _vague(features: tuple[Feature, ...]) -> list[str]:
    """What of the features cannot be asked for without doubt."""
    bound = [item for item in features if item.kind is not FeatureKind.PAPERWORK]
    faults = [f"{f.slug}: no noun or access" for f in bound if not (f.noun and f.access)]
    asked = [f"{f.noun}/{f.access}/{f.aspect}" for f in bound if f.access is not Access.ACT]
    faults += [f"{name} is asked by two features" for name in _repeated(asked)]
    for item in features:
        roles = [role for criterion in item.criteria for role in criterion.roles]
        fields = [name for criterion in item.criteria for name in criterion.fields]
        faults += [f"{item.slug}: {name} is proved twice" for name in _repeated(roles)]
        faults += [f"{item.slug}: {name} is told twice" for name in _repeated(fields)]
    return faults


def _repeated(values: list[str]) -> set[str]:
    return {value for value in values if values.count(value) > 1}
