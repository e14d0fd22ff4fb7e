"""What a validation says of the run that it is held against, and how the partner stands now."""

from __future__ import annotations

from collections.abc import Sequence

import click

from workbench.cli.output import Output
from workbench.handover import Notice, save_status, write_notice_text
from workbench.reporting import Job, Published
from workbench.settings import Settings

against_option = click.option(
    "--against",
    default="",
    metavar="RUN",
    help="Say what changed against this run, `previous`, or the last one that was `signed`.",
)


def tell_changes(
    output: Output, settings: Settings, results: Sequence[Published], jobs: Sequence[Job]
) -> list[Notice]:
    """Badge and feed of each published run, and what changed where that was asked for."""
    baselines = {(job.partner, job.run): job.against for job in jobs}
    notices: list[Notice] = []
    for result in results:
        against = baselines.get((result.partner, result.run), "")
        if result.is_published:
            paths = list(save_status(settings, result.partner, against=against))
            output.detail(f"  status: {paths[0].parent}")
        if against:
            notice = Notice.read(result.partner, settings, against, run=result.run)
            output.text("")
            output.text(write_notice_text(notice).strip())
            notices.append(notice)
    return notices
