"""Commands on what partner and restaurant get beside the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from workbench.cli.output import Output, speaks
from workbench.handover import (
    entity_schema,
    find_entity,
    find_examples,
    latest_version,
    list_parts,
    model_schema,
    write_guide,
    write_guide_markdown,
    write_wish,
)
from workbench.model import write_json
from workbench.reporting import choose_language

_GUIDES: dict[str, Callable[[str, str], str]] = {
    "html": write_guide,
    "markdown": write_guide_markdown,
    "json-schema": lambda code, entity: write_json(
        entity_schema(entity, code) if entity else model_schema(code), indent=True
    ),
    "openapi": lambda code, _entity: write_wish(code),
}


@click.command("model")
@click.argument("entity", default="")
@click.option(
    "--as", "form", type=click.Choice(list(_GUIDES)), default="markdown", help="Default: markdown."
)
@click.option("--language", default="", help="`en` or `es`; default: English.")
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default: print it.",
)
@speaks
def model_command(
    output: Output, entity: str, form: str, language: str, target: Path | None
) -> int:
    """Show our entities to a partner's developers: schemas, examples, laws, status machines."""
    code = choose_language(language).code
    name = find_entity(entity) if entity else ""
    names = list_parts((name,)) if name else list_parts()
    output.document(
        {
            "version": latest_version(),
            "schema": entity_schema(name, code) if name else model_schema(code),
            "examples": {part: [item.value for item in find_examples(part)] for part in names},
        }
    )
    if target is not None:
        target.write_text(_GUIDES[form](code, name), "utf-8")
        output.text(target)
    elif not output.as_json:
        click.echo(_GUIDES[form](code, name))
    return 0
