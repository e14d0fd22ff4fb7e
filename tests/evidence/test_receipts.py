"""Webhooks are provoked, received by a real server, and compared with what they should be."""

from __future__ import annotations

import asyncio
import hmac
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from defects import RECEIPTS, Defect
from opening import open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.evidence import receipts
from workbench.evidence.echoes import tell_echoes
from workbench.model.evidence import Outcome, Severity, Source, identify
from workbench.model.feature import Catalogue
from workbench.receiver.events import identify_refused
from workbench.receiver.inbox import Inbox
from workbench.receiver.listening import INBOX_NAME
from workbench.receiver.masking import mask_arrival
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification
from workbench.store import RunFolder


@pytest.mark.parametrize("defect", RECEIPTS, ids=lambda defect: defect.slug)
def test_a_defect_of_the_sender_is_told(
    defect: Defect, open_mini: Callable, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """Each way of sending badly gives its finding."""
    with open_mini(defect.slug) as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=0.8)]
    assert told(lines) & set(defect.findings)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command calls openssl")
def test_a_wrong_signature_shows_what_was_signed(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder
) -> None:
    """Header, id, time and signed text are told; the command prints the right signature."""
    with open_mini("webhook-wrongly-signed") as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=0.8)]
        secret = session.credentials["webhook_secret"].get_secret_value()
    wrong = [line.findings[0] for line in lines if line.findings]
    # What is wrong with all is one thing, and each sentence is true of the delivery it shows.
    assert len(wrong) > 1
    assert len({identify(wrong)(item) for item in wrong}) == 1
    for item in wrong[1:]:
        is_of_before = item.exchange.facts == wrong[0].exchange.facts  # type: ignore[union-attr]
        assert is_of_before is ("an earlier change" in item.summary)
    found = wrong[0]
    assert found.exchange is not None
    assert found.exchange.at is not None
    facts = found.exchange.facts
    assert facts["signature_header"] in (found.expected or "")
    assert facts["delivery_id"]
    assert facts["signed_text"].endswith(found.exchange.body)
    assert secret not in found.model_dump_json()
    variable = "WORKBENCH_MINIATURE__SANDBOX__WEBHOOK_SECRET"
    done = subprocess.run(
        ["bash", "-c", found.reproduction or "false"],
        env={**os.environ, variable: secret},
        capture_output=True,
        text=True,
        check=True,
    )
    right = hmac.new(secret.encode(), facts["signed_text"].encode(), "sha256").hexdigest()
    assert right in done.stdout
    assert right not in (found.observed or "")


def _never_again(data: dict[str, Any]) -> None:
    data["webhooks"]["repeats"] = 0


def _no_such_behaviour(data: dict[str, Any]) -> None:
    absent = {"status": "unsupported", "code": "R5", "reason": "Lost events are lost."}
    data["features"]["webhook-endpoint"] = {
        "given": "One address.",
        "criteria": {"event-retries-observed": absent},
    }


@pytest.mark.parametrize("state", [_never_again, _no_such_behaviour])
def test_nothing_is_awaited_that_the_folder_rules_out(
    state: Callable, tmp_path: Path, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """Where a lost delivery is stated not to come again, none is lost, and none waited for."""
    settings = write_folder(tmp_path / "checkout")
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    state(data)
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings, "webhook-not-repeated") as (partner, session):
        # A wait of ten minutes would be noticed.
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=600)]
    assert told(lines) == set()
    assert "order-event-received" in {slug for line in lines for slug in line.criteria}
    (repeats,) = [line for line in lines if "event-retries-observed" in line.criteria]
    assert repeats.outcome is Outcome.INAPPLICABLE


def test_a_good_sender_proves_its_criteria(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """The clean miniature delivers, signs, repeats and keeps the order; nothing is found."""
    with open_mini() as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, folder)]
    assert told(lines) == set()
    proved = {slug for line in lines for slug in line.criteria}
    assert proved >= {
        "order-event-received",
        "order-status-event-received",
        "order-cancellation-received",
        "webhook-endpoint-reachable",
        "event-sender-authenticated",
        "event-retries-observed",
        "event-duplicates-suppressed",
    }
    checks = {line.check for line in lines}
    assert checks >= {"events-in-order", "forged-refused", "silence-repeated"}
    silent = next(line for line in lines if line.check == "silence-repeated")
    assert silent.outcome is Outcome.PASSED
    assert "left without an answer was sent again after " in silent.summary
    forged = next(line for line in lines if line.check == "forged-refused")
    assert "401" in forged.summary
    assert "quarantined" in forged.summary


