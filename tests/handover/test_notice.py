"""What a new validation changed: each reader hears their own, and the feed tells what is new."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.errors import InputError
from workbench.handover.agenda import make_agenda, write_protocol
from workbench.handover.feed import save_status, write_feed
from workbench.handover.notice import (
    READERS,
    Notice,
    pick_baseline,
    write_notice,
    write_notice_text,
)
from workbench.handover.sheet import find_tested
from workbench.handover.walk import SessionWalk
from workbench.model import Acceptance, Finding, Protocol, SignOff, Status
from workbench.reporting import Report, Trend, build_portal, write_badge_json
from workbench.reporting.document import write_json
from workbench.reporting.history import read_previous, remember_previous
from workbench.reporting.language import list_languages
from workbench.reporting.markdown_report import write_job_summary, write_markdown
from workbench.reporting.seal import seal
from workbench.settings import Settings
from workbench.store import RunFolder, add_line, remember_sign_offs

from .runs import NOW, write_run
from .test_sheet import TECHNICAL

ATOM = {"a": "http://www.w3.org/2005/Atom"}
LATER = NOW + timedelta(days=7)
SEEN = Finding(slug="menu-differs", severity="high", summary="A dish of the menu is lost.")
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


def test_what_was_taken_away_is_told_with_what_was_stated(tmp_path: Path) -> None:
    """Of a feature that the platform lacks now, the stated reason stands, and no other."""
    write_run(tmp_path, ("order-read",))
    write_run(tmp_path, (), run="two", at=LATER, absent={"order-read": "it has been switched off"})
    [change] = Notice.read("ronda", Settings(root=tmp_path), "one", now=LATER).features
    assert (change.slug, change.direction) == ("order-read", Trend.REGRESSION)
    assert change.why == "It has been switched off."


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


def test_a_run_that_could_try_nothing_accuses_nobody(tmp_path: Path) -> None:
    """An address that was away is no feature that broke: nobody is told to work by hand again."""
    (tmp_path / "contracts").mkdir()
    write_run(tmp_path, KEPT)
    away = write_run(tmp_path, (), run="two", at=LATER)
    for folder in (RunFolder(away.folder.path.with_name("one")), away.folder):
        seal(folder)
    notice = Notice.read("ronda", Settings(root=tmp_path), "one", run="two", now=LATER)
    assert set(notice.drift.unshown) == {*KEPT}
    assert notice.restaurant == ()
    assert not notice.drift.has_regressions
    partner, restaurant = (write_notice_text(notice, name) for name in ("partner", "restaurant"))
    assert partner.startswith("Ronda: it could not be tried this time")
    assert restaurant.startswith("Ronda: nothing has changed")
    assert "does not work" not in write_notice(notice) + partner
    assert "could not be tried" in write_feed(tmp_path / "reports", "ronda", now=LATER)
    # The next one is held against what was seen last, and a sheet is made of that.
    assert find_tested(tmp_path / "reports", away.folder).run == "one"
    assert pick_baseline(tmp_path / "reports", "ronda", "previous", "sandbox") == "one"


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
    with pytest.raises(InputError, match="is a draft, so nobody can sign it"):
        walk.sign("us", "accepted", "Ana", "engineer")
    sign(first)
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


def sign(report: Report, **told: Any) -> RunFolder:
    """What both sides sign in a session about a run: the order and the menu work."""
    add_line(report.folder, make_agenda(report))
    stands = {slug: item.status for slug, item in report.verdicts.items()}
    for side in ("us", "partner"):
        base = {"side": side, "name": "Ana", "role": "engineer", "at": NOW, "verdicts": stands}
        add_line(report.folder, SignOff.model_validate(base | {"decision": "accepted"} | told))
    return report.folder


@pytest.fixture(scope="module")
def broken_word(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A run in which the menu, signed a week before as integrated, fails."""
    made = tmp_path_factory.mktemp("word")
    (made / "contracts").mkdir()
    signed = sign(write_run(made, ("menu-write", "order-read")))
    late = write_run(made, (), run="two", at=LATER, broken={"menu-write": SEEN})
    remember_sign_offs([signed], late.folder)
    for folder in (signed, late.folder):
        seal(folder)
    return late


@pytest.mark.parametrize("code", list_languages())
def test_a_contradicted_signature_is_told_in_every_form(broken_word: Report, code: str) -> None:
    """Data, badge, feed, portal, page, PDF and the next protocol say it; the order is in doubt."""
    report = Report.read(broken_word.folder.path.absolute(), code)
    data = json.loads(write_json(report))["signing"]
    assert (data["contradicted"], data["unshown"]) == (["menu-write"], ["order-read"])
    assert [item["is_of_this_run"] for item in data["signatures"]] == [False, False]
    words, title = report.language.say("session.contradicted"), report.name("menu-write")
    short = report.language.say("badge.contradicted")
    assert json.loads(write_badge_json(report))["message"] == short
    reports = report.folder.path.parents[1]
    feed = write_feed(reports, "ronda", language=code, now=LATER)
    assert f"{words} {title}." in feed
    index, page = (
        path.read_text("utf-8") for path in build_portal(reports, language=code, now=LATER)[:2]
    )
    assert short in index
    protocol = Protocol(make_agenda(report))
    told = (page, report.section("cover")._repr_html_(), write_protocol(report, protocol))
    for text in told:
        assert f"<strong>{words}</strong> {title}." in text
        assert text.index(words) < text.index('class="lead"')
    assert report.language.say("session.earlier") in report.section("sign_off")._repr_html_()
    assert words in write_markdown(report)[:200]
    assert words in write_job_summary(report)[:200]


def test_what_was_signed_elsewhere_or_withdrawn_is_not_contradicted(tmp_path: Path) -> None:
    """A word about another environment does not bind, and a refusal takes the side's word back."""
    first = sign(write_run(tmp_path, ("menu-write",)))
    again = sign(write_run(tmp_path, (), run="two", at=LATER), decision="refused", at=LATER)
    late = write_run(tmp_path, (), run="three", at=LATER, broken={"menu-write": SEEN})
    kept = remember_sign_offs([again, first], late.folder)
    assert {item.decision for item in kept} == {Acceptance.REFUSED}
    assert Report.read(late.folder.path.absolute()).meeting.contradicted == ()
    text = first.log.read_text("utf-8").replace('"sandbox"', '"production"', 1)
    first.log.write_text(text, "utf-8")
    assert remember_sign_offs([first], late.folder) == ()


def test_a_run_that_is_not_there_costs_no_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command stops before it asks the partner anything."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    (tmp_path / "contracts" / "ronda").mkdir(parents=True)
    told = CliRunner().invoke(main, ["validate", "ronda", "--against", "nosuch"])
    assert told.exit_code == 2
    assert "no run nosuch of ronda" in " ".join(told.output.split())
