"""Commands that do: validate, simulate."""

from __future__ import annotations

import os
import shlex
import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

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
from workbench.cli.observing import NOTHING_LIVE
from workbench.cli.output import (
    FINDINGS,
    Output,
    speaks,
    tell_unsearchable,
    tell_unset,
)
from workbench.cli.progress import follow
from workbench.cli.revalidating import against_option, tell_changes
from workbench.errors import InputError, PartnerError, WorkbenchError
from workbench.execution import run_jobs, run_on_dask
from workbench.handover import Notice, pick_baseline
from workbench.partners import list_partners, load_partner, open_redactor
from workbench.reporting import Job, Published, build_portal, publish
from workbench.sandbox import SIMULATORS, Sandbox
from workbench.settings import Settings, current_root, find_shipped, load_settings
from workbench.text import suggest_name
from workbench.validation import check_request

workers_option = click.option("--workers", default=2, show_default=True, help="Runs at a time.")
draft_option = click.option(
    "--draft", is_flag=True, help="Publish although statements are still open or unreviewed."
)


@click.command("validate")
@slug_argument("slugs", nargs=-1, metavar="SLUG…")
@click.option("--all", "every", is_flag=True, help="Validate every partner folder.")
@environment_option
@writes_option
@seed_option
@seconds_option
@run_option
@workers_option
@draft_option
@fail_on_option
@click.option("--scheduler", default=None, help="Address of a Dask scheduler to run on.")
@click.option(
    "--resume", is_flag=True, help="Keep runs named --run that are done; begin the others anew."
)
@against_option
@speaks
def validate_command(
    output: Output,
    slugs: tuple[str, ...],
    environment: str,
    against: str,
    run: str,
    workers: int,
    scheduler: str | None,
    fail_on: str | None,
    *,
    every: bool,
    allow_writes: bool,
    draft: bool,
    resume: bool,
    seed: int,
    seconds: float,
) -> int:
    """Validate partners: run the validation notebook and render the report."""
    settings = load_settings()
    chosen = list_partners(settings) if every else list(slugs)
    if not chosen:
        raise InputError("No partner is named", hint="Name one, or use --all.")
    jobs = [
        Job(
            slug,
            environment=environment,
            run=run,
            seed=seed,
            allow_writes=allow_writes,
            seconds=seconds,
            draft=draft,
            resume=resume,
            against=pick_baseline(settings.reports, slug, against, environment) if against else "",
        )
        for slug in chosen
    ]
    return _validate(output, settings, jobs, workers, scheduler, fail_on)


@click.command("demo")
@seed_option
@run_option
@workers_option
@speaks
def demo_command(output: Output, run: str, workers: int, *, seed: int) -> int:
    """Start the embedded sandbox and validate its partners end to end.

    Works in any folder: the partners that it misses are those that the workbench brings.
    """
    _bring_examples()
    settings = load_settings()
    with Sandbox(SIMULATORS.values()) as sandbox:
        os.environ.update(sandbox.environment())
        jobs = [Job(slug, run=run, seed=seed, allow_writes=True) for slug in sandbox.partners]
        code = _validate(output, settings, jobs, workers)
    index = build_portal(settings.reports, contracts=settings.contracts)[0]
    output.text(f"\nAll of them: {index}", "bold")
    is_project = (settings.root / "contracts").is_dir()
    follow_up = "workbench lab --sandbox" if is_project else "workbench init my-partners --examples"
    output.text(f"Next: open it in a browser; then `{follow_up}`.")
    return code


def _bring_examples() -> None:
    """Point this process and its kernels at our partners, where the project lacks one of them."""
    own = Path(os.environ.get("WORKBENCH_CONTRACTS") or current_root() / "contracts")
    if not all((own / slug / "partner.yaml").is_file() for slug in SIMULATORS):
        os.environ["WORKBENCH_CONTRACTS"] = str(find_shipped() / "contracts")


