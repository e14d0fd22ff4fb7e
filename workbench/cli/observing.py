"""The command that asks sources of evidence without a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from workbench.cli.arguments import (
    environment_option,
    fail_on_option,
    is_too_bad,
    run_option,
    seconds_option,
    seed_option,
    slug_argument,
    writes_option,
)
from workbench.cli.asking import ask_about_production
from workbench.cli.output import (
    FINDINGS,
    Output,
    omissions,
    print_omissions,
    speaks,
    tell_unsearchable,
    tell_unset,
)
from workbench.errors import PartnerError
from workbench.model import LIVE_SOURCES, Evidence, Scores, Severity, Source, Status, Verdict
from workbench.secrecy import private_umask
from workbench.settings import load_settings
from workbench.validation import Validation

_BAD = {Status.FAILED, Status.UNKNOWN}
_FILES_ALONE = "Not tested yet: only files were looked at, so nothing is proved live."
NOTHING_LIVE = "Nothing could be tested live: no answer proved or broke anything."


@click.command("check")
@slug_argument()
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice([source.value for source in Source]),
    help="Ask only this source; may be repeated. Default: the offline ones, which prove nothing "
    "live (exit code 3).",
)
@environment_option
@writes_option
@seed_option
@seconds_option
@run_option
@fail_on_option
@speaks
def check_command(
    output: Output,
    slug: str,
    sources: tuple[str, ...],
    environment: str,
    run: str,
    fail_on: str | None,
    *,
    allow_writes: bool,
    seed: int,
    seconds: float,
) -> int:
    """Run evidence sources without a notebook."""
    wanted = sources or (Source.DOCUMENTS.value, Source.SAMPLES.value)
    how = {"allow_writes": allow_writes, "seed": seed, "seconds": seconds, "run": run}
    ask_about_production(output, slug, environment, wanted)
    with private_umask(), Validation.open(slug, environment=environment, **how) as validation:  # type: ignore[arg-type]
        tell_unsearchable(output, slug, validation.redactor)
        if LIVE_SOURCES & set(wanted):
            tell_unset(output, load_settings(), validation.partner, environment)
        _gather(output, validation, wanted)
        verdicts, scores = validation.verdicts(), validation.scores()
    output.document(
        {
            "run": validation.folder.run,
            "evidence": [line.model_dump(mode="json") for line in validation.evidence],
            "verdicts": {name: item.status for name, item in verdicts.items()},
            "tested": scores.is_tested,
            "figures": scores.figures,
            "warnings": omissions(validation.partner.description),
        }
    )
    rows = [(item.status, name, item.because) for name, item in verdicts.items()]
    output.table("\nVerdicts", ("verdict", "feature", "because"), rows)
    print_omissions(output, validation.partner.description)
    return _judge(output, validation, verdicts, scores, sources, fail_on)


def _judge(
    output: Output,
    validation: Validation,
    verdicts: Mapping[str, Verdict],
    scores: Scores,
    sources: Sequence[str],
    fail_on: str | None,
) -> int:
    """The exit code, and why nothing is proved where nothing is."""
    if not scores.is_tested:
        is_offline = not LIVE_SOURCES & set(sources)
        output.text(_FILES_ALONE if is_offline else NOTHING_LIVE, "red")
        # Who names files alone wants to know of them; everybody else, whether it works.
        if not (sources and is_offline):
            return PartnerError.exit_code
    found = [finding.severity for line in validation.evidence for finding in line.findings]
    is_bad = any(item.status in _BAD for item in verdicts.values())
    return FINDINGS if is_too_bad(found, fail_on, otherwise=is_bad) else 0


def _gather(output: Output, validation: Validation, wanted: Sequence[str]) -> None:
    """Ask the sources and print what they say; who stops us is told what was put back."""
    try:
        if Source.CONTRACT in wanted[1:]:
            validation.prepare(Source.CONTRACT)
        for source in wanted:
            for line in validation.gather(source):
                _print_line(output, line)
    except KeyboardInterrupt:
        for line in validation.traces:
            output.text(line.summary, "yellow")
        raise


def _print_line(output: Output, line: Evidence) -> None:
    output.text(f"{line.outcome:<12} {line.source:<10} {line.feature:<28} {line.summary}")
    for finding in line.findings:
        tell = output.detail if finding.severity is Severity.INFO else output.text
        place = finding.operation or finding.pointer
        tell(f"    {finding.severity}: {finding.summary}" + (f" ({place})" if place else ""))
        for label in ("operation", "pointer", "expected", "observed", "hint"):
            if told := getattr(finding, label):
                output.detail(f"      {label}: {told}")
