"""Who may do what: nobody without credentials, nobody with old ones, nobody for someone else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from pydantic import SecretStr

from workbench.adapters import Answer, HttpClient, Login, SentRequest, open_hook, open_login
from workbench.canonical import Entity
from workbench.errors import (
    CredentialError,
    InputError,
    PartnerError,
    RefusedError,
    TranslationError,
)
from workbench.evidence.behaviour.check_context import CheckContext, finding, tell_unjudged
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.spare import to_write_on
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.likeness import is_like
from workbench.evidence.relations import collections
from workbench.model import Evidence, FeatureSlug, Finding, Outcome

_SHORT_LIFE = 5.0  # seconds that are worth waiting for a token to expire


def open_stranger(context: CheckContext, which: str) -> HttpClient | None:
    """A client with other credentials, as `second_api_key`; None when they are not set.

    They are looked for among the manifest's credentials and in the environment.

    Args:
        context: The context.
        which: `second` for another restaurant's, `expired` for our own old ones.
    """
    session = context.session
    given: dict[str, SecretStr] = {}
    auth = context.partner.manifest.auth
    for name in (*auth.credential_names(), *auth.optional_names()):
        other = f"{which}_{name}"
        value = session.credentials.get(other) or session.settings.spare_credential(
            context.partner.slug, session.environment, other
        )
        if value:
            given[name] = value
    return _open(context, given) if given else None


def _open(context: CheckContext, given: dict[str, SecretStr]) -> HttpClient | None:
    """A client that logs in with some credentials exchanged; None when that cannot be."""
    session = context.session
    auth = context.partner.manifest.auth
    session.redactor.add(*(item.get_secret_value() for item in given.values()))
    credentials = {**session.credentials, **given}
    base = session.client.base_url
    login: Login
    try:
        if auth.scheme == "hook":
            login = open_hook(context.partner.folder / "hooks.py", credentials)
        else:
            login = open_login(auth, credentials, base_url=base)
    except CredentialError:
        return None
    return HttpClient(
        base,
        auth=login,
        allowed_hosts=frozenset(context.partner.environment(session.environment).hosts),
        redactor=session.redactor,
        recorder=session.recorder,
        limits=context.partner.manifest.limits,
        headers=context.partner.manifest.headers,
        allow_writes=session.allow_writes,
        environment=session.environment,
        partner=context.partner.slug,
        errors=context.partner.manifest.errors,
    )


def refuse_second(context: CheckContext) -> Iterator[Evidence]:
    """Another restaurant's credentials neither read nor change what is ours."""
    readable = [kind for kind in KINDS if context.has(kind.read)]
    client = open_stranger(context, "second")
    if client is None:
        for kind in readable:
            why = say("other-identity.not-set")
            yield context.tell(kind.read, "other-identity", why, outcome=Outcome.UNTESTED)
        return
    with client:
        for kind in readable:
            yield from _read_as(context, kind, client)
            yield from _list_as(context, kind, client)
        for slug, entity, ids in _writes(context):
            yield from _write_as(context, slug, entity, ids, client)


def refuse_expired(context: CheckContext) -> Iterator[Evidence]:
    """Our own credentials from before are refused."""
    kind = next(
        (item for item in KINDS if context.has(item.read) and context.alive(item.read)), None
    )
    if kind is None:
        return
    client = open_stranger(context, "expired")
    if client is None:
        why = say("expired-refused.not-set")
        yield context.tell(kind.read, "expired-refused", why, outcome=Outcome.UNTESTED)
        return
    ours = context.adapter.call(kind.read, ids={kind.noun: context.alive(kind.read)[0]})
    with client:
        try:
            answer = _again(client, ours.request)
        except PartnerError as error:
            yield context.tell(
                kind.read, "expired-refused", say("expired-refused.refused", why=error.message)
            )
            return
    told = ("expired-refused", say("expired-credentials"))
    yield _tell_access(context, kind.read, *told, answer, ours)


def refuse_wrong(context: CheckContext) -> Iterator[Evidence]:
    """Each single credential, spelt wrong, closes the door."""
    kind = next(
        (item for item in KINDS if context.has(item.read) and context.alive(item.read)), None
    )
    if kind is None or context.partner.manifest.auth.scheme == "none":
        return
    ours = context.adapter.call(kind.read, ids={kind.noun: context.alive(kind.read)[0]})
    check = "wrong-credentials-refused"
    for what, answer in _wrong_answers(context, ours.request):
        if answer is None:
            yield context.tell(kind.read, check, say("login-refused", what=what))
        else:
            yield _tell_access(context, kind.read, check, what, answer, ours)


