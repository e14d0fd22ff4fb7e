"""What a new validation changed: each reader hears their own, and the feed tells what is new."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.errors import InputError
from workbench.handover.feed import save_status, write_feed
from workbench.handover.notice import (
    READERS,
    Notice,
    pick_baseline,
    write_notice,
    write_notice_text,
)
from workbench.handover.walk import SessionWalk
from workbench.model import Finding, Status
from workbench.reporting import Trend
from workbench.reporting.history import read_previous, remember_previous
from workbench.reporting.language import list_languages
from workbench.reporting.seal import seal
from workbench.settings import Settings
from workbench.store import RunFolder

from .runs import NOW, write_run
from .test_sheet import TECHNICAL

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LATER = NOW + timedelta(days=7)
KEPT = ("menu-write", "order-created-event")
BROKEN = {
    "order-status-write": Finding(
        slug="status-not-kept", severity="high", summary="An accepted order stays open."
    ),
    "product-write": Finding(
        slug="sample-missing", severity="low", matter="folder", summary="We have no sample of it."
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published runs: then something worked that does not now, and the other way round."""
    made = tmp_path_factory.mktemp("project")
    (made / "contracts").mkdir()
    write_run(made, (*KEPT, "order-status-write", "product-write"))
    write_run(made, (*KEPT, "availability-write"), run="two", at=LATER, broken=BROKEN)
    for name in ("one", "two"):
        seal(RunFolder(made / "reports" / "ronda" / name))
    return made


@pytest.fixture
def settings(root: Path) -> Settings:
    """Where they stand."""
    return Settings(root=root)


def read(settings: Settings, language: str = "en", days: int = 8) -> Notice:
    """The second held against the first, some days after the first."""
    moment = NOW + timedelta(days=days)
    return Notice.read("ronda", settings, "one", language=language, now=moment)


def test_the_partner_hears_what_is_worse_first(settings: Settings) -> None:
    """Features with both verdicts and the reason, new findings of theirs, and none of ours."""
    notice = read(settings)
    told = {item.slug: (item.before, item.now, item.direction) for item in notice.features}
    assert told["order-status-write"] == ("Integrated", "Not working", Trend.REGRESSION)
    assert told["availability-write"] == ("Not tested", "Integrated", Trend.IMPROVEMENT)
    assert notice.features[0].direction is Trend.REGRESSION
    assert notice.features[0].why
    assert notice.appeared == ("An accepted order stays open.",)
    mail = write_notice_text(notice, "partner")
    assert mail.splitlines()[0] == "Ronda: something does not work any more"
    assert "We have no sample" not in mail
    assert "Please tell us whether this was intended." in mail


def test_the_restaurant_hears_what_to_do(settings: Settings) -> None:
    """What is lost comes with what is done by hand, what is won with its benefit; no tool talk."""
    notice = read(settings)
    lost = next(text for text in notice.restaurant if "Accept" in text)
    assert "does not work at present" in lost
    assert "tablet" in lost
    assert any("works now" in text for text in notice.restaurant)
    for code in list_languages():
        mail = write_notice_text(read(settings, code), "restaurant")
        assert not TECHNICAL.search(mail), code


def test_we_hear_of_our_folder_and_of_the_age_of_proofs(settings: Settings) -> None:
    """Our own findings stand with us; each integrated feature has a day on which its proof ends."""
    notice = read(settings)
    assert notice.ours == ("We have no sample of it.",)
    assert {item.slug for item in notice.expiries} == {*KEPT, "availability-write"}
    assert not notice.ending
    late = read(settings, days=60)
    assert all(item.is_late for item in late.expiries)
    assert "too old" in write_notice_text(late, "us")


@pytest.mark.parametrize("code", list_languages())
def test_the_notice_is_written_in_every_language(settings: Settings, code: str) -> None:
    """Page, Markdown and the mails name each changed feature; JSON has them by slug."""
    notice = read(settings, code)
    page, text = write_notice(notice), write_notice_text(notice)
    for item in notice.features:
        assert item.title in page
        assert item.title in text
    assert f'lang="{code}"' in page
    assert all(write_notice_text(notice, reader).count("\n") > 3 for reader in READERS)
    told = notice.as_json()["partner_changes"]["features"]
    assert {row["feature"]: row["now"] for row in told}["order-status-write"] == "failed"


