"""Commands on what partner and restaurant get beside the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from workbench.cli.output import FINDINGS, Output, speaks
from workbench.handover import (
    compose_letter,
    entity_schema,
    find_entity,
    find_examples,
    latest_version,
    list_parts,
    model_schema,
    write_guide,
    write_guide_markdown,
    write_letter,
    write_letter_text,
    write_wish,
)
from workbench.model import write_json
from workbench.reporting import choose_language
from workbench.settings import load_settings

_GUIDES: dict[str, Callable[[str, str], str]] = {
    "html": write_guide,
    "markdown": write_guide_markdown,
    "json-schema": lambda code, entity: write_json(
        entity_schema(entity, code) if entity else model_schema(code), indent=True
    ),
    "openapi": lambda code, _entity: write_wish(code),
}


_target_option = click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; default: print it.",
)


@click.command("model")
@click.argument("entity", default="")
@click.option(
    "--as", "form", type=click.Choice(list(_GUIDES)), default="markdown", help="Default: markdown."
)
@click.option("--language", default="", help="`en` or `es`; default: English.")
@_target_option
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


@click.command("request")
@click.argument("slug")
@click.option(
    "--as",
    "form",
    type=click.Choice(["html", "markdown", "mail"]),
    default="markdown",
    help="Default: markdown. The first line of a mail is its subject.",
)
@click.option("--language", default="", help="`en` or `es`; default: the partner's.")
@click.option("--title", default="", help="Name of the platform, while there is no folder of it.")
@_target_option
@speaks
def request_command(
    output: Output, slug: str, form: str, language: str, title: str, target: Path | None
) -> int:
    """Write the letter that starts an integration; later, what has arrived and what is missing."""
    letter = compose_letter(slug, load_settings(), language=language, title=title)
    output.document(letter.as_json())
    is_page = form == "html"
    text = write_letter(letter) if is_page else write_letter_text(letter, is_mail=form == "mail")
    if target is not None:
        target.write_text(output.redact(text), "utf-8")
        output.text(target)
    elif not output.as_json:
        click.echo(output.clean(text))
    return 0 if letter.is_whole else FINDINGS
