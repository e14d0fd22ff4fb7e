"""What the draft states of each feature: a proposed binding with its reasons, or `open`."""

from __future__ import annotations

from typing import Any

from workbench.canonical import OrderStatus, ReservationStatus
from workbench.drafting.feature_questions import ask_about
from workbench.drafting.mappings import DraftedMappings
from workbench.drafting.review import ReviewSheet
from workbench.drafting.yaml_text import Noted
from workbench.model import Aspect, Feature, FeatureKind, FeatureSlug, Operation
from workbench.suggest import Suggestion, status_meant

_PASSED_OVER = 2  # candidates that were not taken, shown for comparison
_ACCESS = {
    FeatureSlug.TEST_ACCOUNT: "No test restaurant has been given to us yet; to be confirmed.",
    FeatureSlug.SANDBOX_CREDENTIALS: "No credentials of a test environment have been given yet.",
    FeatureSlug.PRODUCTION_CREDENTIALS: "No production credentials have been given yet.",
}


def state_features(sheet: ReviewSheet, mappings: DraftedMappings) -> dict[str, Any]:
    """The `features` of the manifest, in the order of the catalogue."""
    stated: dict[str, Any] = {}
    for feature in sheet.catalogue.features:
        if not feature.needs_statement:
            continue
        if feature.kind is FeatureKind.PAPERWORK:
            stated[feature.slug] = _paperwork(sheet, feature)
        elif sheet.bound(feature.slug):
            stated[feature.slug] = _binding(sheet, feature, mappings)
        else:
            stated[feature.slug] = _unbound(sheet, feature)
    return stated


def ask_about_features(sheet: ReviewSheet, mappings: DraftedMappings) -> list[str]:
    """Questions that the absent features leave for the partner."""
    questions = []
    for feature in sheet.features():
        if sheet.bound(feature.slug) or feature.slug in sheet.absences:
            continue
        near = [item.reference for item in sheet.candidates(feature.slug)[:1]]
        hint = f" The nearest that we found is {near[0]}." if near else ""
        questions.append(f"{ask_about(feature)}{hint}")
    unmapped = (f"{sheet.bound(slug)[0]} ({slug})" for slug in mappings.failures)
    return [*questions, *(f"What does the body of {name} look like?" for name in unmapped)]


def _binding(sheet: ReviewSheet, feature: Feature, mappings: DraftedMappings) -> Noted:
    references = sheet.bound(feature.slug)
    scored = {item.reference: item for item in sheet.candidates(feature.slug)}
    notes = []
    for reference in references:
        found = scored.get(reference)
        why = f"{found.score:.2f}, {'; '.join(found.reasons)}" if found else "bound by hand"
        notes.append(f"{reference}: {why}")
        if found and found.against:
            notes.append(f"  against it: {'; '.join(found.against)}")
    left = [item for item in scored.values() if item.reference not in references]
    notes += [f"not taken: {item.reference} ({item.score:.2f})" for item in left[:_PASSED_OVER]]
    statement: dict[str, Any] = {}
    if feature.kind is FeatureKind.EVENT:
        statement["events"] = list(references)
    else:
        statement["operations"] = _operations(sheet, feature, references)
    if feature.slug in mappings.names:
        statement["mapping"] = mappings.names[feature.slug]
    if not sheet.is_decided(feature.slug):
        statement["reviewed"] = False
    return Noted(statement, notes)


def _operations(sheet: ReviewSheet, feature: Feature, references: tuple[str, ...]) -> list[Any]:
    """References, each with the status it sets where several operations share the work."""
    if len(references) < 2 or not feature.is_write or feature.aspect is not Aspect.STATUS:
        return list(references)
    known = ReservationStatus if feature.noun == "reservation" else OrderStatus
    # Of an order, to confirm is the common word for to accept.
    ours = [item.value for item in known if item is not OrderStatus.CONFIRMED]
    listed: list[Any] = []
    for reference in references:
        item = sheet.item(reference)
        path = item.path.rpartition("/")[2] if isinstance(item, Operation) else item.id
        status = status_meant(path, ours) or status_meant(item.summary, ours)
        listed.append({"operation": reference, "for": [status]} if status else reference)
    return listed


def _unbound(sheet: ReviewSheet, feature: Feature) -> Noted:
    """`open` with what was seen; an absence only where the reviewer stated one."""
    near = sheet.candidates(feature.slug)[:_PASSED_OVER]
    notes = [_look_here(item) for item in near]
    if feature.slug in sheet.absences:
        code, reason = sheet.absences[feature.slug]
        return Noted({"status": "unsupported", "code": code, "reason": reason}, notes)
    if not near:
        notes = ["nothing of it was seen in the documents"]
    statement: dict[str, Any] = {"status": "open"}
    if near:
        statement["candidates"] = [item.reference for item in near]
    return Noted(statement, notes)


def _look_here(item: Suggestion) -> str:
    """A candidate that is not sure enough to be bound, with what speaks for and against it."""
    told = [*item.reasons[:2], *(f"but {text}" for text in item.against[:1])]
    return f"look here: {item.reference} ({item.score:.2f}): {'; '.join(told)}"


def _paperwork(sheet: ReviewSheet, feature: Feature) -> dict[str, str]:
    documents = sheet.description.documents
    if feature.slug == FeatureSlug.API_DOCS:
        kinds = [
            f"{item.name} ({item.format} {item.version})".replace(" )", ")") for item in documents
        ]
        return {"given": f"{', '.join(kinds)}."}
    has_events = any(
        sheet.bound(item.slug) for item in sheet.features() if item.kind is FeatureKind.EVENT
    )
    if feature.slug == FeatureSlug.WEBHOOK_DOCS and has_events:
        return {"given": "Described in the same documents."}
    reason = _ACCESS.get(feature.slug, "The documents that we have say nothing about it.")
    return {"status": "open", "reason": reason}
