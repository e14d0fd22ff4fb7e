"""Rules on a partner folder, checked offline; each is a function that yields findings about it.

A folder that does not load at all raises; these rules look at one that loads, and say what will
later be missing: an unstated feature, a parameter that nothing fills, an event that nothing reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from workbench.adapters import find_hindrances
from workbench.description import clean_document
from workbench.errors import InputError
from workbench.lint.order import arrange
from workbench.mapping import check_mapping, check_required
from workbench.model import (
    Absence,
    Binding,
    Catalogue,
    FeatureKind,
    Finding,
    Matter,
    Open,
    Severity,
    Source,
)
from workbench.partners import HOOKS, OVERRIDES, Partner, read_overrides
from workbench.secrecy import FORMS
from workbench.settings import variable_name

Rule = Callable[[Partner, Catalogue], Iterator[Finding]]


def lint(partner: Partner, catalogue: Catalogue) -> list[Finding]:
    """All findings about a partner folder; what blocks a run first."""
    findings = [finding for rule in RULES for finding in rule(partner, catalogue)]
    return arrange(findings)


def _unstated(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        if feature.needs_statement and partner.statement(feature.slug) is None:
            yield Finding(
                slug="feature-unstated",
                matter=Matter.FOLDER,
                severity=Severity.HIGH,
                summary=f"The folder says nothing about {feature.slug} ({feature.title}).",
                pointer=f"partner.yaml#/features/{feature.slug}",
                hint="Bind it, or state `status: unsupported` with code, reason and cite.",
            )


def _left_out(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    for warning in partner.description.warnings:
        if warning.is_omission:
            yield Finding(
                slug=warning.slug,
                matter=Matter.DOCUMENT,
                severity=Severity(warning.severity),
                summary=warning.summary,
                pointer=f"{warning.document}#{warning.pointer}",
            )


def _unjudged(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        statement = partner.statement(feature.slug)
        pointer = f"partner.yaml#/features/{feature.slug}"
        if isinstance(statement, Open):
            near = f" It may be {statement.candidates[0]}." if statement.candidates else ""
            yield Finding(
                slug="feature-open",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"Nobody has judged {feature.slug} ({feature.title}) yet.{near}",
                pointer=pointer,
                hint="Bind it, or state `status: unsupported` with code, reason and cite.",
            )
        elif isinstance(statement, Binding) and not statement.reviewed:
            yield Finding(
                slug="binding-unreviewed",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"Nobody has reviewed what the draft proposes for {feature.slug}.",
                pointer=pointer,
                hint="Look at the operations and the mapping, then remove `reviewed: false`.",
            )


def _open_place(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """What a draft left open: address, time zone, currency."""
    stated = partner.manifest.model_fields_set
    for name, words, stands in (
        ("timezone", "time zone", "times without offset are read as UTC"),
        ("currency", "currency", "amounts without currency have none"),
    ):
        if name not in stated:
            yield Finding(
                slug=f"{name}-open",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"Nobody has stated the {words} of the test restaurant: {stands}.",
                pointer=f"partner.yaml#/{name}",
                hint=f"Ask, and write `{name}:`.",
            )
    for name, environment in partner.manifest.environments.items():
        if (urlsplit(environment.base_url).hostname or "").endswith(".invalid"):
            yield Finding(
                slug="address-open",
                matter=Matter.FOLDER,
                severity=Severity.HIGH,
                summary=f"Nobody has stated the address of the {name}.",
                pointer=f"partner.yaml#/environments/{name}/base_url",
                hint="Ask for it, or set it for one run with "
                f"{variable_name(partner.slug, name, 'base_url')}.",
            )


def _drifted(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    for name in partner.drifted:
        yield Finding(
            slug="document-changed",
            matter=Matter.FOLDER,
            severity=Severity.HIGH,
            summary=f"{name} is not the file whose hash the manifest states.",
            pointer="partner.yaml#/documents",
            hint="Restore the partner's file, or review the new one and update sha256.",
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
                yield Finding(
                    slug="reason-unknown",
                    matter=Matter.FOLDER,
                    severity=Severity.HIGH,
                    summary=f"{feature.slug} gives reason {absence.code}, which does not exist.",
                    pointer=pointer,
                    hint="Codes are listed by `workbench features --reasons`.",
                )
        if isinstance(statement, Absence) and not statement.cite:
            yield Finding(
                slug="absence-without-citation",
                matter=Matter.FOLDER,
                severity=Severity.LOW,
                summary=f"{feature.slug} is stated as {statement.status} without a citation.",
                pointer=f"partner.yaml#/features/{feature.slug}/cite",
                hint="Name the page, or the date on which the partner confirmed it.",
            )


def _unmapped(partner: Partner, catalogue: Catalogue) -> Iterator[Finding]:
    for feature in catalogue.features:
        stated = partner.feature(feature.slug)
        if stated is None or stated.status or Source.SAMPLES not in feature.requires:
            continue
        pointer = f"partner.yaml#/features/{feature.slug}/mapping"
        translator = partner.translator(feature.slug)
        if translator is None:
            yield Finding(
                slug="mapping-missing",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"{feature.slug} is bound, but names no mapping.",
                pointer=pointer,
                hint="Write a mapping in mapping.yaml and name it here.",
            )
        elif feature.is_ours and not translator.can_write:
            yield Finding(
                slug="mapping-one-way",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"Mapping {translator.name!r} of {feature.slug} cannot be written outward.",
                pointer=pointer,
                hint="Remove `one-way: in` from the rules that are needed to write.",
            )
        elif not partner.samples(feature.slug):
            yield Finding(
                slug="sample-missing",
                matter=Matter.FOLDER,
                severity=Severity.MEDIUM,
                summary=f"{feature.slug} has no recorded sample.",
                pointer=f"samples/{feature.slug}",
                hint="Save one payload of the partner there.",
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
        at = next((rule.each for rule in rules if rule.each), "$")
        found = check_mapping(
            translator,
            partner.description,
            item.document,
            schema,
            at=at,
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
                yield Finding(
                    slug="event-without-rule",
                    matter=Matter.FOLDER,
                    severity=Severity.HIGH,
                    summary=f"Nothing says how {name} is recognised among the webhooks.",
                    pointer="partner.yaml#/webhooks/events",
                    hint=f"Add an entry {name!r} with `match`.",
                )
    if webhooks and webhooks.signature.scheme == "none":
        yield Finding(
            slug="webhooks-unsigned",
            matter=Matter.FOLDER,
            severity=Severity.MEDIUM,
            summary="Webhooks cannot be authenticated.",
            pointer="partner.yaml#/webhooks/signature",
            hint="Ask the partner for a signature or a shared token (reason R10).",
        )


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
                    yield Finding(
                        slug="parameter-unfilled",
                        matter=Matter.FOLDER,
                        severity=Severity.MEDIUM,
                        summary=f"Nothing fills the {parameter.place} parameter "
                        f"{parameter.name!r} of {operation.id}.",
                        pointer="partner.yaml#/parameters",
                        operation=operation.id,
                        hint=f"Add `{parameter.name}: order` (or another entity), or a constant "
                        "under test_account.values.",
                    )


def _misplaced(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """Addresses that are not what the environment says, and to which nothing is written."""
    for name in partner.manifest.environments:
        for hindrance in find_hindrances(partner, name):
            yield Finding(
                slug=hindrance.slug,
                matter=Matter.FOLDER,
                severity=Severity.HIGH,
                summary=hindrance.summary,
                pointer=hindrance.pointer,
                hint=hindrance.hint,
            )


def _code(partner: Partner, _: Catalogue) -> Iterator[Finding]:
    """What of the folder is code or a program's configuration."""
    path = partner.folder / HOOKS
    if path.is_file():
        yield Finding(
            slug="folder-has-code",
            matter=Matter.FOLDER,
            severity=Severity.INFO,
            summary=f"{HOOKS} is code: it runs with your rights wherever this folder is tested.",
            pointer=HOOKS,
            hint="Read it before you run a folder that somebody else made.",
        )
    elif partner.manifest.auth.scheme == "hook":
        yield Finding(
            slug="hook-missing",
            matter=Matter.FOLDER,
            severity=Severity.HIGH,
            summary=f"Logging in is a hook, and there is no {HOOKS}.",
            pointer="partner.yaml#/auth/scheme",
            hint="Write auth(method, url, body, credentials) that returns the headers.",
        )
    try:
        if (partner.folder / OVERRIDES).is_file():
            read_overrides(partner.folder / OVERRIDES)
    except InputError as error:
        yield Finding(
            slug="overrides-refused",
            matter=Matter.FOLDER,
            severity=Severity.HIGH,
            summary=f"{error.message}.",
            pointer=OVERRIDES,
            hint=error.hint,
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
    yield Finding(
        slug="secret-in-document",
        matter=Matter.FOLDER,
        severity=Severity.HIGH if is_recorded else severity,
        summary=f"{where} seems to hold secrets or personal data: {listed}.",
        pointer=where,
        hint="Replace the values, or draft the folder anew with `workbench new`, which does; "
        "if they were live, ask the partner for new ones.",
    )


RULES: tuple[Rule, ...] = (
    _kept_secrets,
    _unstated,
    _left_out,
    _open_place,
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
