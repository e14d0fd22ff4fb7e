"""The command that asks a partner one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from workbench.adapters import Session
from workbench.cli.arguments import (
    complete_operations,
    environment_option,
    slug_argument,
    split_value,
)
from workbench.cli.asking import ask_about_production
from workbench.cli.output import FINDINGS, Output, speaks, tell_unsearchable
from workbench.errors import InputError
from workbench.lab import Called, call_operation, find_operation
from workbench.model import write_json
from workbench.partners import load_partner, open_persons
from workbench.settings import load_settings


@click.command("call")
@slug_argument()
@click.argument("operation", shell_complete=complete_operations)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a parameter; may be repeated. Default: those of the test account.",
)
@click.option(
    "--body",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="File of JSON to send; - for standard input.",
)
@environment_option
@click.option("--allow-writes", is_flag=True, help="Also send what changes data (sandbox only).")
@speaks
def call_command(
    output: Output,
    slug: str,
    operation: str,
    values: tuple[str, ...],
    body: Path | None,
    environment: str,
    *,
    allow_writes: bool,
) -> int:
    """Send one request: answer, schema check, translation.

    OPERATION is `METHOD /path` as in the document, or an operationId. It ends with 1 where the
    answer is an error, breaks the document's schema, or does not fit its mapping.
    """
    settings = load_settings()
    partner = load_partner(slug, settings)
    found = find_operation(partner, operation)
    given = dict(map(split_value, values))
    payload = _read(body) if body else None
    ask_about_production(output, slug, environment)
    with Session(partner, environment, settings, allow_writes=allow_writes) as session:
        session.redactor.persons = open_persons(partner)
        tell_unsearchable(output, slug, session.redactor)
        called = call_operation(session, found, given, payload)
        for echo in session.recorder.echoes:
            output.note(
                f"The answer held our {echo.credential}: whoever reads or keeps it can act in our "
                "name. It is left out here; ask the partner to leave it out too, and to renew it."
            )
    output.document(called.as_json())
    _print(output, called)
    is_well = called.is_success and not called.violations and not called.trouble
    return 0 if is_well else FINDINGS


def _read(path: Path) -> Any:
    try:
        return orjson.loads(click.open_file(str(path), "rb").read())
    except orjson.JSONDecodeError as error:
        raise InputError(f"The body is not JSON: {error}", location=str(path)) from error


def _print(output: Output, called: Called) -> None:
    output.text(
        f"{called.operation} → {called.status} in {called.latency_ms:.0f} ms",
        "bold" if called.is_success else "bold red",
    )
    for name, value in called.headers.items():
        output.detail(f"  {name}: {value}")
    output.text(
        called.body if isinstance(called.body, str) else write_json(called.body, indent=True)
    )
    for item in called.violations:
        output.text(f"breaks the document at {item.pointer or '/'}: {item.message}", "red")
    if not called.schema:
        output.text(f"The document has no schema for an answer {called.status}.", "yellow")
    elif not called.violations:
        output.text(f"As the document says for {called.schema}.", "green")
    if called.trouble:
        output.text(f"Does not fit the mapping {called.mapping}: {called.trouble}", "red")
    elif called.entity is not None:
        output.text(f"\nBy the mapping {called.mapping}:", "bold")
        output.text(write_json(called.entity, indent=True))
    output.detail(f"\n{called.command}")
