"""How commands speak: one JSON document or readable text, and errors without traceback."""

from __future__ import annotations

import os
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.errors import WorkbenchError
from workbench.model import write_json
from workbench.secrecy import Redactor
from workbench.text import escape_sign, sanitize

if TYPE_CHECKING:
    from workbench.model import ApiDescription
    from workbench.partners import Partner
    from workbench.settings import Settings

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
# Below this many columns, a table of more than two columns is read better as a list.
_NARROW = 80
_INTERRUPTED = WorkbenchError(
    "Interrupted",
    hint="What was seen so far is kept in the run's evidence.jsonl, without footer: incomplete. "
    "What the run had changed was put back as far as a few seconds allow; the lines put-back and "
    "traces-told say what is left.",
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--root` and `--follow` of all that reads documents."""
    return _ROOT(_FOLLOW(command))


class _Console(Console):
    """A console that leaves the end of a closed pipe, as of `| head`, to the command."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class Output:
    """Prints for one command; with `--json` only `document` reaches standard output.

    Whatever is printed is sanitized, and without the secrets of this machine.

    Attributes:
        as_json: Whether one JSON document was asked for.
        quiet: Whether nothing but errors and that document is wanted.
        verbose: Whether reasons and details are wanted too.
    """

    def __init__(self, *, as_json: bool, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self.console = _Console(stderr=as_json, highlight=False, soft_wrap=True)

    @property
    def is_silent(self) -> bool:
        """Whether text is not wanted, because of `--json` or `--quiet`."""
        return self.as_json or self.quiet

    @cached_property
    def _redactor(self) -> Redactor:
        from workbench.settings import current_root, find_secrets  # noqa: PLC0415 - 0.2 s

        return Redactor(find_secrets(current_root()))

    def document(self, value: Any) -> None:
        """Print the JSON document of the command, if JSON was asked for."""
        if self.as_json:
            text = write_json(self._redactor.data(value), indent=True, sort=True)
            sys.stdout.write(sanitize(text, escape_sign) + "\n")

    def text(self, line: object, style: str | None = None) -> None:
        """Print a line of sanitized text, unless JSON or silence was asked for."""
        if not self.is_silent:
            self.plain(self.clean(line), style)

    def detail(self, line: object) -> None:
        """Print a line that only `--verbose` wants."""
        if self.verbose:
            self.text(line, "dim")

    def plain(self, line: str, style: str | None = None) -> None:
        """Print a line of our own, in which no partner and no secret has a part."""
        if not self.is_silent:
            self.console.print(self._wrap(line), style=style, markup=False)

    def _wrap(self, text: str) -> str:
        """On a terminal, lines broken between words, with what follows indented further."""
        if not self.console.is_terminal:
            return text
        return "\n".join(
            textwrap.fill(
                line,
                self.console.width,
                subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2),
                break_long_words=False,
                break_on_hyphens=False,
                drop_whitespace=False,
            )
            if len(line) > self.console.width
            else line
            for line in text.split("\n")
        )

    def note(self, line: str) -> None:
        """Print a remark beside the output, whatever form that has, unless silence is wanted."""
        if self.quiet:
            return
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            self.clean(line), style="yellow", markup=False
        )

    def redact(self, text: str) -> str:
        """A text as it is, without the secrets of this machine."""
        return self._redactor.text(text)

    def clean(self, value: object) -> str:
        """Text that may be shown: sanitized, and without secrets."""
        return sanitize(self._redactor.text(str(value)), by="")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table, unless JSON or silence was asked for; cells are sanitized.

        On a narrow screen, a list: the first cell of a row, then each other below its name.
        """
        if self.is_silent:
            return
        if self.console.width < _NARROW and len(columns) > 2:
            self._list(title, columns, rows)
            return
        table = Table(
            title=escape(self.clean(title)), title_justify="left", box=None, pad_edge=False
        )
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(escape(self.clean(cell)) for cell in row))
        self.console.print(table)

    def _list(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.text(title, "bold")
        for first, *rest in rows:
            self.text(f"- {first}")
            for column, cell in zip(columns[1:], rest, strict=True):
                if str(cell):
                    self.text(f"  {column}: {cell}")


def tell_unsearchable(output: Output, slug: str, redactor: Redactor) -> None:
    """Say which credentials are masked by their place only, because any text may hold them."""
    for name in (item for item in redactor.unsearchable if item.islower()):
        output.note(
            f"The credential {name} of {slug} is too short, or a word, and so it is not searched "
            "for in what is written. Ask the partner for a longer one."
        )
    for name in redactor.spared:
        output.note(f"The credential {name} of {slug} stands in its folder, so it is not masked.")


def tell_unset(
    output: Output, settings: Settings, partner: Partner, environment: str = "sandbox"
) -> None:
    """Name the variables of credentials that logging in needs, and that are not set."""
    names = partner.manifest.auth.credential_names()
    if unset := settings.unset(partner.slug, environment, names):
        output.text(f"\nTo log in, set (in .env too): {', '.join(unset)}", "yellow")


def print_omissions(output: Output, description: ApiDescription) -> None:
    """One line on the parts of schemas that were left out, if there are any."""
    found = [item for item in description.warnings if item.is_omission]
    if found:
        at = f"{found[0].document}#{found[0].pointer}"
        output.text(f"\nLeft out of schemas ({len(found)}), first at {at}: {found[0].summary}")


def omissions(description: ApiDescription) -> list[dict[str, object]]:
    """The parts of schemas that were left out, as JSON data."""
    return [item.model_dump(mode="json") for item in description.warnings if item.is_omission]


def speaks(command: Callable[..., int | None]) -> Callable[..., None]:
    """Decorate a command: adds `--json`, gives it an `Output`, turns errors into exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors; look at the code.")
    @click.option("-v", "--verbose", is_flag=True, help="Print reasons and details too.")
    @wraps(command)
    def run(*args: Any, as_json: bool, quiet: bool, verbose: bool, **options: Any) -> None:
        output = Output(as_json=as_json, quiet=quiet, verbose=verbose)
        try:
            code = command(output, *args, **options)
            sys.stdout.flush()
        except WorkbenchError as error:
            _print_error(output, error)
            code = error.exit_code
        except BrokenPipeError:
            # Who reads has read enough; nothing may fail when Python empties the pipe at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
    if output.verbose:
        console.print(escape(output.clean("".join(traceback.format_exception(error)))), style="dim")