def test_nothing_changed_is_said(root: Path, settings: Settings) -> None:
    """A run held against itself is quiet for everybody."""
    notice = Notice.read("ronda", settings, "two", now=LATER)
    assert notice.is_quiet
    assert write_notice_text(notice, "us").startswith("Ronda: nothing has changed")
    assert not any(notice.concerns(reader) for reader in READERS)


def test_the_feed_tells_runs_that_changed_something(
    tmp_path: Path, settings: Settings, root: Path
) -> None:
    """Newest first; an unchanged and an unpublished run are left out, and hidden signs are gone."""
    feed = ET.fromstring(write_feed(settings.reports, "ronda", now=LATER))
    titles = [item.text for item in feed.findall("a:entry/a:title", ATOM)]
    assert titles == ["Ronda: something does not work any more", "First validation"]
    assert feed.findtext("a:entry/a:summary", "", ATOM).startswith("Integrated: 3 of 18.")
    proved = (*KEPT, "availability-write")
    hostile = "Ronda \x1b]0;x\x07<b>&"
    for run in ("three", "four"):
        write_run(tmp_path, proved, run=run, title=hostile, at=LATER + timedelta(days=len(run)))
        seal(RunFolder(tmp_path / "reports" / "ronda" / run))
    write_run(tmp_path, (), run="draft", at=LATER + timedelta(days=9))
    text = write_feed(tmp_path / "reports", "ronda", now=LATER + timedelta(days=90))
    entries = ET.fromstring(text).findall("a:entry", ATOM)
    assert [item.findtext("a:title", "", ATOM) for item in entries] == [
        "Proofs held until 1 January 2027", "First validation",
    ]  # fmt: skip
    assert "\x1b" not in text


def test_the_status_folder_has_all_of_it(settings: Settings) -> None:
    """Badge, feed, the changes in three forms and a mail to each reader, at a fixed address."""
    paths = [*save_status(settings, "ronda", against="one", now=LATER)]
    assert {path.name for path in paths} == {
        "feed.atom", "badge.json", "badge.svg", "changes.html", "changes.json", "changes.md",
        "mail-partner.txt", "mail-restaurant.txt", "mail-us.txt",
    }  # fmt: skip
    assert {path.parent.name for path in paths} == {"status"}
    badge = paths[0].with_name("badge.json")
    assert "Proofs held until" not in badge.read_text("utf-8")
    [*save_status(settings, "ronda", now=LATER + timedelta(days=90))]
    assert "Proofs held until" in json.loads(badge.read_text("utf-8"))["message"]


def test_what_is_signed_can_be_held_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`previous` and `signed` are found by themselves; a name must be a complete run there."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    (tmp_path / "contracts").mkdir()
    first = write_run(tmp_path, KEPT)
    reports = tmp_path / "reports"
    with pytest.raises(InputError, match="was signed"):
        pick_baseline(reports, "ronda", "signed", "sandbox")
    walk = SessionWalk(first.folder, Settings(root=tmp_path), first, lambda data: data)
    walk.begin()
    walk.sign("us", "accepted", "Ana", "engineer")
    write_run(tmp_path, KEPT, run="two", at=LATER)
    assert pick_baseline(reports, "ronda", "signed", "sandbox") == "one"
    assert pick_baseline(reports, "ronda", "previous", "sandbox") == "two"
    assert pick_baseline(reports, "ronda", "previous", "production") == ""
    with pytest.raises(InputError, match="made in sandbox"):
        pick_baseline(reports, "ronda", "one", "production")
    last = write_run(tmp_path, (), run="three", at=LATER + timedelta(days=1)).folder
    remember_previous(reports, last, "one")
    previous = read_previous(last)
    assert previous
    assert previous.run == "one"
    assert previous.verdicts["menu-write"] is Status.CONFIRMED


def test_a_run_that_is_not_there_costs_no_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command stops before it asks the partner anything."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    (tmp_path / "contracts" / "ronda").mkdir(parents=True)
    told = CliRunner().invoke(main, ["validate", "ronda", "--against", "nosuch"])
    assert told.exit_code == 2
    assert "no run nosuch of ronda" in " ".join(told.output.split())
