"""How a partner stands now: `reports/<partner>/status/` with badge, Atom feed and latest changes.

The folder has a fixed address beside the runs, so that a partner can show the badge and follow the
feed. Only published runs are told of.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from workbench.errors import InputError
from workbench.handover.notice import (
    READERS,
    Notice,
    write_notice,
    write_notice_json,
    write_notice_text,
)
from workbench.handover.phrases import load_words
from workbench.partners import load_catalogue
from workbench.reporting import (
    BADGE_JSON,
    BADGE_SVG,
    MANIFEST,
    Drift,
    Language,
    Meeting,
    Report,
    Trend,
    compare_runs,
    displayable,
    load_language,
    read_snapshot,
    translate,
    write_badge_json,
    write_badge_svg,
)
from workbench.secrecy import Redactor
from workbench.settings import Settings
from workbench.store import RunFolder, list_runs

STATUS, FEED = "status", "feed.atom"
_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 20
# Names of what is written come from this, so that they are the same on every machine.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:partner-integration-workbench")


def write_feed(
    reports: Path, partner: str, *, language: str = "", now: datetime | None = None
) -> str:
    """The Atom feed (RFC 4287) of a partner: an entry for each published run that changed a thing.

    Args:
        reports: Folder of all runs.
        partner: Slug.
        language: Code; empty: that of the partner's locale.
        now: Instant against which the age of proofs is measured.

    Raises:
        InputError: There is no published run.
    """
    runs = list_published(reports, partner)
    if not runs:
        raise InputError(
            f"No run of {partner} is published, so there is nothing to tell",
            location=str(reports / partner),
            hint=f"Run `workbench validate {partner}`, and judge what is still open.",
        )
    report = Report.read(runs[-1].path.absolute(), language)
    words = load_words(report.language.code)
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": words.code})
    title = report.log.header.title
    _fill(feed, words.say("notice.feed.title", title=title), f"{partner}", _latest(report, now))
    author = ET.SubElement(feed, "author")
    named = report.publisher.organisation or words.say("notice.kicker")
    ET.SubElement(author, "name").text = _clean(named)
    ET.SubElement(feed, "icon").text = BADGE_SVG
    for entry in _list_entries(report, runs, words, now or datetime.now(UTC)):
        feed.append(entry)
    ET.indent(feed)
    return ET.tostring(feed, encoding="unicode", xml_declaration=True) + "\n"


def list_published(reports: Path, partner: str) -> list[RunFolder]:
    """Complete runs that were sealed to be handed over, oldest first; of the last environment."""
    sealed = [run for run in list_runs(reports, partner) if (run.path / MANIFEST).is_file()]
    known = [(run, read_snapshot(run)) for run in sealed]
    complete = [(run, found) for run, found in known if found.is_complete]
    return [run for run, found in complete if found.environment == complete[-1][1].environment]


def save_status(
    settings: Settings,
    partner: str,
    *,
    against: str = "",
    language: str = "",
    now: datetime | None = None,
) -> Iterator[Path]:
    """Write badge and feed of a partner, and what changed against another run.

    Args:
        settings: Where reports are, and what must not get out.
        partner: Slug.
        against: Run that the latest published one is held against; empty: only badge and feed.
        language: Code; empty: that of the partner's locale.
        now: Instant against which the age of proofs is measured; None: this one.

    Raises:
        InputError: No run is published, or a run is missing or damaged.
    """
    moment = now or datetime.now(UTC)
    feed = write_feed(settings.reports, partner, language=language, now=moment)
    run = list_published(settings.reports, partner)[-1]
    report = Report.read(run.path.absolute(), language)
    made = {
        FEED: feed,
        BADGE_JSON: write_badge_json(report, moment),
        BADGE_SVG: write_badge_svg(report, moment),
    }
    if against:
        how = {"run": run.run, "language": report.language.code, "now": moment}
        made |= _write_changes(Notice.read(partner, settings, against, **how))  # type: ignore[arg-type]
    folder = settings.reports / partner / STATUS
    folder.mkdir(parents=True, exist_ok=True)
    redactor = Redactor(settings.secrets(partner, report.log.header.environment))
    for name, text in made.items():
        path = folder / name
        path.write_bytes(redactor.text(text).encode("utf-8", "replace"))
        yield path


def _write_changes(notice: Notice) -> dict[str, str]:
    """File name → text, of every form of a notice."""
    mails = {f"mail-{reader}.txt": write_notice_text(notice, reader) for reader in READERS}
    return {
        "changes.html": write_notice(notice),
        "changes.json": write_notice_json(notice),
        "changes.md": write_notice_text(notice),
        **mails,
    }


def _latest(report: Report, now: datetime | None) -> datetime:
    """When something of the feed was new last: the latest run, or the end of its proofs."""
    end = report.valid_until
    if end is not None and now is not None and end < now:
        return end
    return report.log.header.started_at


def _list_entries(
    report: Report, runs: list[RunFolder], words: Language, now: datetime
) -> Iterator[ET.Element]:
    """Newest first: the end of proofs where it has come, then runs that changed something."""
    partner, end = report.log.header.partner, report.valid_until
    if end is not None and end < now:
        text = words.say("notice.feed.late", date=words.date(end))
        name = f"{partner}/{runs[-1].run}/late"
        yield _entry(words.say("badge.late", date=words.date(end)), name, end, text, runs[-1].run)
    pairs = [(None, runs[0]), *pairwise(runs)]
    for old, run in list(reversed(pairs))[:_MOST]:
        drift = compare_runs(old, run) if old is not None else None
        if drift is not None and drift.is_empty:
            continue
        snapshot = read_snapshot(run)
        title = words.say("notice.feed.first")
        meeting = Meeting.read(run, snapshot.verdicts, snapshot.started_at.date())
        if drift is not None:
            kind = drift.direction if snapshot.scores.is_tested else "untested"
            kind = "contradicted" if meeting.contradicted else kind
            title = words.say(f"notice.subject.{kind}", title=snapshot.title)
        text = " ".join(_tell(drift, run, meeting.contradicted, words))
        yield _entry(title, f"{partner}/{run.run}", snapshot.started_at, text, run.run)


def _tell(
    drift: Drift | None, run: RunFolder, contradicted: tuple[str, ...], words: Language
) -> Iterator[str]:
    catalogue = translate(load_catalogue(), load_language(words.code))
    if contradicted:
        named = [catalogue.feature(slug) for slug in contradicted]
        titles = "; ".join(feature.title for feature in named if feature)
        yield f"{words.say('session.contradicted')} {titles}."
    scores = read_snapshot(run).scores
    yield words.say(
        "notice.feed.works",
        works=words.number(scores.integrated), total=words.number(scores.applicable),
    )  # fmt: skip
    if drift is None:
        return
    order = (Trend.REGRESSION, Trend.NEUTRAL, Trend.IMPROVEMENT)
    for item in sorted(drift.verdicts, key=lambda change: order.index(change.direction)):
        feature = catalogue.feature(item.name)
        if feature is None or not feature.needs_statement:
            continue
        before = words.say(f"verdicts.{item.before}") if item.before else "-"
        now = words.say(f"verdicts.{item.now}") if item.now else "-"
        yield f"{feature.title}: {before} → {now}."
    for key, found in (("appeared", drift.appeared), ("gone", drift.gone)):
        theirs = sum(item.matter.is_theirs for item in found)
        if theirs:
            yield f"{words.count(f'notice.feed.{key}', theirs)}."


def _entry(title: str, name: str, moment: datetime, text: str, run: str) -> ET.Element:
    entry = ET.Element("entry")
    _fill(entry, title, name, moment)
    ET.SubElement(entry, "link", {"rel": "alternate", "href": f"../{run}/report.html"})
    ET.SubElement(entry, "summary").text = _clean(text)
    return entry


def _fill(element: ET.Element, title: str, name: str, moment: datetime) -> None:
    ET.SubElement(element, "id").text = f"urn:uuid:{uuid.uuid5(_SPACE, name)}"
    ET.SubElement(element, "title").text = _clean(title)
    ET.SubElement(element, "updated").text = moment.astimezone(UTC).isoformat(timespec="seconds")


def _clean(text: str) -> str:
    """Without signs that XML forbids or that nobody sees."""
    shown: str = displayable(text)
    return shown
