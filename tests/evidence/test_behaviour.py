"""Each check of the behaviour source fires on its defect, and is silent on partners without any."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from defects import BEHAVIOUR, Defect
from opening import open_miniature, write_folder

from workbench.evidence import behaviour
from workbench.model.evidence import Evidence, Outcome, Severity
from workbench.model.feature import Catalogue
from workbench.store import judge_all

# Checks that judge the requests of other checks.
_NEEDED = {"latency": "status-agrees", "rate-limit-headers": "list-complete"}


@pytest.mark.parametrize("defect", BEHAVIOUR, ids=lambda defect: defect.slug)
def test_a_defect_is_told(
    defect: Defect,
    open_mini: Callable,
    catalogue: Catalogue,
    told: Callable[[list[Evidence]], set[str]],
) -> None:
    """The check that is meant for a defect tells it."""
    only = {defect.check, _NEEDED.get(defect.check, defect.check)}
    with open_mini(defect.slug) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2, only=only)]
    assert told(lines) & set(defect.findings)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_partner_without_defects_is_silent(
    seed: int, open_mini: Callable, catalogue: Catalogue, told: Callable
) -> None:
    """The clean miniature gives no finding at all, whatever the seed, and every check runs."""
    with open_mini(seed=seed) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session)]
    assert told(lines) == set()
    # It has no token to renew, no time to promise, no groups of extras, and nothing beyond.
    silent = {"token-renewed", "time-promised", "kitchen-told", "written-together"}
    silent |= {"group-shared", "limits-kept", "bound-and-answered"}
    assert {line.check for line in lines} >= {check.slug for check in behaviour.CHECKS} - silent
    assert not [line for line in lines if line.outcome in {Outcome.FAILED, Outcome.CANT_TELL}]


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_the_embedded_partners_are_clean(
    slug: str, open_embedded: Callable, catalogue: Catalogue
) -> None:
    """The three embedded partners give no finding that limits a feature."""
    with open_embedded(slug) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session)]
    grave = {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}
    assert not [item for line in lines for item in line.findings if item.severity in grave]
    assert any(line.outcome is Outcome.PASSED for line in lines)
    assert not [line.summary for line in lines if line.outcome is Outcome.CANT_TELL]


@pytest.mark.parametrize(
    ("defect", "slug"),
    [
        ("price-in-other-unit", "unit-unsettled"),
        ("status-not-kept", "stale-status"),
        ("created-not-listed", "created-not-listed"),
        ("", ""),
    ],
)
def test_an_api_without_a_control_address_is_tested_through_itself(
    defect: str, slug: str, tmp_path: Path, catalogue: Catalogue, told: Callable
) -> None:
    """Orders are placed as a customer would where the folder says how; defects are still told."""
    settings = write_folder(tmp_path)
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    sandbox = data["environments"]["sandbox"]
    for key in ("control_url", "reset"):
        del sandbox[key]
    sandbox["triggers"] = {
        "order-created-event": {"operation": "POST /orders"},
        "reservation-created-event": {"operation": "POST /reservations"},
    }
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings, *filter(None, [defect])) as (partner, session):
        session.control = None
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
    assert slug in told(lines) if slug else told(lines) == set()
    walked = [line for line in lines if line.check == "status-round-trip"]
    assert walked
    assert all(line.outcome is not Outcome.UNTESTED for line in walked)


def test_nothing_is_written_that_the_folder_does_not_name(
    tmp_path: Path, catalogue: Catalogue, told: Callable
) -> None:
    """Without a trigger and with one operation of products bound, no other one is written to."""
    settings = write_folder(tmp_path)
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    for key in ("control_url", "reset", "triggers"):
        del data["environments"]["sandbox"][key]
    bound = "PUT /restaurants/{restaurant_id}/products/{product_id}"
    data["features"]["product-write"]["operations"] = [bound]
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        session.control = None
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
        written = {
            (entry.method, entry.url.removeprefix(session.client.base_url).split("/")[1])
            for entry in session.recorder.exchanges
            if entry.method != "GET" and entry.status < 300
        }
    assert told(lines) == {"test-data-missing"}
    assert written == {("PUT", "restaurants")}


@pytest.mark.parametrize(
    ("defect", "slug"),
    [
        ("closure-shifted", "date-shifted"),
        ("position-swapped", "coordinates-swapped"),
        ("put-loses-price", "echo-differs"),
        ("", ""),
    ],
)
def test_without_samples_plain_entities_are_written(
    defect: str, slug: str, tmp_path: Path, catalogue: Catalogue, told: Callable
) -> None:
    """Where nobody recorded a sample, entities are invented, and defects are still told."""
    settings = write_folder(tmp_path)
    shutil.rmtree(settings.contracts / "miniature" / "samples")
    only = {"read-after-write", "position-sent", "bounds-kept"}
    with open_miniature(settings, *filter(None, [defect])) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2, only=only)]
    assert slug in told(lines) if slug else told(lines) == set()


def test_without_a_mapping_what_needs_none_is_tested(
    tmp_path: Path, catalogue: Catalogue, told: Callable
) -> None:
    """Bindings alone are enough for many checks; the others say what they lack."""
    settings = write_folder(tmp_path)
    root = settings.contracts / "miniature"
    shutil.rmtree(root / "samples")
    (root / "mapping.yaml").unlink()
    data = yaml.safe_load((root / "partner.yaml").read_text("utf-8"))
    for part in (*data["features"].values(), *data["webhooks"]["events"].values()):
        part.pop("mapping", None)
    (root / "partner.yaml").write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings, "pages-overlap", "note-lost") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
    assert told(lines) == {"pages-overlap", "field-lost", "test-data-missing"}
    assert Outcome.CANT_TELL not in {line.outcome for line in lines}
    assert any("no mapping" in line.summary for line in lines)


def test_without_leave_to_write_only_reads_are_sent(
    open_mini: Callable, catalogue: Catalogue
) -> None:
    """A run that may not write sends GET only, and says of writes that they were not tested."""
    with open_mini(allow_writes=False) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session)]
        methods = {entry.method for entry in session.recorder.exchanges}
    assert methods == {"GET"}
    writes = [line for line in lines if line.feature == "order-status-write"]
    assert {line.outcome for line in writes} <= {Outcome.UNTESTED, Outcome.PASSED}


def test_nothing_is_removed_without_consent(tmp_path: Path, catalogue: Catalogue) -> None:
    """DELETE is sent only where the manifest states the partner's consent."""
    settings = write_folder(tmp_path)
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    del data["environments"]["sandbox"]["consent"]
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"use-after-delete"})]
        methods = {entry.method for entry in session.recorder.exchanges}
    assert "DELETE" not in methods
    assert [line.outcome for line in lines] == [Outcome.UNTESTED]


