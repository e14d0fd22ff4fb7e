"""Rules on a partner folder, checked offline; each is a function that yields findings about it.

A folder that does not load at all raises; these rules look at one that loads, and say what will
later be missing: an unstated feature, a parameter that nothing fills, an event that nothing reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench.adapters import find_hindrances, item_place
from workbench.canonical import exponent
from workbench.description import clean_document
from workbench.errors import InputError
from workbench.mapping import assumes_unit, check_mapping, check_required
from workbench.model import (
    Absence,
    Binding,
    Catalogue,
    FeatureKind,
    Finding,
    Open,
    Operation,
    Severity,
    Source,
    make_finding,
    tell_defect,
)
from workbench.partners import HOOKS, OVERRIDES, Partner, read_overrides
from workbench.secrecy import FORMS
from workbench.settings import variable_name

# Without these, no call is made or no answer is read, whatever else is right.
_BLOCKING = frozenset(
    {
        "address-never-called",
        "address-open",
        "document-changed",
        "event-without-rule",
        "hook-missing",
        "mapping-field-unfilled",
        "overrides-refused",
        "parameter-unfilled",
    }
)
# What nobody has judged yet; a draft has many of these.
_UNJUDGED = frozenset({"binding-unreviewed", "feature-open", "sample-missing"})
_ALONE = 2  # findings of one kind that have a row each


@dataclass(frozen=True)
class LintRow:
    """Findings of one kind as a table shows them: the first one, and where the others are."""

    first: Finding
    others: tuple[Finding, ...] = ()

    @property
    def summary(self) -> str:
        """What was found, and how often."""
        if not self.others:
            return self.first.summary
        places = ", ".join((item.pointer or "").rpartition("/")[2] for item in self.others)
        return f"{self.first.summary} And {len(self.others)} more: {places}"


def arrange(findings: Iterable[Finding]) -> list[Finding]:
    """What blocks a run, what is wrong, what nobody has judged, what is good to know."""
    return sorted(findings, key=lambda item: (_rank(item), item.severity.rank))


def gather(findings: Iterable[Finding]) -> list[LintRow]:
    """Rows in the same order; many findings of one kind that block nothing share one."""
    kinds: dict[tuple[str, int], list[Finding]] = {}
    for number, finding in enumerate(findings):
        alone = number if _rank(finding) == 0 else -1
        kinds.setdefault((finding.slug, alone), []).append(finding)
    rows: list[LintRow] = []
    for found in kinds.values():
        if len(found) > _ALONE:
            rows.append(LintRow(found[0], tuple(found[1:])))
        else:
            rows += [LintRow(item) for item in found]
    return rows


def fails(findings: Iterable[Finding], least: str) -> bool:
    """Whether one of them is as severe as `least`, a severity or `never`."""
    if least == "never":
        return False
    return any(item.severity.rank <= Severity(least).rank for item in findings)


def _rank(finding: Finding) -> int:
    if finding.severity in {Severity.LOW, Severity.INFO}:
        return 3
    if finding.slug in _BLOCKING or finding.severity is Severity.CRITICAL:
        return 0
    return 2 if finding.slug in _UNJUDGED else 1


Rule = Callable[[Partner, Catalogue], Iterator[Finding]]


def lint(partner: Partner, catalogue: Catalogue) -> list[Finding]:
    """All findings about a partner folder; what blocks a run first."""
    findings = [finding for rule in RULES for finding in rule(partner, catalogue)]
    return arrange(findings)


def _unstated(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        if feature.needs_statement and partner.statement(feature.slug) is None:
            yield make_finding(
                "feature-unstated",
                pointer=f"partner.yaml#/features/{feature.slug}",
                feature=feature.slug,
            )


def _left_out(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    for warning in partner.description.warnings:
        if warning.is_omission:
            yield tell_defect(warning)


def _unjudged(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        statement = partner.statement(feature.slug)
        pointer = f"partner.yaml#/features/{feature.slug}"
        if isinstance(statement, Open):
            near = f" It may be {statement.candidates[0]}." if statement.candidates else ""
            yield make_finding(
                "feature-open",
                pointer=pointer,
                feature=feature.slug,
                title=feature.title,
                near=near,
            )
        elif isinstance(statement, Binding) and not statement.reviewed:
            yield make_finding("binding-unreviewed", pointer=pointer, feature=feature.slug)


def _open_place(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """What a draft left open: address, time zone, currency."""
    stated = partner.manifest.model_fields_set
    for name in ("timezone", "currency"):
        if name not in stated:
            yield make_finding(f"{name}-open", pointer=f"partner.yaml#/{name}")
    for name, environment in partner.manifest.environments.items():
        if (urlsplit(environment.base_url).hostname or "").endswith(".invalid"):
            yield make_finding(
                "address-open",
                pointer=f"partner.yaml#/environments/{name}/base_url",
                name=name,
                variable_name=variable_name(partner.slug, name, "base_url"),
            )


def _drifted(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    for name in partner.drifted:
        yield make_finding(
            "document-changed", pointer="partner.yaml#/documents", severity=Severity.HIGH, name=name
        )


def _unexplained(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        statement = partner.statement(feature.slug)
        stated = [statement] if isinstance(statement, Absence) else []
        if isinstance(statement, Binding):
            stated += statement.criteria.values()
        for absence in stated:
            pointer = f"partner.yaml#/features/{feature.slug}"
            if catalogue.reason(absence.code) is None:
                yield make_finding(
                    "reason-unknown", pointer=pointer, feature=feature.slug, code=absence.code
                )
        if isinstance(statement, Absence) and not statement.cite:
            yield make_finding(
                "absence-without-citation",
                pointer=f"partner.yaml#/features/{feature.slug}/cite",
                feature=feature.slug,
                status=statement.status,
            )


def _unmapped(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        stated = partner.feature(feature.slug)
        if stated is None or stated.status or Source.SAMPLES not in feature.requires:
            continue
        pointer = f"partner.yaml#/features/{feature.slug}/mapping"
        translator = partner.translator(feature.slug)
        if translator is None:
            yield make_finding("mapping-missing", pointer=pointer, feature=feature.slug)
        elif feature.is_ours and not translator.can_write:
            yield make_finding(
                "mapping-one-way", pointer=pointer, what=repr(translator.name), feature=feature.slug
            )
        elif not partner.samples(feature.slug):
            yield make_finding(
                "sample-missing", pointer=f"samples/{feature.slug}", feature=feature.slug
            )


def _unfit_mappings(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    """Mappings against the documented bodies: paths that are not there, words that differ."""
    webhooks = partner.manifest.webhooks
    for feature in catalogue.features:
        translator = partner.translator(feature.slug)
        item, schema = partner.mapped_schema(feature)
        if translator is None or item is None or schema is None:
            continue
        rules = [
            webhooks.events[name]
            for name, _ in partner.events(feature.slug)
            if webhooks and name in webhooks.events
        ]
        at = next((rule.each for rule in rules if rule.each), None)
        if at is None and isinstance(item, Operation) and not feature.is_ours:
            at = item_place(partner, item)
        found = check_mapping(
            translator,
            partner.description,
            item.document,
            schema,
            at=at or "$",
            writes=feature.is_ours,
        )
        for finding in found:
            yield finding.model_copy(update={"operation": item.id})


def _unfilled_fields(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    """Mappings that read, and can never give a whole entity."""
    seen: set[str] = set()
    for feature in catalogue.features:
        translator = None if feature.is_ours else partner.translator(feature.slug)
        if translator is not None and translator.name not in seen:
            seen.add(translator.name)
            yield from check_required(translator)


def _unread_events(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    webhooks = partner.manifest.webhooks
    rules = webhooks.events if webhooks else {}
    for feature in catalogue.features:
        if feature.kind is not FeatureKind.EVENT:
            continue
        for name, _ in partner.events(feature.slug):
            if name not in rules:
                yield make_finding(
                    "event-without-rule",
                    pointer="partner.yaml#/webhooks/events",
                    name=name,
                    what=repr(name),
                )
    if webhooks and webhooks.signature.scheme == "none":
        yield make_finding("webhooks-unsigned", pointer="partner.yaml#/webhooks/signature")


def _unfilled_parameters(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    accounts = [item.test_account for item in partner.manifest.environments.values()]
    constants = {name for account in accounts if account for name in account.values}
    known = constants | set(partner.manifest.parameters)
    for feature in catalogue.features:
        for _, operation in partner.operations(feature.slug):
            for parameter in operation.parameters:
                needed = parameter.place == "path" or parameter.required
                given = parameter.name in known or parameter.name in partner.manifest.headers
                if needed and parameter.place in {"path", "query"} and not given:
                    yield make_finding(
                        "parameter-unfilled",
                        pointer="partner.yaml#/parameters",
                        operation=operation.id,
                        place=parameter.place,
                        what=repr(parameter.name),
                        name=parameter.name,
                    )


def _misplaced(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """Addresses that are not what the environment says, and to which nothing is written."""
    for name in partner.manifest.environments:
        for hindrance in find_hindrances(partner, name):
            yield make_finding(
                "address-hindered",
                slug=hindrance.slug,
                what=hindrance.summary,
                pointer=hindrance.pointer,
                hint=hindrance.hint,
            )


def _code(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """What of the folder is code or a program's configuration."""
    path = partner.folder / HOOKS
    if path.is_file():
        yield make_finding("folder-has-code", pointer=HOOKS)
    elif partner.manifest.auth.scheme == "hook":
        yield make_finding("hook-missing", pointer="partner.yaml#/auth/scheme", hooks=HOOKS)
    try:
        if (partner.folder / OVERRIDES).is_file():
            read_overrides(partner.folder / OVERRIDES)
    except InputError as error:
        yield make_finding(
            "overrides-refused", hint=error.hint, pointer=OVERRIDES, why=error.message
        )


