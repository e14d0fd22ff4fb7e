"""Do recorded payloads fit the documents, and do they become canonical and back without loss?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.canonical import Entity, Order
from workbench.description import find_violations
from workbench.errors import HookError, TranslationError
from workbench.evidence.check_table import make_evidence, say
from workbench.evidence.laws import broken_laws, find_assumed_units
from workbench.evidence.zones import find_unzoned
from workbench.mapping import Translator
from workbench.model import (
    Binding,
    Catalogue,
    Evidence,
    Feature,
    FeatureKind,
    Finding,
    Outcome,
    Requirement,
    Severity,
    Source,
    compare_json,
    find_nodes,
    make_finding,
    reads_same,
    show_json,
)
from workbench.partners import Partner, Sample

_MOST_FINDINGS = 20


def gather(partner: Partner, catalogue: Catalogue) -> Iterator[Evidence]:
    """One observation per sample of every bound feature that rests on samples.

    A bound feature without samples or without mapping gives one `untested` observation that says
    what is missing.
    """
    for feature in catalogue.features:
        bound = isinstance(partner.statement(feature.slug), Binding)
        if not bound or Source.SAMPLES not in feature.requires:
            continue
        if feature.kind is FeatureKind.PAPERWORK:
            yield _look_at_mappings(partner, feature)
            continue
        translator = partner.translator(feature.slug)
        samples = partner.samples(feature.slug)
        if translator is None or not samples:
            missing = "mapping" if translator is None else say("recorded-sample")
            yield _untested(partner, feature, missing)
            continue
        for sample in samples:
            yield _look_at(partner, feature, translator, sample)


def _look_at_mappings(partner: Partner, feature: Feature) -> Evidence:
    """The mapping sheet: every bound feature that carries data has a mapping that compiles."""
    names = sorted(partner.translators)
    return make_evidence(
        "mappings-compiled",
        feature.slug,
        Outcome.PASSED if names else Outcome.UNTESTED,
        say("mappings-compiled.holds", n=len(names), names=", ".join(names) or "none"),
        shows=["compiled"],
        subject="mapping.yaml",
        inputs={name: partner.inputs[name] for name in ("mapping.yaml",) if name in partner.inputs},
    )


def _look_at(
    partner: Partner, feature: Feature, translator: Translator, sample: Sample
) -> Evidence:
    findings = [*_off_schema(partner, feature, sample)]
    detail: dict[str, Any] = {"sample": sample.path, "mapping": translator.name}
    entities: list[Entity] = []
    try:
        look = _write if feature.is_ours else _read
        result = look(partner, feature, translator, sample)
        findings += result.findings
        detail |= {"unread": sorted(result.unread), "unfilled": sorted(result.unfilled)}
        entities = result.entities
    except HookError as error:
        return _hindered(partner, feature, sample, error)
    except TranslationError as error:
        findings.append(
            make_finding(
                "sample-not-translated",
                pointer=error.path or None,
                observed=show_json(error.value),
                path=sample.path,
                why=error.message,
                field=error.field,
            )
        )
    broken = any(finding.severity.breaks for finding in findings)
    way = "canonical → theirs" if feature.is_ours else "theirs → canonical"
    return make_evidence(
        "sample-translated",
        feature.slug,
        Outcome.FAILED if broken else Outcome.PASSED,
        say("sample-translated.translated", path=sample.path, way=way, name=repr(translator.name)),
        shows=_criteria(feature, entities),
        subject=sample.label,
        findings=findings[:_MOST_FINDINGS],
        inputs=_inputs(partner, sample),
        detail=detail,
    )


def _hindered(partner: Partner, feature: Feature, sample: Sample, error: HookError) -> Evidence:
    """The folder's own code failed, which says nothing of the partner and spoils nothing else."""
    return make_evidence(
        "sample-translated",
        feature.slug,
        Outcome.CANT_TELL,
        say("sample-translated.failed", path=sample.path, error=error),
        subject=sample.label,
        inputs=_inputs(partner, sample),
    )


@dataclass
class Look:
    """What translating one sample showed."""

    entities: list[Entity] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    unfilled: set[str] = field(default_factory=set)