def _wrong_answers(
    context: CheckContext, request: SentRequest
) -> Iterator[tuple[str, Answer | None]]:
    """Which credential was wrong, and the answer; None where logging in was already refused."""
    client = context.session.client
    if context.partner.manifest.auth.scheme == "oauth2-client-credentials":
        token = client.prove().headers["Authorization"].get_secret_value()
        yield say("changed-token"), _with_token(context, request, _misspell(token))
        life = _token_life(context)
        if life is not None and life <= _SHORT_LIFE:
            time.sleep(life + 0.5)
            yield say("old-token"), _with_token(context, request, token)
        return
    # A role that logs in for other operations lets nobody in here, right or wrong.
    used = client.credentials_for(request.method, request.url)
    for name in context.partner.manifest.auth.credential_names():
        if name not in context.session.credentials or name.startswith(("second_", "expired_")):
            continue
        if used is not None and name not in used:
            continue
        value = context.session.credentials[name].get_secret_value()
        other = _open(context, {name: SecretStr(_misspell(value))})
        if other is None:
            continue
        with other:
            try:
                yield say("wrong-name", name=name), _again(other, request)
            except RefusedError:
                yield say("wrong-name", name=name), None
            except (InputError, PartnerError):
                continue  # never asked


def _with_token(context: CheckContext, request: SentRequest, token: str) -> Answer:
    context.session.redactor.add(token)
    return _again(context.session.client, request, Authorization=token)


def _misspell(value: str) -> str:
    """The same length and alphabet, another value; the start (`Bearer `) stays."""
    half = len(value) // 2
    return value[:half] + "".join("b" if letter == "a" else "a" for letter in value[half:])


def _token_life(context: CheckContext) -> float | None:
    """Seconds that the last token lives, as the partner's own answer said."""
    path = (context.partner.manifest.auth.token_url or "token").partition("?")[0]
    for entry in reversed(context.session.recorder.unmasked()):
        if entry.url.partition("?")[0].endswith(path) and entry.status == 200:
            try:
                return float(orjson.loads(entry.response_body)["expires_in"])
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
                return None
    return None


def refuse_everywhere(context: CheckContext) -> Iterator[Evidence]:
    """Writes without credentials are refused as reads are."""
    if context.partner.manifest.auth.scheme == "none" or not context.session.allow_writes:
        return
    for slug, entity, ids in _writes(context):
        client = context.session.client
        answer = _attempt(context, slug, entity, ids, client, authenticated=False)
        if answer is not None:
            ours = _compare(context, slug, entity, ids, answer)
            yield _tell_access(
                context, slug, "credentials-needed", say("no-credentials"), answer, ours
            )


def _compare(
    context: CheckContext, slug: str, entity: Entity, ids: dict[str, str], answer: Answer
) -> Answer | None:
    """What the same write gets from ourselves, sent only where somebody else's looks taken.

    None where there is nothing to compare: ours is not taken any more, as after a first one.
    """
    if not answer.is_success or answer.is_refusal:
        return None
    ours = _attempt(context, slug, entity, ids, context.session.client)
    return ours if ours is not None and ours.is_success else None


def _tell_access(
    context: CheckContext, feature: str, check: str, who: str, answer: Answer, ours: Answer | None
) -> Evidence:
    """What somebody else is answered beside what we are; another success lets nobody in."""
    findings = []
    if is_like(answer, ours or answer):
        findings.append(
            finding(
                "wrong-access-accepted",
                slug=check.replace("-needed", "-not-needed").replace("-refused", "-accepted"),
                who=who,
                operation=context.subject(feature),
                observed=str(answer.status),
                answer=answer,
            )
        )
    return context.tell(
        feature,
        check,
        say("called-with", who=who, status=answer.status),
        findings=findings,
        outcome=tell_unjudged(answer, findings),
    )


