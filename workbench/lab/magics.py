"""`%load_ext workbench`: cells that translate, call and edit, and errors that say how to mend."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import orjson
from IPython.core.interactiveshell import InteractiveShell

from workbench.errors import InputError, WorkbenchError
from workbench.lab.bench import PartnerBench, last_opened, open_partner
from workbench.lab.called_card import CalledCard
from workbench.lab.editing import EditedMapping, edit_mapping, read_rules
from workbench.lab.trial import Trial, try_payload
from workbench.partners import list_partners, load_partner
from workbench.reporting import displayable
from workbench.settings import load_settings

_BACK = "--to-partner"
_SAVE = "--save"
_MAGICS = ("translate", "mapping", "call", "payload")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext workbench`."""
    magics = _Magics(shell)
    for name in _MAGICS:
        kind = "line_cell" if name in {"mapping", "call"} else "cell"
        shell.register_magic_function(getattr(magics, name), kind, name)
    shell.set_custom_exc((WorkbenchError,), _tell)  # type: ignore[no-untyped-call]


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext workbench`: tracebacks are shown again."""
    shell.set_custom_exc((), None)  # type: ignore[no-untyped-call]


class _Magics:
    """The cells; each takes a partner first, or means the one that was opened last."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def translate(self, line: str, cell: str) -> Trial:
        """`%%translate [SLUG] MAPPING [--to-partner]`: the JSON of the cell through a mapping.

        The folder is read anew each time, so a rule can be changed and the cell run again. With
        `--to-partner` the cell is the canonical entity, and the partner's payload comes out.

        Raises:
            InputError: The line or the cell cannot be read, or there is no such mapping.
        """
        slug, words, options = _split("translate", line, 1, "a partner and a mapping")
        partner = load_partner(slug, load_settings())
        return try_payload(partner, words[0], _read_json(cell), to_partner=_BACK in options)

    def mapping(self, line: str, cell: str | None = None) -> EditedMapping | None:
        """`%mapping [SLUG] NAME` brings the rules into a cell; `%%mapping [SLUG] NAME` tries them.

        Every sample goes through the rules as they stand in the cell; the difference to the file is
        shown beside. `--save` writes them into `mapping.yaml`.

        Raises:
            InputError: There is no such mapping, or the cell holds something else.
            MappingError: A rule is wrong.
        """
        slug, words, options = _split("mapping", line, 1, "a partner and a mapping")
        bench = _bench(slug)
        partner = bench.reload().partner
        if cell is None:
            rules = read_rules(partner, words[0])
            self._shell.set_next_input(f"%%mapping {slug} {words[0]}\n{rules}")
            return None
        return edit_mapping(partner, words[0], cell, bench.redactor, save=_SAVE in options)

    def call(self, line: str, cell: str | None = None) -> CalledCard:
        """`%call [SLUG] METHOD /path NAME=VALUE…`; with `%%call` the cell is the JSON to send.

        Raises:
            InputError: There is no such operation or parameter, or the call would write.
            PartnerError: No answer came, or no token was given.
        """
        slug, words, _ = _split("call", line, 2, "a partner, METHOD /path, and NAME=VALUE")
        values = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        body = _read_json(cell) if cell and cell.strip() else None
        return _bench(slug).call(" ".join(words[:2]), body=body, **values)

    def payload(self, line: str, cell: str) -> Trial | None:
        """`%%payload NAME [MAPPING]`: keep the JSON of the cell as a variable, and look at it.

        Raises:
            InputError: The cell is no JSON, NAME is no name, or there is no such mapping.
        """
        words = line.split()
        if not words or not words[0].isidentifier():
            raise InputError(
                "%%payload takes a name for the variable",
                location=f"%%payload {line}",
                hint="write %%payload order_1, and the JSON below",
            )
        data = _read_json(cell)
        self._shell.push({words[0]: data})  # type: ignore[no-untyped-call]
        return _bench(_only()).try_mapping(words[1], data) if len(words) > 1 else None


def _split(magic: str, line: str, needed: int, takes: str) -> tuple[str, list[str], set[str]]:
    """(partner, other words, options); without a partner, the one that was opened last."""
    found = shlex.split(line)
    words = [word for word in found if not word.startswith("--")]
    options = {word for word in found if word.startswith("--")}
    if len(words) > needed and words[0] not in list_partners(load_settings()) and magic != "call":
        load_partner(words[0], load_settings(), run_hooks=False)  # raises, with the nearest name
    is_named = bool(words) and words[0] in list_partners(load_settings())
    rest = words[1:] if is_named else words
    wrong = options - {_BACK, _SAVE}
    if len(rest) < needed or wrong or not (is_named or last_opened()):
        raise InputError(
            f"%%{magic} takes {takes}",
            location=f"%%{magic} {line}",
            hint="as: %%translate tavola order · %mapping tavola order · %call tavola GET /orders",
        )
    return (words[0] if is_named else _only()), rest, options


def _only() -> str:
    bench = last_opened()
    if bench is None:
        raise InputError("No partner is open", hint='open one: p = workbench.open("tavola")')
    return bench.partner.slug


def _bench(slug: str) -> PartnerBench:
    """The partner as it is open, or opened for reading."""
    bench = last_opened()
    return bench if bench is not None and bench.partner.slug == slug else open_partner(slug)


def _read_json(cell: str) -> Any:
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the cell is not JSON: {error}", hint="paste one payload") from error


def _tell(
    _shell: InteractiveShell,
    kind: type[WorkbenchError],
    error: WorkbenchError,
    _trace: Any,
    **_: Any,
) -> list[str]:
    # What is returned is kept as the cell's traceback: for papermill it has failed all the same.
    lines = [f"{kind.__name__}: {displayable(error.message)}"]
    lines += [f"  {label}: {displayable(text)}" for label, text in error.directions]
    sys.stderr.write("\n".join(lines) + "\n")
    return lines
