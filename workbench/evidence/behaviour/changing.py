"""Changes and removals of catalogue entries: only what was meant, all of it, and for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.adapters import Answer
from workbench.errors import InputError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import differences
from workbench.evidence.bodies import Maker
from workbench.evidence.check_table import say
from workbench.evidence.kinds import feature_of
from workbench.evidence.known import known_values
from workbench.evidence.placing import send
from workbench.evidence.relations import at, last_parameter
from workbench.model import Evidence, Finding, Operation, Outcome, SchemaReader, show_json

_OWN_CHECKS = frozenset({"order", "reservation", "delivery"})  # nouns that have checks of their own
_NEW_ID = "workbench-temporary"


def change_one_field(context: CheckContext) -> Iterator[Evidence]:
    """PATCH changes the field that is sent, and leaves the others as they are.

    So does a PUT that the folder binds for `partial` or `change`, and not for `replace`.
    """
    merging = [item for item in _targets(context, "PUT") if _merges(context, item)]
    yield from _each(
        context, [*_targets(context, "PATCH"), *merging], "patch-leaves-others", _patch
    )


def replace_whole(context: CheckContext) -> Iterator[Evidence]:
    """PUT replaces: an optional field that is left out is gone, or back to its default.

    One that the folder binds for changes of single fields is not held to that.
    """
    whole = [item for item in _targets(context, "PUT") if not _merges(context, item)]
    yield from _each(context, whole, "put-replaces", _put)


def remove_and_read(context: CheckContext) -> Iterator[Evidence]:
    """What is removed is not found any more, and removing it again does no harm."""
    if not context.partner.environment(context.session.environment).consent:
        for feature in {context.owner(item) for item in _targets(context, "DELETE")} - {None}:
            yield context.tell(
                feature or "",
                "use-after-delete",
                say("use-after-delete.no-consent"),
                outcome=Outcome.UNTESTED,
            )
        return
    yield from _each(context, _targets(context, "DELETE"), "use-after-delete", _remove)


Try = Callable[[CheckContext, str, Operation, Operation, dict[str, str]], Evidence]


def _each(
    context: CheckContext, operations: list[Operation], check: str, attempt: Try
) -> Iterator[Evidence]:
    for operation in operations:
        feature = context.owner(operation)
        read = at(context.partner, operation.path, "GET")
        if feature is None or read is None or feature_of(feature).noun in _OWN_CHECKS:
            continue
        if not context.session.allow_writes:
            why = say("writing-not-allowed")
            yield context.tell(feature, check, why, outcome=Outcome.UNTESTED, subject=operation.id)
            continue
        ids = _existing(context, read)
        if ids is None:
            why = say("no-known-id", read=read.id)
            yield context.lack(feature, check, why, subject=operation.id)
            continue
        try:
            yield attempt(context, feature, operation, read, ids)
        except InputError as error:
            yield context.tell(
                feature, check, str(error), outcome=Outcome.UNTESTED, subject=operation.id
            )


def _targets(context: CheckContext, method: str) -> list[Operation]:
    """Operations of a method that the folder names; nothing else is ever written to."""
    found = (item for item in context.partner.callable_operations if item.method == method)
    return [item for item in found if context.partner.names(item)]


def _merges(context: CheckContext, operation: Operation) -> bool:
    """Whether the folder says that only the fields that are sent change."""
    bound = [
        set(item.for_)
        for feature in context.catalogue.features
        for item, found in context.partner.operations(feature.slug)
        if found is operation
    ]
    return any(words & {"partial", "change"} and "replace" not in words for words in bound)


def _existing(context: CheckContext, read: Operation) -> dict[str, str] | None:
    """Ids with which a read finds something; the empty ones when it needs none."""
    name = last_parameter(read.path)
    options = known_values(context.partner, context.session.environment, name) if name else ("",)
    for value in options[:4]:
        ids = {name: str(value)} if name else {}
        try:
            answer = send(context.session, read, ids=ids)
            if answer.status < 300 and isinstance(answer.json(), dict):
                return ids
        except InputError:
            return None
    return None


def _writable(context: CheckContext, operation: Operation) -> dict[str, Any]:
    reader = SchemaReader.of(context.partner.description, operation.document)
    schema = reader.first(operation.request_schema)
    return {name: reader.first(part) for name, part in schema.get("properties", {}).items()}


def _resource(answer: Answer, names: Mapping[str, Any]) -> dict[str, Any]:
    """The thing in an answer, out of its wrapper."""
    body = answer.json()
    options = [body, *(body.values() if isinstance(body, dict) else ())]
    things = [item for item in options if isinstance(item, dict)]
    return max(things, key=lambda item: len(set(item) & set(names)), default={})


def _another(value: Any, schema: Mapping[str, Any]) -> Any:
    """Another value of the same kind that the schema allows, or None."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) and not {"enum", "format", "pattern", "const"} & set(schema):
        changed = f"{value} 2"
        return changed if len(changed) <= schema.get("maxLength", 80) else None
    return None


def _patch(
    context: CheckContext, feature: str, operation: Operation, read: Operation, ids: dict[str, str]
) -> Evidence:
    names = _writable(context, operation)
    before = _resource(send(context.session, read, ids=ids), names)
    change = next(
        (
            (name, other)
            for name, schema in names.items()
            if name in before and name not in ids
            if (other := _another(before[name], schema)) is not None
        ),
        None,
    )
    if change is None:
        raise InputError(say("patch-leaves-others.no-plain-field", operation=operation.id))
    name, value = change
    answer = send(context.session, operation, {name: value}, ids=ids)
    after = _resource(send(context.session, read, ids=ids), names)
    if answer.status < 300:
        send(context.session, operation, {name: before[name]}, ids=ids)
    findings = [*_patch_findings(operation, name, value, before, after, answer)]
    return context.tell(
        feature,
        "patch-leaves-others",
        say("patch-leaves-others.changed", name=name, operation=operation.id, status=answer.status),
        subject=operation.id,
        shows=["partial-update"],
        findings=findings,
        outcome=Outcome.UNTESTED if answer.status >= 300 and not findings else None,
    )