def _read_as(context: CheckContext, kind: EntityKind, client: HttpClient) -> Iterator[Evidence]:
    for identity in [] if context.lists_only(kind.read) else context.alive(kind.read)[:1]:
        ours = context.adapter.call(kind.read, ids={kind.noun: identity})
        answer = _again(client, ours.request)
        findings = []
        if is_like(answer, ours, identity):
            findings.append(
                finding(
                    "other-identity-reads",
                    operation=context.subject(kind.read),
                    observed=str(answer.status),
                    answer=answer,
                    noun=kind.noun,
                )
            )
        # What one operation lets happen, it lets happen for every feature that it serves.
        serves = [slug for slug in (kind.read, kind.status_read) if context.has(slug)]
        for slug in serves:
            if context.subject(slug) == context.subject(kind.read):
                yield context.tell(
                    slug,
                    "other-identity",
                    say(
                        "other-identity.read",
                        noun=kind.noun,
                        identity=identity,
                        status=answer.status,
                    ),
                    findings=findings,
                    outcome=_look_at_refusal(answer, findings),
                )


def _again(client: HttpClient, request: SentRequest, **login: str) -> Answer:
    """The same read over another client, or with the headers of another login.

    What stood in the query were credentials, or filters.
    """
    return client.send(
        request.method,
        request.url.partition("?")[0],
        content=request.body or None,
        headers={**({"content-type": "application/json"} if request.body else {}), **login},
        authenticated=not login,
        write=False,
    )


def _list_as(context: CheckContext, kind: EntityKind, client: HttpClient) -> Iterator[Evidence]:
    read = context.partner.operations(kind.read)[0][1]
    lists = collections(context.partner, read, "GET")[:1]
    for operation in [read] if context.lists_only(kind.read) else lists:
        if "{" in operation.path:
            continue
        answer = client.send("GET", operation.path)
        ours = [
            name
            for name in context.known(kind.noun)
            if f'"{name}"' in answer.body.decode("utf-8", "replace")
        ]
        findings = []
        if answer.status < 300 and ours:
            findings.append(
                finding(
                    "other-identity-lists",
                    operation=operation.id,
                    observed=", ".join(ours[:3]),
                    answer=answer,
                    noun=kind.noun,
                )
            )
        yield context.tell(
            kind.read,
            "other-identity",
            say("other-identity.listed", noun=kind.noun, status=answer.status),
            subject=operation.id,
            findings=findings,
            # A list of their own is what they should get.
            outcome=_look_at_refusal(answer, findings) if not answer.is_success else None,
        )


def _look_at_refusal(answer: Answer, findings: Sequence[Finding]) -> Outcome | None:
    """Untested where the second identity itself is not known: it is no other restaurant."""
    return Outcome.UNTESTED if answer.status == 401 else tell_unjudged(answer, findings)


def _writes(context: CheckContext) -> Iterator[tuple[str, Entity, dict[str, str]]]:
    """One harmless write per bound write feature: what a sample says, or a legal status."""
    if not context.session.allow_writes:
        return
    for kind in KINDS:
        name = to_write_on(context, kind) if context.has(kind.status_write) else None
        if name is not None:
            first = "accepted" if kind.noun == "order" else "confirmed"
            yield kind.status_write, kind.update(name, kind.status(first)), {kind.noun: name}
    for slug in (FeatureSlug.PRODUCT_WRITE, FeatureSlug.AVAILABILITY_WRITE):
        for entity in recorded(context, slug)[:1] if context.has(slug) else ():
            yield slug, entity, {}


def _write_as(
    context: CheckContext, slug: str, entity: Entity, ids: dict[str, str], client: HttpClient
) -> Iterator[Evidence]:
    answer = _attempt(context, slug, entity, ids, client)
    if answer is None:
        return
    findings = []
    if is_like(answer, _compare(context, slug, entity, ids, answer) or answer):
        findings.append(
            finding(
                "other-identity-writes",
                operation=context.subject(slug),
                observed=str(answer.status),
                answer=answer,
            )
        )
    yield context.tell(
        slug,
        "other-identity",
        say("other-identity.wrote", status=answer.status),
        findings=findings,
        outcome=_look_at_refusal(answer, findings),
    )


def _attempt(
    context: CheckContext,
    slug: str,
    entity: Entity,
    ids: dict[str, str],
    client: HttpClient,
    **options: Any,
) -> Answer | None:
    """Send what the adapter would send, over another client; None when it has nothing to send."""
    try:
        preview = context.adapter.write(slug, entity, ids=ids, dry_run=True)
    except (InputError, TranslationError):
        return None
    request = preview.request if isinstance(preview, Answer) else preview
    headers = {"content-type": "application/json"} if request.body else {}
    return client.send(
        request.method,
        request.url.partition("?")[0],
        content=request.body or None,
        headers=headers,
        **options,
    )