def _kept_secrets(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """Secrets, and people in recorded traffic, that a person has put into the folder."""
    for described, stated in zip(
        partner.description.documents, partner.manifest.documents, strict=True
    ):
        names = [stated.path, *(f"{Path(stated.path).parent}/{name}" for name in described.files)]
        for name in names:
            is_kept = described.format in {"har", "postman"}
            yield from _kept(partner.folder / name, os.path.normpath(name), is_recorded=is_kept)
    for path in sorted((partner.folder / "samples").rglob("*.json")):
        yield from _kept(path, path.relative_to(partner.folder).as_posix(), is_recorded=False)


def _kept(path: Path, where: str, *, is_recorded: bool) -> Iterator[Finding]:
    found = clean_document(path.read_bytes(), path.name).replaced
    if not found:
        return
    # Written documents show made-up values under such names; a form is rarely made up.
    severity = Severity.MEDIUM if FORMS & found.keys() else Severity.INFO
    listed = ", ".join(f"{what} ({count})" for what, count in found.items())
    yield make_finding(
        "secret-in-document",
        severity=Severity.HIGH if is_recorded else severity,
        pointer=where,
        listed=listed,
    )


def _open_units(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """Whole numbers in a currency without two decimals, of which nobody has said what they are."""
    currency = partner.manifest.currency
    for name, translator in partner.translators.items():
        if exponent(currency) != 2 and assumes_unit(translator.plan):
            yield make_finding(
                "unit-open",
                pointer=f"mapping.yaml#/mappings/{name}",
                currency=currency,
                name=name,
            )


RULES: tuple[Rule, ...] = (
    _kept_secrets,
    _unstated,
    _left_out,
    _open_place,
    _open_units,
    _unjudged,
    _drifted,
    _unexplained,
    _unmapped,
    _unfit_mappings,
    _unfilled_fields,
    _unread_events,
    _unfilled_parameters,
    _misplaced,
    _code,
)
