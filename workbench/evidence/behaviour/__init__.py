"""Does it behave as an integration needs? Checks from bindings and canonical meaning alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from workbench.adapters.adapter import Adapter
from workbench.adapters.session import Session
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.access import accept_ours, refuse_others, renew_token
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.behaviour.driving import send_positions
from workbench.evidence.behaviour.reading import read_known, read_statuses, read_unknown
from workbench.evidence.behaviour.status import walk_statuses
from workbench.evidence.behaviour.writing import write_and_read_back
from workbench.model.evidence import Evidence, Finding, Outcome, Severity
from workbench.model.feature import Catalogue
from workbench.partners import Partner


class Check(NamedTuple):
    """A check, and the feature that its trouble is told of when it cannot go on."""

    slug: str
    run: Callable[[Bench], Iterator[Evidence]]
    features: tuple[str, ...]


CHECKS = (
    Check("credentials-accepted", accept_ours, ("sandbox-credentials", "production-credentials")),
    Check("credentials-needed", refuse_others, ("order-read", "reservation-read")),
    Check("token-renewed", renew_token, ("token-lifecycle",)),
    Check("read-known", read_known, ("order-read", "reservation-read")),
    Check("read-unknown", read_unknown, ("order-read", "reservation-read")),
    Check("status-agrees", read_statuses, ("order-status-read", "reservation-status-read")),
    Check("status-round-trip", walk_statuses, ("order-status-write", "reservation-status-write")),
    Check("read-after-write", write_and_read_back, ("menu-write", "product-write")),
    Check("position-sent", send_positions, ("delivery-location-write",)),
)


def gather(partner: Partner, catalogue: Catalogue, session: Session) -> Iterator[Evidence]:
    """Run every check; trouble with one never stops the others.

    What the partner does wrong is a finding. That it did not let us ask, or that the folder lacks
    something to ask with, is `cant-tell` with the reason.
    """
    bench = Bench(partner, catalogue, session, Adapter(session))
    session.reset()
    for check in CHECKS:
        try:
            yield from check.run(bench)
        except (PartnerError, InputError) as error:
            for feature in check.features:
                if bench.has(feature):
                    yield bench.tell(
                        feature,
                        check.slug,
                        f"The check could not go on: {error}",
                        outcome=Outcome.CANT_TELL,
                    )
        except TranslationError as error:
            for feature in check.features:
                if bench.has(feature):
                    yield bench.tell(
                        feature,
                        check.slug,
                        f"An answer did not fit: {error}",
                        findings=[_misfit(error)],
                    )


def _misfit(error: TranslationError) -> Finding:
    return finding(
        "answer-not-translated",
        Severity.HIGH,
        f"An answer does not fit the mapping: {error.message}.",
        pointer=error.path or None,
    )