def test_secrets_are_in_no_finding(open_mini: Callable, catalogue: Catalogue) -> None:
    """Neither evidence nor the recorded exchanges hold a credential, wrong ones included."""
    with open_mini("open-to-nobody", "second-reads", "off-schema") as (partner, session):
        only = {"credentials-needed", "other-identity", "read-known", "wrong-credentials-refused"}
        lines = [*behaviour.gather(partner, catalogue, session, only=only)]
        secrets = [item.get_secret_value() for item in session.credentials.values()]
        shown = "".join(line.model_dump_json() for line in lines)
        shown += repr(session.recorder.exchanges) + "".join(
            str(entry.request_headers) for entry in session.recorder.exchanges
        )
    assert len(lines) > 5
    assert not [secret for secret in secrets if secret in shown]


def test_a_finding_can_be_reproduced(open_mini: Callable, catalogue: Catalogue) -> None:
    """A finding has a command to paste, its secrets variables, and the exchange that shows it."""
    with open_mini("unknown-answered") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"read-unknown"})]
    line = next(line for line in lines if line.findings)
    (found,) = line.findings
    assert found.exchange is not None
    assert (found.reproduction or "").startswith("curl --include --request GET http://127.0.0.1")
    assert '"X-Key: $WORKBENCH_MINIATURE__SANDBOX__API_KEY"' in (found.reproduction or "")
    assert found.exchange.request.startswith("GET http://127.0.0.1")
    assert found.exchange.headers["X-Key"] == "[REDACTED]"
    assert found.exchange.status == 200
    assert found.exchange.answer


def test_a_time_without_zone_limits_and_does_not_break(
    open_mini: Callable, catalogue: Catalogue
) -> None:
    """A documented `date-time` without offset leaves the reads working, with a remark."""
    with open_mini("time-without-zone") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2, only={"read-known"})]
        verdict = judge_all(catalogue, partner.statement, lines)["order-read"]
    assert not any(finding.severity.breaks for finding in verdict.findings)
    assert [finding.slug for finding in verdict.findings] == ["time-without-zone"]
    assert any("without an offset" in limit.note for limit in verdict.limits)
