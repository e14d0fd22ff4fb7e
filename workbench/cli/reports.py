"""Commands on finished runs: render again, compare, and the portal over all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from workbench.adapters import Collected, collect_documents, is_address
from workbench.cli.arguments import slug_argument
from workbench.cli.output import (
    FINDINGS,
    Output,
    omissions,
    print_omissions,
    reading_options,
    speaks,
)
from workbench.description import ChangeSeverity, DocumentChange, compare_descriptions, describe
from workbench.errors import InputError
from workbench.handover import find_tested, save_sheet
from workbench.partners import Partner, load_partner
from workbench.reporting import (
    Drift,
    Format,
    Report,
    build_portal,
    compare_runs,
    render_report,
    search_abandoned,
)
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder, find_run, list_runs


@click.command("report")
@slug_argument()
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
    "--for",
    "reader",
    type=click.Choice(["partner", "restaurant"]),
    default="partner",
    help="`restaurant`: one page without a technical word, as html, pdf and json.",
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
    reader: str,
    *,
    draft: bool,
) -> int:
    """Render the report of a run again, from its folder alone."""
    settings = load_settings()
    search_abandoned(settings, slug)
    folder = find_run(settings.reports, slug, run)
    if reader == "restaurant":
        folder = folder if run else find_tested(settings.reports, folder)
        report = Report.read(folder.path.absolute(), language)
        paths = list(save_sheet(report, settings, formats))
    else:
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
    output.text(f"{paths[0]} ({len(paths) - 2} partners)")
    return 0


@click.command("diff")
@slug_argument()
@click.option(
    "--against",
    default=None,
    metavar="RUN_DOCUMENT_OR_URL",
    help="A run, or a newer document; default: the run before.",
)
@reading_options
@speaks
def diff_command(
    output: Output, slug: str, against: str | None, root: str | None, *, follow: bool
) -> int:
    """Say what changed: between two runs, or between the folder's documents and a newer one."""
    settings = load_settings()
    if against is not None and (is_address(against) or Path(against).is_file()):
        partner = load_partner(slug, settings, run_hooks=False)
        with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
            found = collect_documents([against], Path(folder), root=root, follow=follow)
            return _diff_document(output, partner, found)
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


def _diff_document(output: Output, partner: Partner, newer: Collected) -> int:
    """Against the documents of the folder of the same address or name, else against all."""
    (path,) = newer.paths
    source = newer.downloads[path].source if path in newer.downloads else None
    stated = partner.manifest.documents
    same = [item for item in stated if source is not None and item.source == source]
    same = same or [item for item in stated if Path(item.path).name == path.name] or list(stated)
    old = describe([partner.folder / item.path for item in same], root=partner.root)
    new = describe([path], root=newer.root)
    changes = compare_descriptions(old, new, features=partner.manifest.bound_features)
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


def _print_changes(output: Output, changes: tuple[DocumentChange, ...]) -> None:
    if not changes:
        output.text("Nothing changed.")
        return
    rows = [
        (change.severity, ", ".join(change.features), change.operation or "", change.summary)
        for change in changes
    ]
    output.table(f"{len(changes)} changes", ("severity", "feature", "operation", "what"), rows)
