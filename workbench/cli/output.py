"""How commands speak: one JSON document or readable text, and errors without traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.errors import WorkbenchError
from workbench.model import ApiDescription, write_json
from workbench.secrecy import Redactor
from workbench.settings import current_root, find_secrets
from workbench.text import escape_sign, sanitize

_ROOT = click.option(
    "--root",
    metavar="PATH_OR_URL",
    help="Folder whose files references may name; default: that of each document.",
)
_FOLLOW = click.option(
    "--follow", is_flag=True, help="Fetch the description that a saved page draws."
)
FINDINGS = 1
INTERRUPTED = 130
_INTERRUPTED = WorkbenchError(
    "Interrupted",
    hint="What was seen so far is kept in the run's evidence.jsonl, without footer: incomplete.",
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--root` and `--follow` of all that reads documents."""
    return _ROOT(_FOLLOW(command))


class Output:
    """Prints for one command; with `--json` only `document` reaches standard output.

    Whatever is printed is sanitized, and without the secrets of this machine.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._redactor = Redactor(find_secrets(current_root()))
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)

    def document(self, value: Any) -> None:
        """Print the JSON document of the command, if JSON was asked for."""
        if self.as_json:
            text = write_json(self._redactor.data(value), indent=True, sort=True)
            sys.stdout.write(sanitize(text, escape_sign) + "\n")

    def text(self, line: object, style: str | None = None) -> None:
        """Print a line of sanitized text, unless JSON was asked for."""
        if not self.as_json:
            self.console.print(self.clean(line), style=style, markup=False)

    def note(self, line: str) -> None:
        """Print a remark beside the output, whatever form that has."""
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            self.clean(line), style="yellow", markup=False
        )

    def clean(self, value: object) -> str:
        """Text that may be shown: sanitized, and without secrets."""
        return sanitize(self._redactor.text(str(value)), by="")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table, unless JSON was asked for; cells are sanitized."""
        if self.as_json:
            return
        table = Table(
            title=escape(self.clean(title)), title_justify="left", box=None, pad_edge=False
        )
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(escape(self.clean(cell)) for cell in row))
        self.console.print(table)


def tell_unsearchable(output: Output, slug: str, redactor: Redactor) -> None:
    """Say which credentials are masked by their place only, because any text may hold them."""
    for name in (item for item in redactor.unsearchable if item.islower()):
        output.note(
            f"The credential {name} of {slug} is too short, or a word, and so it is not searched "
            "for in what is written. Ask the partner for a longer one."
        )
    for name in redactor.spared:
        output.note(f"The credential {name} of {slug} stands in its folder, so it is not masked.")


def print_omissions(output: Output, description: ApiDescription) -> None:
    """One line on the parts of schemas that were left out, if there are any."""
    found = [item for item in description.warnings if item.is_omission]
    if found:
        at = f"{found[0].document}#{found[0].pointer}"
        output.text(f"\nLeft out of schemas in {len(found)} place(s), as {at}: {found[0].summary}")


def omissions(description: ApiDescription) -> list[dict[str, object]]:
    """The parts of schemas that were left out, as JSON data."""
    return [item.model_dump(mode="json") for item in description.warnings if item.is_omission]


def speaks(command: Callable[..., int | None]) -> Callable[..., None]:
    """Decorate a command: adds `--json`, gives it an `Output`, turns errors into exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @wraps(command)
    def run(*args: Any, as_json: bool, **options: Any) -> None:
        output = Output(as_json=as_json)
        try:
            code = command(output, *args, **options)
        except WorkbenchError as error:
            _print_error(output, error)
            code = error.exit_code
        except BrokenPipeError:
            code = 0
        except KeyboardInterrupt:
            _print_error(output, _INTERRUPTED)
            code = INTERRUPTED
        sys.exit(code or 0)

    return run


def _print_error(output: Output, error: WorkbenchError) -> None:
    parts = {"message": error.message, "location": error.location, "hint": error.hint}
    output.document({"error": {**parts, "partner": error.partner, "kind": type(error).__name__}})
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]error:[/] {escape(output.clean(error.message))}")
    for label, value in error.directions:
        console.print(f"  [dim]{label}:[/] {escape(output.clean(value))}")
