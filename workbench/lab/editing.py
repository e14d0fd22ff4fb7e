"""One mapping edited in a cell: compiled as it stands, tried on all samples, saved on request.

The text of the file around it stays as it is, comments too.
"""

from __future__ import annotations

import difflib
import shutil
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from workbench.description import load_text
from workbench.errors import InputError
from workbench.lab.cell_view import TableCard, escape, find_private, fold, show_table
from workbench.lab.trial import Trial, list_samples, try_payload
from workbench.mapping import Translator, load_mappings
from workbench.partners import HOOKS, MAPPING, Partner
from workbench.reporting import DisplayTable, make_table
from workbench.secrecy import Redactor, replace_file
from workbench.text import suggest_name


@dataclass(frozen=True)
class _Span:
    """Where a mapping stands in the lines of its file, and how far it is indented."""

    first: int
    last: int
    indent: int


def read_rules(partner: Partner, mapping: str) -> str:
    """The text of one mapping as it stands in the file, to be edited.

    Raises:
        InputError: There is none of this name, or the file cannot be read.
    """
    lines = _read(partner).splitlines()
    span = _find(_read(partner), mapping, partner)
    return textwrap.dedent("\n".join(lines[span.first : span.last])).strip("\n") + "\n"


def edit_mapping(
    partner: Partner, mapping: str, text: str, redactor: Redactor, *, save: bool = False
) -> EditedMapping:
    """Compile the rules of a cell in place of those in the file, and try them on every sample.

    Args:
        partner: Its folder.
        mapping: Name in `mapping.yaml`.
        text: As of `read_rules`: `NAME:` and what is below it.
        redactor: Masks what is shown of samples.
        save: Write them into the file, if they compile.

    Raises:
        InputError: There is no such mapping, or the cell holds something else.
        MappingError: A rule is wrong.
    """
    before = _read(partner)
    after = _replace(before, mapping, text, partner)
    edited = replace(partner, translators=_compile(partner, after))
    trials = []
    for label, (data, is_sent) in list_samples(edited, mapping):
        trial = try_payload(edited, mapping, data, to_partner=is_sent)
        trials.append((label, replace(trial, hidden=find_private(redactor, data))))
    if save and after != before:
        replace_file(partner.folder / MAPPING, after.encode())
    return EditedMapping(mapping, before, after, trials, is_saved=save)


class EditedMapping(TableCard):
    """What the rules of a cell make of every sample, and how they differ from the file.

    Attributes:
        trials: (label of the sample, what became of it), in the order of the samples.
        is_saved: Whether the file has them now.
    """

    def __init__(
        self,
        mapping: str,
        before: str,
        after: str,
        trials: Sequence[tuple[str, Trial]],
        *,
        is_saved: bool,
    ) -> None:
        self.mapping = mapping
        self.trials = tuple(trials)
        self.is_saved = is_saved
        self._texts = (before, after)

    @property
    def diff(self) -> str:
        """From the file to the cell, as a unified diff; empty when they are the same."""
        before, after = (text.splitlines() for text in self._texts)
        return "\n".join(difflib.unified_diff(before, after, "file", "cell", lineterm="", n=1))

    def to_frame(self) -> DisplayTable:
        """One row for each sample: whether it fits, what is not read, what stays empty."""
        rows = (
            (
                "failed" if one.trouble or one.violations else "passed",
                label,
                ", ".join(one.coverage.unread),
                ", ".join(one.coverage.unfilled),
                one.trouble or "; ".join(item.summary for item in one.violations),
            )
            for label, one in self.trials
        )
        frame = make_table(("Outcome", "Sample", "Not read", "Left empty", "Trouble"), rows)
        return frame.sort_values("Outcome", kind="stable")

    def _title(self) -> str:
        lines = self.diff.splitlines()[2:]  # after the two lines that name the sides
        changed = sum(line[:1] in {"+", "-"} for line in lines)
        saved = "saved" if self.is_saved else "not saved"
        state = f"{changed} lines changed, {saved}" if changed else "as in the file"
        return f"{self.mapping}: {len(self.trials)} samples tried, {state}"

    def _html(self) -> Iterable[str]:
        yield show_table(self.to_frame())
        if self.diff:
            shown = f'<pre class="json">{escape(self.diff)}</pre>'
            yield fold("Difference to the file", shown, is_open=True)
        for label, trial in self.trials[:1]:
            yield fold(f"{label}, field by field", "".join(trial._html()))  # noqa: SLF001

    def _lines(self) -> Iterator[str]:
        yield from super()._lines()
        yield from self.diff.splitlines()


def _compile(partner: Partner, text: str) -> Mapping[str, Translator]:
    """The translators of a text, as if it were the file."""
    timezone, currency = partner.manifest.timezone, partner.manifest.currency
    with tempfile.TemporaryDirectory(prefix="workbench-") as aside:
        path = Path(aside) / MAPPING
        path.write_text(text, "utf-8")
        if (partner.folder / HOOKS).is_file():
            shutil.copyfile(partner.folder / HOOKS, path.with_name(HOOKS))
        try:
            return load_mappings(path, timezone=timezone, currency=currency)
        except InputError as error:
            error.location = (error.location or "").replace(aside, partner.slug)
            raise


def _read(partner: Partner) -> str:
    path = partner.folder / MAPPING
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The mapping file cannot be read: {error}",
            location=str(path),
            hint="Draft one with `workbench new`, or write it by contracts/README.md.",
        ) from error


def _find(text: str, mapping: str, partner: Partner) -> _Span:
    load_text(text, MAPPING)  # the guard first: what it refuses is not composed
    root = yaml.compose(text, yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    rooms = [value for key, value in pairs if key.value == "mappings"]
    keys = [key for room in rooms for key, _ in room.value]
    behind = [key.start_mark.line for key, _ in pairs] + [len(text.splitlines())]
    ends = [key.start_mark.line for key in keys[1:]]
    ends += [line for line in behind if keys and line > keys[-1].start_mark.line][:1]
    for key, last in zip(keys, ends, strict=True):
        if key.value == mapping:
            return _Span(key.start_mark.line, last, key.start_mark.column)
    raise InputError(
        f"{partner.slug} has no mapping {mapping!r}",
        location=f"{partner.slug}/{MAPPING}",
        hint=suggest_name(mapping, [key.value for key in keys]),
    )


def _replace(text: str, mapping: str, rules: str, partner: Partner) -> str:
    span = _find(text, mapping, partner)
    rules = textwrap.dedent(rules).strip("\n")
    block = textwrap.indent(rules, " " * span.indent).splitlines()
    lines = text.splitlines()
    old = lines[span.first : span.last]
    gap = [""] * (len(old) - len("\n".join(old).rstrip("\n").splitlines()))
    after = "\n".join([*lines[: span.first], *block, *gap, *lines[span.last :]]) + "\n"
    if _names(after) != _names(text):
        raise InputError(
            f"The cell does not hold the mapping {mapping!r} alone",
            hint=f"Begin with `{mapping}:`; `%mapping {mapping}` brings the text to edit.",
        )
    return after


def _names(text: str) -> list[str]:
    data = load_text(text, MAPPING)
    rooms = data.get("mappings") if isinstance(data, dict) else None
    return list(rooms) if isinstance(rooms, dict) else []
