"""Validates one partner through the notebooks and publishes what may be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError, WorkbenchError
from workbench.execution import run_notebook
from workbench.model import Severity, Status
from workbench.partners import load_partner, open_redactor
from workbench.reporting.formats import PUBLISHED, Format, choose_formats, write_formats
from workbench.reporting.history import remember_previous, write_snapshot
from workbench.reporting.render import render_html
from workbench.reporting.report import PAGE, Report
from workbench.reporting.report_signing import find_signing_key
from workbench.reporting.seal import MANIFEST, SIGNATURE, seal, unseal
from workbench.secrecy import PASSAGE, Redactor, private_umask, tighten
from workbench.settings import Settings, current_root, load_settings
from workbench.store import (
    SESSION,
    SIGNED_BEFORE,
    RunFolder,
    list_abandoned,
    list_runs,
    read_header,
    read_log,
    remember_sign_offs,
)

VALIDATION, REPORT = "validation.ipynb", "report.ipynb"


@dataclass(frozen=True)
class Job:
    """One validation to run; everything in it may be written down.

    `draft`: publish although people still have to judge something. `against`: name of the run that
    it is compared with; empty: the one before. `resume`: take a run of this name that is done as it
    is, and begin one anew that was interrupted.
    """

    partner: str
    environment: str = "sandbox"
    run: str = ""
    seed: int = 1
    allow_writes: bool = False
    seconds: float = 120.0
    draft: bool = False
    against: str = ""
    resume: bool = False

    def named(self, reports: Path) -> Job:
        """The same job with a run that is its own, so that it can be taken up again.

        When none was named, a new folder under `reports` names it.

        Raises:
            InputError: The run exists, and the job is not to resume it.
        """
        if self.run and not self.resume:
            RunFolder(reports / self.partner / self.run).check_new()
        run = self.run or RunFolder.create(reports, self.partner).run
        return replace(self, run=run, resume=True)


@dataclass(frozen=True)
class Published:
    """A run with its report.

    Attributes:
        level: Full, partial, not tested …, as the report's title says it.
        is_tested: Whether the partner's system has shown anything at all, right or wrong.
        is_draft: Whether people still have to judge something.
        is_published: Whether the report may be handed over: no draft, or asked for as one.
        severities: Of all findings.
        contradicted: Titles of what was signed as integrated and is not any more.
    """

    partner: str
    title: str
    run: str
    report: Path
    verdicts: dict[str, Status]
    reach: float
    score: float
    depth: float
    level: str
    is_tested: bool
    is_draft: bool
    is_published: bool
    severities: tuple[Severity, ...] = ()
    contradicted: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of features per verdict word, in the order of the words."""
        counted = Counter(self.verdicts.values())
        return {status.value: counted[status] for status in Status if counted[status]}

    @property
    def has_failures(self) -> bool:
        """Whether a feature failed, or the folder is silent about one."""
        return any(status in {Status.FAILED, Status.UNKNOWN} for status in self.verdicts.values())

    def as_json(self) -> dict[str, Any]:
        """One entry of `runs`."""
        return {
            "partner": self.partner,
            "run": self.run,
            "report": str(self.report),
            "verdicts": {slug: status.value for slug, status in self.verdicts.items()},
            "counts": self.counts,
            "reach": round(self.reach, 4),
            "score": round(self.score, 4),
            "depth": round(self.depth, 4),
            "level": self.level,
            "tested": self.is_tested,
            "draft": self.is_draft,
            "published": self.is_published,
            "contradicted": list(self.contradicted),
        }


def publish(job: Job) -> Published:
    """Execute `validation.ipynb`, render the report, and check that no secret got out.

    Raises:
        InputError: The partner folder is not valid, or the run exists.
        ReportError: A cell failed, or a secret was found in what would be published.
    """
    settings = load_settings()
    job = job.named(settings.reports)
    # Nothing is translated here, so the folder's code has nothing to do.
    partner = load_partner(job.partner, settings, run_hooks=False)
    redactor = open_redactor(partner, job.environment, settings)
    search_abandoned(settings, job.partner)
    if job.resume and (done := _find_done(job, settings)):
        return done
    folder = RunFolder.create(settings.reports, job.partner, job.run)
    folder.claim()
    with _guarded(folder, redactor):
        asked = asdict(job)
        del asked["draft"], asked["against"], asked["resume"]
        run_notebook(settings.notebook("validation"), folder.path / VALIDATION, asked)
        write_snapshot(folder)
        remember_previous(settings.reports, folder, job.against)
        remember_sign_offs(list_runs(settings.reports, job.partner), folder)
        pages = _render(folder, settings, draft=job.draft)
    return summarise(folder, pages[0], draft=job.draft)


