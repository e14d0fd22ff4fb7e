"""`%load_ext workbench.lab`: `%%translate`, and errors that say what, where and how to mend."""

from __future__ import annotations

import sys
from typing import Any

import orjson
from IPython.core.interactiveshell import InteractiveShell

from workbench.errors import InputError, WorkbenchError
from workbench.lab.trial import Trial, try_payload
from workbench.partners import load_partner
from workbench.reporting import displayable
from workbench.settings import load_settings

_BACK = "--to-partner"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext workbench.lab`."""
    shell.register_magic_function(translate, "cell", "translate")  # type: ignore[arg-type]
    shell.set_custom_exc((WorkbenchError,), _tell)  # type: ignore[no-untyped-call]


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext workbench.lab`: tracebacks are shown again."""
    shell.set_custom_exc((), None)  # type: ignore[no-untyped-call]


def translate(line: str, cell: str) -> Trial:
    """`%%translate SLUG MAPPING [--to-partner]`: send the JSON of the cell through a mapping.

    The folder is read anew each time, so a rule can be changed and the cell run again. With
    `--to-partner` the cell is the canonical entity, and the partner's payload comes out.

    Raises:
        InputError: The line or the cell cannot be read, or there is no such mapping.
    """
    words = line.split()
    names = [word for word in words if word != _BACK]
    if len(names) != 2:
        raise InputError(
            "%%translate takes a partner and a mapping",
            location=f"%%translate {line}",
            hint="write %%translate tavola order, and the payload below",
        )
    slug, mapping = names
    try:
        payload = orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the cell is not JSON: {error}", hint="paste one payload") from error
    partner = load_partner(slug, load_settings())
    return try_payload(partner, mapping, payload, to_partner=_BACK in words)


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
