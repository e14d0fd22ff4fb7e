"""Does the partner's document say it: operations and events exist, with schemas, undamaged?"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.evidence.check_table import make_evidence, say
from workbench.model import (
    Binding,
    Catalogue,
    DocumentWarning,
    Event,
    Evidence,
    Feature,
    FeatureKind,
    FeatureSlug,
    Finding,
    Open,
    Operation,
    Outcome,
    Source,
    make_finding,
    tell_defect,
)
from workbench.partners import Partner


def gather(partner: Partner, catalogue: Catalogue) -> Iterator[Evidence]:
    """One observation per bound operation, event, and paper that documents can prove.

    Never touches the network. Features that are not bound are left out.
    """
    for feature in catalogue.features:
        if Source.DOCUMENTS not in feature.requires:
            continue
        statement = partner.statement(feature.slug)
        if not isinstance(statement, Binding):
            continue
        if feature.slug == FeatureSlug.VALIDATION_REPORT:
            yield _look_at_reasons(partner, catalogue, feature)
            continue
        if feature.kind is FeatureKind.PAPERWORK:
            yield _look_at_paper(partner, feature)
            continue
        for _, operation in partner.operations(feature.slug):
            yield _look_at(partner, feature, operation)
        for _, event in partner.events(feature.slug):
            yield _look_at(partner, feature, event)


def _look_at(partner: Partner, feature: Feature, item: Operation | Event) -> Evidence:
    is_event = feature.kind is FeatureKind.EVENT
    findings = [
        *_missing_parts(feature, item, is_event=is_event),
        *(
            tell_defect(warning, operation=item.id, hint=warning.hint or None)
            for warning in _warnings_of(partner, item)
        ),
    ]
    broken = any(finding.severity.breaks for finding in findings)
    title = item.summary or item.id
    return make_evidence(
        "documented",
        feature.slug,
        Outcome.FAILED if broken else Outcome.PASSED,
        say("documented.documents", document=item.document, id=item.id, title=title),
        shows=_criteria_by_document_alone(feature),
        subject=item.id,
        findings=findings,
        inputs=_inputs(partner, item.document),
        detail={"document": item.document, "pointer": item.pointer},
    )


def _missing_parts(
    feature: Feature, item: Operation | Event, *, is_event: bool
) -> Iterator[Finding]:
    if item.deprecated:
        yield make_finding("operation-deprecated", pointer=item.pointer, operation=item.id)
    if feature.is_read and item.response_schema is None:
        yield _no_schema(item, say("successful-answer"))
    sends = is_event or (isinstance(item, Operation) and item.method in {"PUT", "PATCH"})
    if sends and item.request_schema is None and not _has_examples(item):
        yield _no_schema(item, say("the-body"))


def _no_schema(item: Operation | Event, part: str) -> Finding:
    return make_finding("schema-missing", pointer=item.pointer, operation=item.id, part=part)


def _has_examples(item: Operation | Event) -> bool:
    return any(body.examples for body in item.bodies)


def _warnings_of(partner: Partner, item: Operation | Event) -> list[DocumentWarning]:
    return [
        warning
        for warning in partner.description.warnings
        if warning.document == item.document
        and item.pointer
        and (warning.pointer == item.pointer or warning.pointer.startswith(item.pointer + "/"))
    ]


def _criteria_by_document_alone(feature: Feature) -> tuple[str, ...]:
    return tuple(item.slug for item in feature.criteria if item.evidence == ("E1",))


def _look_at_paper(partner: Partner, feature: Feature) -> Evidence:
    described = partner.description
    if feature.slug == FeatureSlug.WEBHOOK_DOCS:
        found = [event.id for event in described.events]
        found += [name for stated in partner.manifest.features.values() for name in stated.events]
        subject, count = "webhooks", len(set(found))
    else:
        subject, count = "operations", len(described.operations)
    drift = [make_finding("document-changed", pointer=name, name=name) for name in partner.drifted]
    names = ", ".join(f"{doc.name} ({doc.format} {doc.version})" for doc in described.documents)
    return make_evidence(
        "documents-read",
        feature.slug,
        Outcome.PASSED if count else Outcome.CANT_TELL,
        say("documents-read.read", names=names, count=count, subject=subject),
        shows=_criteria_by_document_alone(feature),
        subject=names,
        findings=drift,
        inputs=dict(partner.inputs),
        detail={
            subject: count,
            "warnings": len(described.warnings),
            "documents": {document.name: document.sha256 for document in described.documents},
        },
    )


def _look_at_reasons(partner: Partner, catalogue: Catalogue, feature: Feature) -> Evidence:
    """Whether the report can say of every feature that it is integrated, or why it is not."""
    silent = [
        item.slug
        for item in catalogue.features
        if item.needs_statement and partner.statement(item.slug) is None
    ]
    if not silent and (found := _look_at_open(partner, catalogue, feature)):
        return found
    findings = [
        make_finding("feature-unstated", pointer=f"partner.yaml#/features/{slug}", feature=slug)
        for slug in silent
    ]
    return make_evidence(
        "reasons-stated",
        feature.slug,
        Outcome.FAILED if findings else Outcome.PASSED,
        say("reasons-stated.all") if not silent else say("reasons-stated.silent", n=len(silent)),
        shows=["all-stated"],
        subject="partner.yaml",
        findings=findings,
        inputs={"partner.yaml": partner.inputs["partner.yaml"]},
    )


def _inputs(partner: Partner, document: str) -> dict[str, str]:
    overlay = partner.manifest.overlay
    beside = {overlay: partner.inputs[overlay]} if overlay and overlay in partner.inputs else {}
    return {**partner.document_inputs(document), **beside}


def _look_at_open(partner: Partner, catalogue: Catalogue, feature: Feature) -> Evidence | None:
    """What keeps the report a draft; None when everything is judged."""
    judged = [partner.statement(item.slug) for item in catalogue.features]
    count = sum(isinstance(statement, Open) for statement in judged)
    if not count:
        return None
    return make_evidence(
        "reasons-stated",
        feature.slug,
        Outcome.UNTESTED,
        say("reasons-stated.open", n=count),
        subject="partner.yaml",
        inputs={"partner.yaml": partner.inputs["partner.yaml"]},
    )