def _find_done(job: Job, settings: Settings) -> Published | None:
    """The result of a run that was done before; what there is of an interrupted one is set aside.

    Raises:
        InputError: It was run otherwise than the job asks for, or a process still writes it.
    """
    folder = RunFolder(settings.reports / job.partner / job.run)
    if not folder.log.exists():
        return None
    try:
        log = read_log(folder.log)
    except WorkbenchError:
        log = None
    page = folder.path / PAGE
    if log is None or not log.is_complete or not page.is_file():
        folder.set_aside()
        return None
    header = log.header
    writes = header.context.get("options", {}).get("allow_writes", job.allow_writes)
    if (header.environment, header.seed, writes) != (job.environment, job.seed, job.allow_writes):
        raise InputError(
            f"Run {job.run!r} of {job.partner} exists already, with other options",
            location=str(folder.log),
            hint="Choose another name with --run, or give the options that it was run with.",
        )
    return summarise(folder, page, draft=job.draft)


@contextmanager
def _guarded(folder: RunFolder, redactor: Redactor) -> Iterator[None]:
    """What is written in this block is private, searched for secrets, and opened if published.

    What a failed run leaves is read and sent around as well, so it is searched too.
    """
    try:
        with private_umask():
            yield
    finally:
        folder.search(redactor)
        tighten(folder.path)
    if (folder.path / MANIFEST).exists():
        folder.path.chmod(0o755)
        folder.path.parent.chmod(PASSAGE)
        for name in (*PUBLISHED, SESSION, SIGNED_BEFORE, MANIFEST, SIGNATURE):
            if (folder.path / name).is_file():
                (folder.path / name).chmod(0o644)


def search_abandoned(settings: Settings, partner: str) -> None:
    """Search the runs of a partner that were killed before anybody had searched them.

    Raises:
        ReportError: A secret stands in one; it was moved aside.
    """
    for folder in list_abandoned(settings.reports, partner):
        folder.search(_open_redactor(partner, "sandbox", settings))


def _open_redactor(partner: str, environment: str, settings: Settings) -> Redactor:
    try:
        loaded = load_partner(partner, settings, run_hooks=False)
        return open_redactor(loaded, environment, settings)
    except InputError:
        # Reports outlive the folders that they are about.
        return Redactor(settings.secrets(partner, environment))


def render_report(
    folder: RunFolder,
    settings: Settings,
    *,
    language: str = "",
    formats: Iterable[str] = (),
    draft: bool = False,
) -> list[Path]:
    """Render a run from its folder alone, and seal the folder anew; returns the page first.

    The report of a folder with undecided statements says on every page that it is a draft, and is
    sealed (which makes it fit to be handed over) only where `draft` asks for it.

    Args:
        folder: The run.
        settings: Where the notebooks are.
        language: Code such as `es`; empty: that of the partner's locale, else English.
        formats: Names of `Format`; empty: all that this machine can make.
        draft: Seal a draft as well.

    Raises:
        InputError: The language or a format is unknown.
        ReportError: A cell failed, a format could not be rendered, or a secret was found.
    """
    header = read_header(folder.log)
    redactor = _open_redactor(header.partner, header.environment, settings)
    with _guarded(folder, redactor):
        return _render(folder, settings, language=language, formats=formats, draft=draft)


def _render(
    folder: RunFolder,
    settings: Settings,
    *,
    language: str = "",
    formats: Iterable[str] = (),
    draft: bool = False,
) -> list[Path]:
    chosen = choose_formats(formats, folder.path)
    report = Report.read(folder.path.absolute(), language)
    made = _render_page(report, settings) if Format.HTML in chosen else []
    made += write_formats(report, chosen)
    if draft or not report.is_draft:
        made.append(seal(folder, find_signing_key()))
    else:
        unseal(folder)
    return made


def _render_page(report: Report, settings: Settings) -> list[Path]:
    # The notebook looks from there, whatever the settings of this process say.
    folder, root = report.folder.path, current_root().absolute()
    # Relative where possible: the executed notebook must not tell where it was made.
    shown = folder.relative_to(root) if folder.is_relative_to(root) else folder
    code = report.language.code
    executed = run_notebook(
        settings.notebook("report"), folder / REPORT, {"folder": str(shown), "language": code}
    )
    page = render_html(executed, folder / PAGE, title=report.title, language=code)
    return [page, executed]


def summarise(folder: RunFolder, page: Path, *, draft: bool = False) -> Published:
    """Verdicts and figures of a finished run."""
    report = Report.read(folder.path.absolute(), "en")
    figures = report.scores
    return Published(
        partner=report.log.header.partner,
        title=report.log.header.title,
        run=report.log.header.run,
        report=page,
        verdicts={slug: verdict.status for slug, verdict in report.verdicts.items()},
        reach=figures.reach,
        score=figures.score,
        depth=figures.depth,
        level=report.level,
        is_tested=figures.is_tested,
        is_draft=report.is_draft,
        is_published=draft or not report.is_draft,
        severities=tuple(item.severity for line in report.log.evidence for item in line.findings),
        contradicted=tuple(map(report.name, report.meeting.contradicted)),
    )