def _patch_findings(
    operation: Operation,
    name: str,
    value: Any,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    answer: Answer,
) -> Iterator[Finding]:
    if answer.status >= 300:
        return
    if after.get(name) != value:
        yield finding(
            "patch-without-effect",
            expected=show_json(value),
            operation=operation.id,
            observed=show_json(after.get(name)),
            pointer=f"/{name}",
            answer=answer,
            status=answer.status,
            name=name,
        )
    kept = {key: old for key, old in before.items() if key != name and not _is_stamp(key)}
    for item in differences(kept, dict(after)) if after else ():
        yield finding(
            "patch-changed-others",
            expected=show_json(item.sent),
            operation=operation.id,
            observed=show_json(item.found),
            pointer=item.pointer,
            answer=answer,
            name=name,
        )


def _put(
    context: CheckContext, feature: str, operation: Operation, read: Operation, ids: dict[str, str]
) -> Evidence:
    names = _writable(context, operation)
    reader = SchemaReader.of(context.partner.description, operation.document)
    schema = reader.first(operation.request_schema)
    before = _resource(send(context.session, read, ids=ids), names)
    body = {name: before[name] for name in names if name in before}
    required = schema.get("required", [])
    if not set(required) <= set(body):
        raise InputError(say("shown-too-little", read=read.id, operation=operation.id))
    for name in [key for key in body if key not in required]:
        value = _another(body[name], names[name])
        if value is None or isinstance(value, bool):
            continue
        if send(context.session, operation, {**body, name: value}, ids=ids).status >= 300:
            continue
        shorter = {key: kept for key, kept in body.items() if key != name}
        answer = send(context.session, operation, shorter, ids=ids)
        after = _resource(send(context.session, read, ids=ids), names)
        send(context.session, operation, body, ids=ids)
        return _tell_put(context, feature, operation, name, value, answer, after)
    raise InputError(say("put-replaces.nothing-optional", read=read.id))


def _tell_put(
    context: CheckContext,
    feature: str,
    operation: Operation,
    name: str,
    value: Any,
    answer: Answer,
    after: Mapping[str, Any],
) -> Evidence:
    findings = []
    if answer.status < 300 and after.get(name) == value:
        findings.append(
            finding(
                "put-merges",
                operation=operation.id,
                observed=show_json(after.get(name)),
                pointer=f"/{name}",
                answer=answer,
                name=name,
            )
        )
    return context.tell(
        feature,
        "put-replaces",
        say("put-replaces.sent", operation=operation.id, name=name, status=answer.status),
        subject=operation.id,
        findings=findings,
        outcome=Outcome.UNTESTED if answer.status >= 300 else None,
    )


def _remove(
    context: CheckContext, feature: str, operation: Operation, read: Operation, ids: dict[str, str]
) -> Evidence:
    name = last_parameter(operation.path)
    put = at(context.partner, operation.path, "PUT")
    if name is None or put is None or not context.partner.names(put):
        raise InputError(say("use-after-delete.no-put", operation=operation.id))
    made = {name: _NEW_ID}
    body = _copy(context, put, read, ids)
    answer = send(context.session, put, body, ids=made)
    if answer.status >= 300 or send(context.session, read, ids=made).status >= 300:
        raise InputError(say("use-after-delete.not-made", put=put.id, status=answer.status))
    gone, again, second = (
        send(context.session, item, ids=made) for item in (operation, read, operation)
    )
    findings = [*_leftovers(operation, gone, again, second)]
    return context.tell(
        feature,
        "use-after-delete",
        say(
            "use-after-delete.removed",
            operation=operation.id,
            gone=gone.status,
            again=again.status,
            second=second.status,
        ),
        subject=operation.id,
        shows=["remove"],
        findings=findings,
        outcome=Outcome.UNTESTED if gone.status >= 400 and not findings else None,
    )


def _copy(context: CheckContext, put: Operation, read: Operation, ids: dict[str, str]) -> Any:
    """The body of something that exists, under another id."""
    names = _writable(context, put)
    thing = _resource(send(context.session, read, ids=ids), names)
    body = {key: value for key, value in thing.items() if key in names}
    old = next(iter(ids.values()), "")
    renamed = {key: _NEW_ID if value == old else value for key, value in body.items()}
    made = Maker(context.partner, context.session.environment, put.document, full=False).make(
        put.request_schema
    )
    return {**made, **renamed} if isinstance(made, dict) else renamed


def _leftovers(
    operation: Operation, gone: Answer, again: Answer, second: Answer
) -> Iterator[Finding]:
    if gone.status < 300 and again.status < 300:
        yield finding(
            "use-after-delete", operation=operation.id, observed=str(again.status), answer=gone
        )
    for what, answer in ((say("removing"), gone), (say("removing-again"), second)):
        if answer.status >= 500:
            yield finding(
                "delete-breaks",
                operation=operation.id,
                observed=f"{answer.status} {answer.excerpt}",
                answer=answer,
                what=what,
                status=answer.status,
            )


def _is_stamp(name: str) -> bool:
    """Whether a field is expected to change with every write."""
    word = name.lower().replace("_", "")
    return word.startswith(("updated", "modified", "changed", "version", "etag", "revision"))