def _read(partner: Partner, feature: Feature, translator: Translator, sample: Sample) -> Look:
    look = Look()
    for item in items(partner, feature, sample):
        translation = translator.translate(item)
        look.entities.append(translation.value)
        look.unread |= {*translation.coverage.unread}
        look.unfilled |= {*translation.coverage.unfilled}
        look.findings += _broken_invariants(translation.value, sample, translator)
        zone = partner.manifest.timezone
        look.findings += find_unzoned(translation, sample.path, zone, Severity.LOW)
        look.findings += find_assumed_units(translation, sample.path, translator.name, Severity.LOW)
    if sample.canonical is not None:
        dumped = [entity.model_dump(mode="json") for entity in look.entities]
        actual = dumped if isinstance(sample.canonical, list) else dumped[0]
        look.findings += _differences(sample.canonical, actual, sample, say("canonical-entity"))
    return look


def _write(_partner: Partner, _feature: Feature, translator: Translator, sample: Sample) -> Look:
    if sample.canonical is None:
        raise TranslationError(
            "a sample of something we send needs the canonical entity beside it",
            path="",
            field=sample.path,
        )
    entity = translator.read_entity(sample.canonical)
    written = translator.untranslate(entity)
    return Look(
        entities=[entity],
        findings=[
            *_broken_invariants(entity, sample, translator),
            *_differences(sample.payload, written.payload, sample, say("payload-we-send")),
        ],
        unread={*written.coverage.unread},
        unfilled={*written.coverage.unfilled},
    )


def items(partner: Partner, feature: Feature, sample: Sample) -> list[Any]:
    """The items inside a webhook body: a batch has several."""
    webhooks = partner.manifest.webhooks
    if feature.kind is FeatureKind.EVENT and webhooks is not None:
        for name, _ in partner.events(feature.slug):
            rule = webhooks.events.get(name)
            if rule is not None and rule.each:
                return [item for _, item in find_nodes(rule.each, sample.payload)]
    return [sample.payload]


def _broken_invariants(entity: Entity, sample: Sample, translator: Translator) -> list[Finding]:
    return [
        make_finding(
            "broken-law",
            **facts,
            place=sample.path,
            hint=say("sample-translated.remark"),
        )
        for facts in broken_laws(entity, translator)
    ]


def _differences(expected: Any, actual: Any, sample: Sample, what: str) -> list[Finding]:
    return [
        make_finding(
            "sample-differs",
            expected=show_json(wanted),
            pointer=pointer or "/",
            observed=show_json(found),
            path=sample.path,
            what=what,
        )
        for pointer, wanted, found in compare_json(expected, actual, same=reads_same)
    ]


def _off_schema(partner: Partner, feature: Feature, sample: Sample) -> Iterator[Finding]:
    item, schema = partner.mapped_schema(feature)
    if item is None or schema is None:
        return
    for violation in find_violations(partner.description, item.document, schema, sample.payload):
        yield make_finding(
            "sample-off-schema",
            severity=Severity.HIGH if feature.is_ours else Severity.MEDIUM,
            pointer=violation.pointer,
            operation=item.id,
            observed=violation.message,
            path=sample.path,
        )


def _criteria(feature: Feature, entities: list[Entity]) -> tuple[str, ...]:
    """Criteria that a good sample proves by itself.

    Those need only mapping (E2), invariants (E9) or time cases (E10). Conditional ones, such as
    "covers table orders", also need a sample of that kind; what is beyond the agreed scope is not
    claimed from samples.
    """
    offline = {"E1", "E2", "E9", "E10"}
    kinds = {str(entity.order_type) for entity in entities if isinstance(entity, Order)}
    return tuple(
        item.slug
        for item in feature.criteria
        if item.evidence
        and item.evidence != ("E1",)
        and offline.issuperset(item.evidence)
        and (item.requirement is Requirement.REQUIRED or item.slug in feature.proved_by(*kinds))
    )


def _untested(partner: Partner, feature: Feature, missing: str) -> Evidence:
    return make_evidence(
        "sample-translated",
        feature.slug,
        Outcome.UNTESTED,
        say("sample-translated.missing", missing=missing, feature=feature.slug, slug=partner.slug),
        inputs={"partner.yaml": partner.inputs["partner.yaml"]},
    )


def _inputs(partner: Partner, sample: Sample) -> dict[str, str]:
    digest = hashlib.sha256((partner.folder / sample.path).read_bytes()).hexdigest()
    return {sample.path: digest, "mapping.yaml": partner.inputs["mapping.yaml"]}
