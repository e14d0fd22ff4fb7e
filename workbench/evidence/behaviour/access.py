"""Access: our credentials are accepted, wrong ones are refused, the test account is there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.adapters import Answer
from workbench.errors import RefusedError
from workbench.evidence.behaviour.check_context import CheckContext, finding, tell_unjudged
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.model import REFUSAL, Evidence, FeatureSlug, Outcome


def accept_ours(context: CheckContext) -> Iterator[Evidence]:
    """A read with our credentials is let in, and so is known to concern the test account."""
    environment = context.session.environment
    feature = f"{environment}-credentials"
    account = context.partner.environment(environment).test_account
    read = next((k for k in KINDS if context.has(k.read) and context.known(k.noun)), None)
    if read is None:
        why = "No bound read and known resource to try the credentials with."
        yield context.lack(feature, "credentials-accepted", why)
        return
    try:
        names = context.alive(read.read) or context.known(read.noun)
        answer = context.adapter.call(read.read, ids={read.noun: names[0]})
    except RefusedError as error:
        yield _shut_out(context, feature, context.subject(read.read), error)
        return
    yield context.tell(
        feature,
        "credentials-accepted",
        f"A read with our {environment} credentials was answered with {answer.status}.",
        outcome=Outcome.PASSED if answer.is_success else Outcome.CANT_TELL,
        subject=context.subject(read.read),
        criteria=(f"{environment}-credentials-work",),
    )
    if account is not None:
        yield from _reach_account(context, account.restaurant, read, answer)


def _reach_account(
    context: CheckContext, restaurant: str, read: EntityKind, answer: Answer
) -> Iterator[Evidence]:
    told = (
        (
            FeatureSlug.TEST_ACCOUNT,
            "test-account-works",
            f"was found by its {read.noun}: answer {answer.status}.",
        ),
        (
            FeatureSlug.RESTAURANT_LINK,
            "restaurant-link-by-id",
            "is addressed by the id in the manifest.",
        ),
    )
    for slug, criterion, words in told:
        yield context.tell(
            slug,
            "account-reachable",
            f"Restaurant {restaurant} {words}",
            outcome=Outcome.PASSED if answer.is_success else Outcome.CANT_TELL,
            subject=restaurant,
            criteria=(criterion,),
        )


def _shut_out(context: CheckContext, feature: str, operation: str, error: RefusedError) -> Evidence:
    """The one place where a refusal is itself the matter: our credentials are not taken."""
    environment = context.session.environment
    refused = finding(
        "credentials-refused",
        operation=operation,
        observed=error.message,
        criterion=f"{environment}-credentials-work",
        environment=environment,
    )
    return context.tell(
        feature,
        "credentials-accepted",
        refused.summary,
        outcome=Outcome.CANT_TELL,
        subject=operation,
        criteria=(f"{environment}-credentials-work",),
        findings=[refused],
        detail={REFUSAL: type(error).__name__},
    )


def refuse_others(context: CheckContext) -> Iterator[Evidence]:
    """Every read of ours, made without credentials, is refused."""
    if context.partner.manifest.auth.scheme == "none":
        return
    asked: dict[str, Answer] = {}
    for kind in KINDS:
        for feature in (kind.read, kind.status_read):
            if not context.has(feature) or not context.alive(feature):
                continue
            operation = context.subject(feature)
            if operation not in asked:
                asked[operation] = _ask_as_nobody(context, feature, kind)
            yield _tell_open(context, feature, asked[operation])


def _ask_as_nobody(context: CheckContext, feature: str, kind: EntityKind) -> Answer:
    client = context.session.client
    request = context.adapter.call(feature, ids={kind.noun: context.alive(feature)[0]}).request
    parts = urlsplit(request.url)
    own = set(client.prove(request.method, parts.path).query)
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in own])
    return client.send(
        request.method,
        urlunsplit(parts._replace(query=query)),
        content=request.body or None,
        headers={"content-type": "application/json"} if request.body else {},
        authenticated=False,
        write=False,
    )


def _tell_open(context: CheckContext, feature: str, answer: Answer) -> Evidence:
    findings = []
    if answer.status < 400:
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
        f"The same read without credentials: answer {answer.status}.",
        findings=findings,
        outcome=tell_unjudged(answer),
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
    other = "another" if before != after else "the same"
    yield context.tell(
        FeatureSlug.TOKEN_LIFECYCLE,
        "token-renewed",
        f"Logged in again and was given {other} token; a read with it: answer {answer.status}.",
        outcome=Outcome.PASSED if answer.status < 400 else Outcome.CANT_TELL,
        subject=context.partner.manifest.auth.token_url or "",
        criteria=("token-renewal",),
    )