def test_the_address_is_registered_through_the_api(
    tmp_path: Path, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """Without a control address, our URL goes to the API's own operation, and orders are placed."""
    settings = write_folder(tmp_path / "checkout")
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    sandbox = data["environments"]["sandbox"]
    for key in ("control_url", "reset"):
        del sandbox[key]
    sandbox["triggers"] = {"order-created-event": {"operation": "POST /orders"}}
    data["features"]["webhook-endpoint"] = {"operations": ["POST /subscriptions"]}
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        session.control = None
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=3)]
    assert told(lines) == set()
    proved = {slug for line in lines for slug in line.criteria}
    assert proved >= {"webhook-registration-by-api", "order-event-received"}


def test_a_feature_bound_to_the_wrong_notification_is_our_matter(
    tmp_path: Path, catalogue: Catalogue, folder: RunFolder
) -> None:
    """What came instead, and nothing is bound to, is named; nobody has failed."""
    settings = write_folder(tmp_path / "checkout")
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    data["features"]["order-status-event"]["events"] = ["webhook:orderCreated"]
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=0.8)]
    (doubt,) = [line for line in lines if line.feature == "order-status-event" and line.findings]
    assert doubt.outcome is Outcome.CANT_TELL
    assert doubt.findings[0].observed == "webhook:orderStatusChanged"
    assert not doubt.findings[0].matter.is_theirs


def test_without_leave_to_write_only_the_inbox_is_read(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder
) -> None:
    """A run that may not write provokes nothing, and says what would keep webhooks."""
    with open_mini(allow_writes=False) as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, folder)]
        assert not session.recorder.exchanges
    assert {line.outcome for line in lines} == {Outcome.UNTESTED}
    assert all("workbench listen miniature" in line.summary for line in lines)


@pytest.mark.parametrize("allow_writes", [True, False])
def test_a_delivery_that_tells_our_key_is_noted(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder, *, allow_writes: bool
) -> None:
    """It is a leak of theirs, in what this run provoked and in what was kept before."""
    with open_mini("webhook-tells-key", allow_writes=allow_writes) as (partner, session):
        key = session.credentials["api_key"].get_secret_value()
        if not allow_writes:
            _keep_one(folder, session, key, is_genuine=True)
            _keep_one(folder, session, key, is_genuine=False)
        lines = [*receipts.gather(partner, catalogue, session, folder, wait=0.8)]
        echoes = session.recorder.echoes
    assert {echo.credential for echo in echoes} == {"api_key"}
    assert {echo.path for echo in echoes} >= {"/miniature/webhooks/orders"}
    assert not any("forged" in echo.path for echo in echoes)
    (line,) = tell_echoes(Source.RECEIPTS, "sandbox", echoes)
    assert " held our api_key" in line.findings[0].summary
    told = "".join(item.model_dump_json() for item in lines) + line.model_dump_json()
    assert not session.redactor.find(told.encode())


def test_what_was_kept_before_ages_from_the_day_it_came(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder
) -> None:
    """A delivery of an earlier day proves what it proved then, no longer than from then on."""
    earlier = datetime.now(UTC).replace(microsecond=0) - timedelta(days=9)
    body = b'{"event_id": "n1", "order_id": "o1", "status": "accepted"}'
    with open_mini(allow_writes=False) as (partner, session):
        _keep_one(folder, session, "", is_genuine=True, tail="orders/status", body=body, at=earlier)
        lines = [*receipts.gather(partner, catalogue, session, folder)]
    (came,) = [line for line in lines if line.subject == "webhook:orderStatusChanged"]
    assert came.observed_at == earlier


def _keep_one(
    folder: RunFolder,
    session: Session,
    key: str,
    *,
    is_genuine: bool,
    tail: str = "orders",
    body: bytes = b"{}",
    at: datetime | None = None,
) -> None:
    """A delivery with our key in it, in the durable inbox as `workbench listen` keeps it."""
    name = tail if is_genuine else "forged"
    arrival = Arrival(
        partner="miniature",
        pos_code="miniature",
        method="POST",
        target=name,
        headers=(("x-debug", key),),
        body=body,
        received_at=at or datetime.now(UTC),
    )
    reason = "ok" if is_genuine else "mismatch"
    with Inbox(folder.path.parent / INBOX_NAME) as inbox:
        kept = mask_arrival(arrival, session.redactor)
        verification = Verification(ok=is_genuine, reason=reason)
        asyncio.run(inbox.put(kept, verification, identify_refused(kept, name, [])))


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_the_embedded_partners_send_well(
    slug: str, open_embedded: Callable, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The three embedded partners give no finding that limits a feature."""
    run = RunFolder.create(tmp_path, slug, "run")
    with open_embedded(slug) as (partner, session):
        lines = [*receipts.gather(partner, catalogue, session, run)]
    grave = {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}
    assert not [item for line in lines for item in line.findings if item.severity in grave]
    received = [line for line in lines if line.check == "event-received"]
    assert received
    assert {line.outcome for line in received} == {Outcome.PASSED}
