"""Access: our credentials are accepted, wrong ones are refused, the test account is there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.adapters import Answer
from workbench.errors import RefusedError
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.kinds import KINDS, Kind
from workbench.model import REFUSAL, Evidence, FeatureSlug, Outcome


def accept_ours(bench: Bench) -> Iterator[Evidence]:
    """A read with our credentials is let in, and so is known to concern the test account."""
    environment = bench.session.environment
    feature = f"{environment}-credentials"
    account = bench.partner.environment(environment).test_account
    read = next((k for k in KINDS if bench.has(k.read) and bench.known(k.noun)), None)
    if read is None:
        why = "No bound read and known resource to try the credentials with."
        yield bench.lack(feature, "credentials-accepted", why)
        return
    try:
        names = bench.alive(read.read) or bench.known(read.noun)
        answer = bench.adapter.call(read.read, ids={read.noun: names[0]})
    except RefusedError as error:
        yield _shut_out(bench, feature, bench.subject(read.read), error)
        return
    yield bench.tell(
        feature,
        "credentials-accepted",
        f"A read with our {environment} credentials was answered with {answer.status}.",
        outcome=Outcome.PASSED if answer.is_success else Outcome.CANT_TELL,
        subject=bench.subject(read.read),
        criteria=(f"{environment}-credentials-work",),
    )
    if account is not None:
        yield from _reach_account(bench, account.restaurant, read, answer)


def _reach_account(bench: Bench, restaurant: str, read: Kind, answer: Answer) -> Iterator[Evidence]:
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
        yield bench.tell(
            slug,
            "account-reachable",
            f"Restaurant {restaurant} {words}",
            outcome=Outcome.PASSED if answer.is_success else Outcome.CANT_TELL,
            subject=restaurant,
            criteria=(criterion,),
        )


def _shut_out(bench: Bench, feature: str, operation: str, error: RefusedError) -> Evidence:
    """The one place where a refusal is itself the matter: our credentials are not taken."""
    environment = bench.session.environment
    refused = finding(
        "credentials-refused",
        operation=operation,
        observed=error.message,
        criterion=f"{environment}-credentials-work",
        environment=environment,
    )
    return bench.tell(
        feature,
        "credentials-accepted",
        refused.summary,
        outcome=Outcome.CANT_TELL,
        subject=operation,
        criteria=(f"{environment}-credentials-work",),
        findings=[refused],
        detail={REFUSAL: type(error).__name__},
    )


def refuse_others(bench: Bench) -> Iterator[Evidence]:
    """Every read of ours, made without credentials, is refused."""
    if bench.partner.manifest.auth.scheme == "none":
        return
    asked: dict[str, Answer] = {}
    for kind in KINDS:
        for feature in (kind.read, kind.status_read):
            if not bench.has(feature) or not bench.alive(feature):
                continue
            operation = bench.subject(feature)
            if operation not in asked:
                asked[operation] = _ask_as_nobody(bench, feature, kind)
            yield _tell_open(bench, feature, asked[operation])


def _ask_as_nobody(bench: Bench, feature: str, kind: Kind) -> Answer:
    client = bench.session.client
    request = bench.adapter.call(feature, ids={kind.noun: bench.alive(feature)[0]}).request
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


def _tell_open(bench: Bench, feature: str, answer: Answer) -> Evidence:
    findings = []
    if answer.status < 400:
        findings.append(
            finding(
                "credentials-not-needed",
                operation=bench.subject(feature),
                observed=str(answer.status),
                answer=answer,
                status=answer.status,
            )
        )
    return bench.tell(
        feature,
        "credentials-needed",
        f"The same read without credentials: answer {answer.status}.",
        findings=findings,
    )


def renew_token(bench: Bench) -> Iterator[Evidence]:
    """A second token can be fetched, and opens the same door."""
    if not bench.partner.manifest.auth.fetches():
        return
    kind = next((k for k in KINDS if bench.has(k.read) and bench.alive(k.read)), None)
    if kind is None or not bench.has(FeatureSlug.TOKEN_LIFECYCLE):
        return
    before = bench.session.client.prove()
    after = bench.session.client.log_in_again()
    answer = bench.adapter.call(kind.read, ids={kind.noun: bench.alive(kind.read)[0]})
    other = "another" if before != after else "the same"
    yield bench.tell(
        FeatureSlug.TOKEN_LIFECYCLE,
        "token-renewed",
        f"Logged in again and was given {other} token; a read with it: answer {answer.status}.",
        outcome=Outcome.PASSED if answer.status < 400 else Outcome.CANT_TELL,
        subject=bench.partner.manifest.auth.token_url or "",
        criteria=("token-renewal",),
    )
