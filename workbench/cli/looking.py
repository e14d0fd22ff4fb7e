"""Commands that only look: documents, catalogue, partner folder, one payload."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from workbench.adapters import collect_documents, is_address
from workbench.cli.arguments import slug_argument
from workbench.cli.output import (
    FINDINGS,
    Output,
    omissions,
    print_omissions,
    reading_options,
    speaks,
    tell_unset,
)
from workbench.description import describe, find_directions
from workbench.errors import InputError
from workbench.lint import LintRow, fails, gather, lint
from workbench.model import ApiDescription, Direction, DocumentWarning, Finding, Severity
from workbench.partners import list_partners, load_catalogue, load_partner
from workbench.settings import load_settings
from workbench.suggest import Suggestion, suggest
from workbench.vocabulary import KINDS

we_are_option = click.option(
    "--we-are",
    type=click.Choice(list(KINDS)),
    help="Who we are in these documents, where they do not make it plain.",
)

hooks_option = click.option(
    "--hooks", is_flag=True, help="Run the code of the folder's hooks.py; only if you trust it."
)


@click.command("describe")
@click.argument("sources", nargs=-1, required=True, metavar="PATH_URL_OR_SLUG…")
@reading_options
@hooks_option
@speaks
def describe_command(
    output: Output, sources: tuple[str, ...], root: str | None, *, hooks: bool, follow: bool
) -> int:
    """List operations, webhooks, security and oddities of documents or of a partner."""
    description = _describe(sources, root, hooks=hooks, follow=follow)
    directions = find_directions(description)
    output.document(
        {
            "documents": [
                item.model_dump(mode="json", exclude={"pointer"}) for item in description.documents
            ],
            "operations": [
                {
                    "id": item.id,
                    "method": item.method,
                    "path": item.path,
                    "direction": directions[item.document, item.id],
                    "pointer": item.pointer,
                    "document": item.document,
                    "operation_id": item.operation_id,
                    "summary": item.summary,
                }
                for item in description.operations
            ],
            "events": [
                {
                    "id": item.id,
                    "source": item.source,
                    "pointer": item.pointer,
                    "document": item.document,
                    "direction": directions[item.document, item.id],
                    "summary": item.summary,
                }
                for item in description.events
            ],
            "security": [item.model_dump(mode="json") for item in description.security],
            "warnings": [item.model_dump(mode="json") for item in description.warnings],
        }
    )
    _print_description(output, description, directions)
    return FINDINGS if any(item.severity == "high" for item in description.warnings) else 0


def _describe(
    sources: tuple[str, ...], root: str | None, *, hooks: bool, follow: bool
) -> ApiDescription:
    if len(sources) == 1 and not is_address(sources[0]) and not Path(sources[0]).exists():
        settings = load_settings()
        if sources[0] in list_partners(settings):
            return load_partner(sources[0], settings, run_hooks=hooks).description
    missing = [item for item in sources if not is_address(item) and not Path(item).exists()]
    if missing:
        raise InputError(
            f"{missing[0]!r} is neither a file nor a partner",
            location=missing[0],
            hint="Give path or address of a document, or the slug of a folder in contracts/.",
        )
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        found = collect_documents(sources, Path(folder), root=root, follow=follow)
        return describe(found.paths, root=found.root)


def _print_description(
    output: Output,
    description: ApiDescription,
    directions: Mapping[tuple[str, str], Direction],
) -> None:
    for item in description.documents:
        output.text(f"{item.name} {item.format} {item.version}: {item.title}", style="bold")
        if item.seen is not None:
            output.text(f"{item.seen} calls and events seen, {item.read} read")
    operations = description.operations
    rows = [(directions[item.document, item.id], item.id, item.summary[:70]) for item in operations]
    output.table(f"\n{len(operations)} operations", ("direction", "operation", "summary"), rows)
    events = description.events
    rows = [(directions[item.document, item.id], item.id, item.summary[:70]) for item in events]
    output.table(f"\n{len(events)} webhooks", ("direction", "event", "summary"), rows)
    schemes = [
        (item.id, item.kind, item.scheme or item.parameter or "") for item in description.security
    ]
    output.table("\nsecurity", ("scheme", "kind", "detail"), schemes)
    kinds: dict[tuple[str, str], list[DocumentWarning]] = {}
    for warning in description.warnings:
        kinds.setdefault((warning.severity, warning.slug), []).append(warning)
    warned = [
        (severity, slug, len(found), f"{found[0].document}#{found[0].pointer}", found[0].summary)
        for (severity, slug), found in kinds.items()
    ]
    output.table(
        f"\n{len(description.warnings)} oddities (all of them with --json)",
        ("severity", "kind", "times", "first at", "what"),
        warned,
    )


def _rows(found: Sequence[Suggestion], most: int) -> list[dict[str, Any]]:
    """The suggestions of one feature as JSON: all that are proposed, and the best of the rest."""
    shown = max(most, sum(item.proposed for item in found))
    return [
        {
            "operation": item.reference,
            "score": round(item.score, 3),
            "proposed": item.proposed,
            "direction": item.direction,
            "reasons": list(item.reasons),
            "against": list(item.against),
            "turns": list(item.turns),
        }
        for item in found[:shown]
    ]


def _explain(output: Output, feature: str, found: dict[str, list[Suggestion]]) -> int:
    """Tell of one feature what was looked at: what is for it, against it, and would change it."""
    if feature not in found:
        raise InputError(
            f"There is no feature {feature[:60]!r}", hint="`workbench features` lists them."
        )
    output.document({"feature": feature, "candidates": [asdict(item) for item in found[feature]]})
    for item in found[feature]:
        state = "proposed" if item.proposed else "look here"
        output.text(f"\n{item.reference} · {item.score:.2f} · {state} · {item.direction}")
        output.text("".join(f"  + {reason}\n" for reason in item.reasons).rstrip())
        output.text("".join(f"  - {reason}\n" for reason in item.against).rstrip())
        output.text("".join(f"  ? {turn}\n" for turn in item.turns).rstrip())
    if not found[feature]:
        output.text(f"Nothing in these documents speaks of {feature}.")
    return 0


@click.command("suggest")
@click.argument("sources", nargs=-1, required=True, metavar="PATH_URL_OR_SLUG…")
@reading_options
@click.option("--most", default=5, show_default=True, help="Proposals per feature.")
@we_are_option
@click.option(
    "--explain",
    metavar="FEATURE",
    help="All candidates of one feature: for, against, what would change it.",
)
@hooks_option
@speaks
def suggest_command(
    output: Output,
    sources: tuple[str, ...],
    root: str | None,
    most: int,
    we_are: str | None,
    explain: str | None,
    *,
    hooks: bool,
    follow: bool,
) -> int:
    """Propose which operation or webhook serves which feature, with reasons, for review."""
    description = _describe(sources, root, hooks=hooks, follow=follow)
    found = suggest(description, load_catalogue(), we_are=we_are)
    if explain is not None:
        return _explain(output, explain, found)
    wanted = {feature.slug: feature.title for feature in load_catalogue().bindable()}
    output.document(
        {
            "features": {slug: _rows(found.get(slug, ()), most) for slug in wanted},
            "warnings": omissions(description),
        }
    )
    silent = []
    for slug, title in wanted.items():
        proposed = [item for item in found.get(slug, ()) if item.proposed]
        if not proposed:
            silent.append(slug)
            continue
        rows = [(f"{item.score:.2f}", item.reference, "; ".join(item.reasons)) for item in proposed]
        output.table(f"\n{slug} · {title}", ("score", "operation", "because"), rows)
    if silent:
        output.text(f"\nNothing was found for: {', '.join(silent)}")
    print_omissions(output, description)
    return 0


@click.command("lint")
@slug_argument()
@hooks_option
@click.option(
    "--fail-on",
    type=click.Choice([*(item.value for item in Severity if item is not Severity.INFO), "never"]),
    default=Severity.LOW.value,
    show_default=True,
    help="Least severity with which the command ends in 1.",
)
@click.option("--all", "is_long", is_flag=True, help="A row for each finding.")
@speaks
def lint_command(output: Output, slug: str, fail_on: str, *, hooks: bool, is_long: bool) -> int:
    """Check a partner folder offline; what blocks a run comes first."""
    settings = load_settings()
    partner = load_partner(slug, settings, run_hooks=hooks)
    findings = lint(partner, load_catalogue())
    output.document({"findings": [item.model_dump(mode="json") for item in findings]})
    print_findings(output, findings, is_long=is_long)
    tell_unset(output, settings, partner)
    return FINDINGS if fails(findings, fail_on) else 0


def print_findings(output: Output, findings: list[Finding], *, is_long: bool = False) -> None:
    """Findings as a table, many of one kind in one row, or a sentence when there are none."""
    if not findings:
        output.text("No findings.")
        return
    shown = [LintRow(item) for item in findings] if is_long else gather(findings)
    rows = [
        (row.first.severity, row.first.slug, row.first.pointer or "", row.summary) for row in shown
    ]
    output.table(f"{len(findings)} findings", ("severity", "kind", "where", "what"), rows)
    mending = dict.fromkeys((row.first.slug, row.first.hint) for row in shown if row.first.hint)
    if mending:
        output.table("\nHow to mend", ("kind", "what to do"), mending)