def _validate(
    output: Output,
    settings: Settings,
    jobs: Sequence[Job],
    workers: int,
    scheduler: str | None = None,
    fail_on: str | None = None,
) -> int:
    for job in jobs:
        # A broken folder stops everything before it costs time.
        partner = load_partner(job.partner, settings, run_hooks=False)
        check_request(partner, job.environment, settings, allow_writes=job.allow_writes)
        ask_about_production(output, job.partner, job.environment)
        redactor = open_redactor(partner, job.environment, settings)
        tell_unsearchable(output, job.partner, redactor)
        tell_unset(output, settings, partner, job.environment)
    named = [job.named(settings.reports) for job in jobs]
    outcomes = (
        run_on_dask(publish, named, scheduler=scheduler)
        if scheduler
        else run_jobs(publish, named, workers=workers)
    )
    results, errors = follow(output, settings, named, outcomes)
    for result in results:
        _print_result(output, result)
    changes = tell_changes(output, settings, results, named)
    output.document(
        {
            "runs": [result.as_json() for result in results],
            "errors": [{"partner": job.partner, "error": str(error)} for job, error in errors],
            "changes": [notice.as_json() for notice in changes],
        }
    )
    for job, error in errors:
        output.text(f"{job.partner}: {error}", style="red")
    if errors:
        first = errors[0][1]
        return first.exit_code if isinstance(first, WorkbenchError) else 2
    return _judge_exit(results, changes, fail_on)


def _judge_exit(
    results: Sequence[Published], changes: Sequence[Notice], fail_on: str | None
) -> int:
    if not all(result.is_tested for result in results):
        return PartnerError.exit_code
    found = [severity for result in results for severity in result.severities]
    is_bad = any(result.has_failures for result in results)
    is_worse = any(item.drift.has_regressions or item.drift.unshown for item in changes)
    return FINDINGS if is_too_bad(found, fail_on, otherwise=is_bad or is_worse) else 0


def _print_result(output: Output, result: Published) -> None:
    counts = ", ".join(f"{count} {status}" for status, count in result.counts.items())
    figures = f"reach {result.reach:.0%} · score {result.score:.0%} · depth {result.depth:.0%}"
    output.text(f"\n{result.title} · {result.level} · {figures}", "bold")
    if result.contradicted:
        output.text(f"  signed, and not so any more: {'; '.join(result.contradicted)}", "red")
    output.text(f"  {counts}")
    if not result.is_tested:
        output.text(f"  {NOTHING_LIVE}", "red")
    if not result.is_published:
        output.text("  DRAFT: not published; judge the open statements, or use --draft.", "yellow")
    for slug, status in result.verdicts.items():
        output.detail(f"  {status:<12} {slug}")
    output.text(f"  report: {result.report}")


@click.command("sandbox")
@slug_argument("slugs", nargs=-1, metavar="SLUG…")
@click.option("--port", default=0, help="Port for a single partner; default: the manifest's.")
@speaks
def sandbox_command(output: Output, slugs: tuple[str, ...], port: int) -> int:
    """Run the embedded partner simulator until interrupted."""
    unknown = [slug for slug in slugs if slug not in SIMULATORS]
    if unknown:
        raise InputError(
            f"There is no simulator {unknown[0]!r}", hint=suggest_name(unknown[0], SIMULATORS)
        )
    chosen = [SIMULATORS[slug] for slug in slugs or SIMULATORS]
    if port and len(chosen) > 1:
        raise InputError("--port is for a single partner", hint="Name the partner too.")
    try:
        sandbox = Sandbox(chosen, ports="fixed", port=port or None)
    except OSError as error:
        raise InputError(
            f"A port of the sandbox is taken: {error.strerror}",
            hint="Stop what uses it, or name one partner with --port.",
        ) from error
    with sandbox, tempfile.TemporaryDirectory(prefix="workbench-sandbox-") as room:
        keys = _write_keys(Path(room) / "credentials.env", sandbox.environment())
        listing = {slug: running.base_url for slug, running in sandbox.partners.items()}
        output.document({"partners": listing, "credentials": str(keys)})
        for slug, running in sandbox.partners.items():
            output.text(f"{slug}: {running.base_url} (control: {running.control_url})")
        output.text(f"Credentials for the shell that validates: source {keys}")
        _wait_for_interrupt()
    return 0


def _write_keys(path: Path, environment: dict[str, str]) -> Path:
    """A file that only its owner reads, so that credentials are on no screen and in no history."""
    path.touch(mode=0o600)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _wait_for_interrupt() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
