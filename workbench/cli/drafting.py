"""Commands that draft: a new partner folder, an overlay from an edited copy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from workbench.cli.looking import we_are_option
from workbench.cli.output import (
    FINDINGS,
    Output,
    omissions,
    print_omissions,
    reading_options,
    speaks,
)
from workbench.description import load_text, make_overlay
from workbench.drafting import Draft, StatedPlace, draft_partner, review_folder, write_yaml
from workbench.errors import InputError
from workbench.settings import load_settings


@click.command("new")
@click.argument("slug")
@click.option(
    "--document",
    "documents",
    multiple=True,
    metavar="PATH_OR_URL",
    help="A document of the partner; may be repeated.",
)
@reading_options
@click.option("--update", is_flag=True, help="Review a folder that is there; write nothing.")
@click.option("--title", default="", help="Name of the partner; default: from the documents.")
@click.option("--timezone", default="", help="IANA zone of the test restaurant, if you know it.")
@click.option("--currency", default="", help="ISO 4217 code of its prices, if you know it.")
@we_are_option
@speaks
def new_command(
    output: Output,
    slug: str,
    documents: tuple[str, ...],
    root: str | None,
    title: str,
    timezone: str,
    currency: str,
    we_are: str | None,
    *,
    follow: bool,
    update: bool,
) -> int:
    """Make contracts/SLUG from documents: bindings and mappings to review, open questions."""
    if update:
        return _update(output, slug, documents)
    if not documents:
        raise InputError("No document was named", hint="Add --document PATH_OR_URL.")
    draft = draft_partner(
        slug,
        list(documents),
        load_settings(),
        title=title,
        place=StatedPlace(timezone=timezone, currency=currency),
        root=root,
        follow=follow,
        we_are=we_are,
    )
    output.document(
        {
            "path": str(draft.path),
            "bound": list(draft.bound),
            "open": list(draft.open),
            "questions": list(draft.questions),
            "replaced": draft.replaced,
            "warnings": omissions(draft.description),
        }
    )
    _print_draft(output, draft)
    output.text(f"\nNext: review {draft.path}/partner.yaml, then `workbench lint {slug}`.")
    return 0


def _update(output: Output, slug: str, documents: tuple[str, ...]) -> int:
    """What would be drafted otherwise today."""
    changes = review_folder(slug, list(documents), load_settings())
    output.document({"changes": [asdict(item) for item in changes]})
    rows = [(item.kind, item.place, item.now, item.proposed) for item in changes]
    if rows:
        output.table(f"{len(rows)} to look at", ("kind", "where", "now", "proposed"), rows)
    else:
        output.text("Nothing would be drafted otherwise.")
    return FINDINGS if rows else 0


def _print_draft(output: Output, draft: Draft) -> None:
    output.text(f"{draft.path}: {len(draft.bound)} features bound, {len(draft.open)} open", "bold")
    for name in draft.bound:
        output.text(f"  bound  {name}")
    for name in draft.open:
        output.text(f"  open   {name}")
    for document, counts in draft.replaced.items():
        listed = ", ".join(f"{what} ({count})" for what, count in counts.items())
        output.text(f"\nReplaced in the copy of {document}: {listed}")
    if draft.questions:
        output.text("\nQuestions for the partner:")
        for question in draft.questions:
            output.text(f"  - {question}")
    print_omissions(output, draft.description)


@click.command("overlay")
@click.argument("original", type=click.Path(path_type=Path))
@click.argument("edited", type=click.Path(path_type=Path))
@click.option("--title", default="Corrections", show_default=True)
@speaks
def overlay_command(output: Output, original: Path, edited: Path, title: str) -> int:
    """Make an OpenAPI Overlay of the corrections between a document and an edited copy."""
    overlay = make_overlay(_load(original), _load(edited), title=title, extends=original.name)
    output.document(overlay)
    output.text(write_yaml(overlay))
    return 0


def _load(path: Path) -> object:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The document cannot be read: {error}", location=str(path), hint="Check the path."
        ) from error
    return load_text(text, path.name)
