"""Access: our credentials are accepted, wrong ones are refused, the test account is there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.adapters import Answer
from workbench.errors import InputError, RefusedError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding, tell_unjudged
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.likeness import is_like
from workbench.model import REFUSAL, Evidence, FeatureSlug, Outcome


def accept_ours(context: CheckContext) -> Iterator[Evidence]:
    """A read with our credentials is let in, and so is known to concern the test account."""
    environment = context.session.environment
    feature = f"{environment}-credentials"
    account = context.partner.environment(environment).test_account
    read = next((k for k in KINDS if context.has(k.read) and context.known(k.noun)), None)
    if read is None:
        why = say("credentials-accepted.nothing-to-read")
        yield context.lack(feature, "credentials-accepted", why)
        return
    try:
        names = context.alive(read.read) or context.known(read.noun)
        answer = context.adapter.call(read.read, ids={read.noun: names[0]})
    except RefusedError as error:
        yield _shut_out(context, feature, context.subject(read.read), error)
        return
    is_found = _shows(context, read, names[0], answer)
    told = say("credentials-accepted.answered", environment=environment, status=answer.status)
    other = say("credentials-accepted.something-else", environment=environment)
    yield context.tell(
        feature,
        "credentials-accepted",
        told if is_found or not answer.is_success else other,
        outcome=Outcome.PASSED if is_found else Outcome.CANT_TELL,
        subject=context.subject(read.read),
        shows=["accepted"],
    )
    if account is not None:
        yield from _reach_account(context, account.restaurant, read, answer, is_found=is_found)


def _shows(context: CheckContext, read: EntityKind, identity: str, answer: Answer) -> bool:
    """Whether a success holds what was asked for: its id, or what becomes an entity of ours."""
    if not answer.is_success:
        return False
    if identity.encode() in answer.body:
        return True
    translator = context.partner.translator(read.read)
    try:
        return translator is not None and bool(translator.translate(answer.json()).value)
    except (TranslationError, InputError):
        return False


def _reach_account(
    context: CheckContext, restaurant: str, read: EntityKind, answer: Answer, *, is_found: bool
) -> Iterator[Evidence]:
    found, unknown = Outcome.PASSED, Outcome.CANT_TELL
    yield context.tell(
        FeatureSlug.TEST_ACCOUNT,
        "account-reachable",
        say("account-reachable.asked", noun=read.noun, restaurant=restaurant, status=answer.status),
        outcome=found if is_found else unknown,
        subject=restaurant,
        shows=["reached"],
    )
    # The id proves itself only where the request, or its answer, has it.
    sent = f"{answer.request.url} {' '.join(answer.request.headers.values())}".encode()
    is_named = is_found and restaurant.encode() in sent + answer.request.body + answer.body
    yield context.tell(
        FeatureSlug.RESTAURANT_LINK,
        "account-reachable",
        say("account-reachable.addressed", restaurant=restaurant)
        if is_named
        else say("account-reachable.not-named", restaurant=restaurant),
        outcome=found if is_named else Outcome.UNTESTED if is_found else unknown,
        subject=restaurant,
        shows=["reached"],
    )


def _shut_out(context: CheckContext, feature: str, operation: str, error: RefusedError) -> Evidence:
    """The one place where a refusal is itself the matter: our credentials are not taken."""
    environment = context.session.environment
    refused = finding(
        "credentials-refused",
        operation=operation,
        observed=error.message,
        criterion="accepted",
        environment=environment,
    )
    return context.tell(
        feature,
        "credentials-accepted",
        refused.summary,
        outcome=Outcome.CANT_TELL,
        subject=operation,
        shows=["accepted"],
        findings=[refused],
        detail={REFUSAL: type(error).__name__},
    )


def refuse_others(context: CheckContext) -> Iterator[Evidence]:
    """Every read of ours, made without credentials, is refused."""
    if context.partner.manifest.auth.scheme == "none":
        return
    asked: dict[str, tuple[Answer, Answer]] = {}
    for kind in KINDS:
        for feature in (kind.read, kind.status_read):
            if not context.has(feature) or not context.alive(feature):
                continue
            operation = context.subject(feature)
            if operation not in asked:
                asked[operation] = _ask_as_nobody(context, feature, kind)
            yield _tell_open(context, feature, *asked[operation])


def _ask_as_nobody(context: CheckContext, feature: str, kind: EntityKind) -> tuple[Answer, Answer]:
    """What our credentials get, and what the same read gets without any."""
    client = context.session.client
    ours = context.adapter.call(feature, ids={kind.noun: context.alive(feature)[0]})
    request = ours.request
    parts = urlsplit(request.url)
    own = set(client.prove(request.method, parts.path).query)
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in own])
    return ours, client.send(
        request.method,
        urlunsplit(parts._replace(query=query)),
        content=request.body or None,
        headers={"content-type": "application/json"} if request.body else {},
        authenticated=False,
        write=False,
    )


def _tell_open(context: CheckContext, feature: str, ours: Answer, answer: Answer) -> Evidence:
    findings = []
    if answer.status >= 500:
        # With credentials the same read was answered just now.
        findings.append(
            finding(
                "breaks-without-credentials",
                operation=context.subject(feature),
                observed=str(answer.status),
                answer=answer,
            )
        )
    if is_like(answer, ours, context.alive(feature)[0]):
        findings.append(
            finding(
                "credentials-not-needed",
                operation=context.subject(feature),
                observed=str(answer.status),
                answer=answer,
                status=answer.status,
            )
        )
    return context.tell(
        feature,
        "credentials-needed",
        say("credentials-needed.answered", status=answer.status),
        findings=findings,
        outcome=tell_unjudged(answer, findings),
    )


def renew_token(context: CheckContext) -> Iterator[Evidence]:
    """A second token can be fetched, and opens the same door."""
    if not context.partner.manifest.auth.fetches():
        return
    kind = next((k for k in KINDS if context.has(k.read) and context.alive(k.read)), None)
    if kind is None or not context.has(FeatureSlug.TOKEN_LIFECYCLE):
        return
    before = context.session.client.prove()
    after = context.session.client.log_in_again()
    answer = context.adapter.call(kind.read, ids={kind.noun: context.alive(kind.read)[0]})
    other = say("another") if before != after else say("the-same")
    yield context.tell(
        FeatureSlug.TOKEN_LIFECYCLE,
        "token-renewed",
        say("token-renewed.renewed", other=other, status=answer.status),
        outcome=Outcome.PASSED if answer.status < 400 else Outcome.CANT_TELL,
        subject=context.partner.manifest.auth.token_url or "",
        shows=["renewed"],
    )
