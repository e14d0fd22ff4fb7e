"""Commands on finished runs: render again, compare, and the portal over all of them."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.output import FINDINGS, Output, omissions, print_omissions, speaks
from workbench.description import ChangeSeverity, DocumentChange, compare_descriptions, describe
from workbench.errors import InputError
from workbench.partners import Partner, load_partner
from workbench.reporting import (
    Drift,
    Format,
    build_portal,
    compare_runs,
    render_report,
    search_abandoned,
)
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder, find_run, list_runs


@click.command("report")
@click.argument("slug")
@click.option("--run", default=None, help="Which run; default: the latest.")
@click.option("--language", default="", help="`en` or `es`; default: the partner's.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice([form.value for form in Format]),
    help="Only this kind; may be repeated. Default: all that this machine can make.",
)
@click.option(
    "--draft", is_flag=True, help="Publish although statements are still open or unreviewed."
)
@speaks
def report_command(
    output: Output,
    slug: str,
    run: str | None,
    language: str,
    formats: tuple[str, ...],
    *,
    draft: bool,
) -> int:
    """Render the report of a run again, from its folder alone."""
    settings = load_settings()
    search_abandoned(settings, slug)
    folder = find_run(settings.reports, slug, run)
    paths = render_report(folder, settings, language=language, formats=formats, draft=draft)
    output.document({"run": folder.run, "paths": [str(path) for path in paths]})
    for path in paths:
        output.text(path)
    return 0


@click.command("portal")
@click.option("--language", default="", help="`en` or `es`; default: English.")
@speaks
def portal_command(output: Output, language: str) -> int:
    """Build the static index over all partners and runs."""
    settings = load_settings()
    for folder in sorted(settings.reports.glob("*/")):
        search_abandoned(settings, folder.name)
    paths = build_portal(settings.reports, contracts=settings.contracts, language=language)
    output.document({"paths": [str(path) for path in paths]})
    output.text(f"{paths[0]} ({len(paths) - 1} partners)")
    return 0


@click.command("diff")
@click.argument("slug")
@click.option("--against", default=None, metavar="RUN_OR_DOCUMENT", help="Default: the run before.")
@speaks
def diff_command(output: Output, slug: str, against: str | None) -> int:
    """Say what changed: between two runs, or between the folder's documents and a newer one."""
    settings = load_settings()
    if against is not None and Path(against).is_file():
        return _diff_document(output, load_partner(slug, settings, run_hooks=False), Path(against))
    search_abandoned(settings, slug)
    old, new = _pick_runs(settings, slug, against)
    drift = compare_runs(old, new)
    output.document(drift.model_dump(mode="json") | {"direction": drift.direction})
    _print_drift(output, drift)
    return FINDINGS if drift.has_regressions else 0


def _pick_runs(settings: Settings, slug: str, against: str | None) -> tuple[RunFolder, RunFolder]:
    new = find_run(settings.reports, slug)
    if against is not None:
        return find_run(settings.reports, slug, against), new
    runs = list_runs(settings.reports, slug)
    if len(runs) < 2:
        raise InputError(
            f"{slug} has only one run, so there is nothing to compare it with",
            location=str(new.path),
            hint=f"Run `workbench validate {slug}` again, or name a document with --against.",
        )
    return runs[-2], runs[-1]


def _print_drift(output: Output, drift: Drift) -> None:
    output.text(f"{drift.old} → {drift.new}: {drift.direction}", style="bold")
    rows = [
        (change.direction, change.name, change.before or "nothing", change.now or "nothing")
        for change in (*drift.verdicts, *drift.documents, *drift.behaviour)
    ]
    if rows:
        output.table("\nChanged", ("direction", "what", "before", "now"), rows)
    for title, findings in (("New findings", drift.appeared), ("Gone findings", drift.gone)):
        if findings:
            found = [(item.severity, item.summary) for item in findings]
            output.table(f"\n{title}", ("severity", "what"), found)


def _diff_document(output: Output, partner: Partner, path: Path) -> int:
    """Against the first document of the folder that has the same name, else against all."""
    old = partner.description
    names = [item.path for item in partner.manifest.documents]
    same = [name for name in names if Path(name).name == path.name] or names
    old = describe([partner.folder / name for name in same])
    new = describe([path])
    changes = compare_descriptions(old, new, features=_bound(partner))
    output.document(
        {
            "changes": [change.model_dump(mode="json") for change in changes],
            "warnings": omissions(new),
        }
    )
    _print_changes(output, changes)
    print_omissions(output, new)
    broken = any(change.severity is ChangeSeverity.BREAKING for change in changes)
    return FINDINGS if broken else 0


def _bound(partner: Partner) -> dict[str, list[str]]:
    features: dict[str, list[str]] = {}
    for slug, stated in partner.manifest.features.items():
        for reference in (*(b.operation for b in stated.bound_operations()), *stated.events):
            features.setdefault(reference, []).append(slug)
    return features


def _print_changes(output: Output, changes: tuple[DocumentChange, ...]) -> None:
    if not changes:
        output.text("Nothing changed.")
        return
    rows = [
        (change.severity, ", ".join(change.features), change.operation or "", change.summary)
        for change in changes
    ]
    output.table(f"{len(changes)} changes", ("severity", "feature", "operation", "what"), rows)
