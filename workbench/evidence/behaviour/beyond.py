"""What is seen in the industry and was not asked for: one generic check for all such services.

A row of the area *beyond* counts as proved when what the folder binds for it is answered with 2xx
for real things of the test account, and the answer becomes canonical where there is a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.adapters import SAFE, Answer
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS
from workbench.evidence.placing import fresh, send
from workbench.model import Access, Evidence, Feature, Operation, Outcome

_CHECK = "bound-and-answered"


def try_beyond(context: CheckContext) -> Iterator[Evidence]:
    """Call what is bound for each such service: reads as they are, writes with a recorded body."""
    for feature in context.catalogue.features:
        if feature.access is not Access.ACT or not context.partner.operations(feature.slug):
            continue
        try:
            yield _try(context, feature)
        except (PartnerError, InputError) as error:
            words = say("not-tried", error=error)
            yield context.tell(feature.slug, _CHECK, words, outcome=Outcome.CANT_TELL)


def _try(context: CheckContext, feature: Feature) -> Evidence:
    answers: list[tuple[Operation, Answer]] = []
    left_out: list[str] = []
    ids = _ids(context, feature)
    for _, operation in context.partner.operations(feature.slug):
        body = _body(context, feature, operation)
        is_read = operation.method in SAFE
        if operation.method == "DELETE" or (not is_read and body is None):
            left_out.append(operation.id)
        elif is_read or context.session.allow_writes:
            payload = None if is_read or not operation.bodies else body
            answers.append((operation, send(context.session, operation, payload, ids=ids)))
    told = ", ".join(f"{operation.id}: {answer.status}" for operation, answer in answers)
    if not answers:
        what = say(
            "bound-and-answered.no-body",
            operations=", ".join(left_out) or say("bound-and-answered.anything"),
        )
        return context.lack(feature.slug, _CHECK, what)
    good = all(answer.is_success for _, answer in answers)
    good = good and all(_is_translated(context, feature, answer) for _, answer in answers)
    return context.tell(
        feature.slug,
        _CHECK,
        say("bound-and-answered.called", told=told),
        subject=answers[0][0].id,
        shows=[item.slug for item in feature.criteria],
        outcome=Outcome.PASSED if good else Outcome.UNTESTED,
    )


def _ids(context: CheckContext, feature: Feature) -> dict[str, str]:
    """A new thing of the noun where one can be placed, else a known one."""
    noun = feature.noun or ""
    kind = next((item for item in KINDS if item.noun == noun), None)
    placed = fresh(context.session, kind) if kind is not None else None
    known = context.known_of(feature.slug)
    name = placed or next(iter(known), None)
    return {noun: name} if name else {}


def _body(context: CheckContext, feature: Feature, operation: Operation) -> object | None:
    """The recorded payload of the partner; an empty one where the operation takes none."""
    if not operation.bodies:
        return {}
    samples = context.partner.samples(feature.slug)
    return samples[0].payload if samples else None


def _is_translated(context: CheckContext, feature: Feature, answer: Answer) -> bool:
    """Whether the answer becomes canonical, where a mapping reads it and it holds anything."""
    translator = context.partner.translator(feature.slug)
    if translator is None or not answer.body or answer.request.method not in SAFE:
        return True
    try:
        translator.translate(answer.json())
    except TranslationError:
        return False
    return True
