"""One payload through one mapping, there and back, as the person who writes the rules sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from workbench.canonical import Money, Violation
from workbench.errors import InputError
from workbench.evidence import items
from workbench.lab.cell_view import Card, escape, fold, mask_alike, show_json, show_table
from workbench.mapping import Coverage
from workbench.mapping import try_payload as try_mapping
from workbench.model import follow_reference
from workbench.partners import Partner, load_catalogue
from workbench.reporting import DisplayTable, make_table


@dataclass(frozen=True, repr=False)
class Trial(Card):
    """What became of a payload.

    Attributes:
        mapping: Name of the mapping.
        payload: What went in.
        result: What came out, as plain JSON data; None when it did not fit.
        provenance: Dotted canonical field → JSON Pointer of their value.
        coverage: What was not read, and what stayed empty.
        violations: Invariants that the entity breaks.
        changes: (pointer, theirs, ours) where the way back gives another value.
        trouble: Why it did not fit.
        hidden: Texts that are masked wherever the trial is shown: secrets and persons.
    """

    mapping: str
    payload: Any
    result: Any = None
    provenance: dict[str, str] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    violations: tuple[Violation, ...] = ()
    changes: tuple[tuple[str, Any, Any], ...] = ()
    trouble: str = ""
    hidden: frozenset[str] = frozenset()

    @property
    def fields(self) -> DisplayTable:
        """Field by field, where our value comes from."""
        steps = [name.split(".") for name in self.provenance]
        whole = {".".join(path[:depth]) for path in steps for depth in range(1, len(path))}
        rows = (
            (name, _pick(self.result, name), pointer, follow_reference(self.payload, f"#{pointer}"))
            for name, pointer in self.provenance.items()
            if name not in whole
        )
        return make_table(("Our field", "Our value", "Their path", "Their value"), rows)

    @property
    def left(self) -> DisplayTable:
        """What was not read of the source, and what stayed empty in the result."""
        unread = [("not read", name) for name in self.coverage.unread]
        unfilled = [("left empty", name) for name in self.coverage.unfilled]
        return make_table(("What", "Where"), [*unread, *unfilled])

    @property
    def broken(self) -> DisplayTable:
        """Invariants that do not hold."""
        rows = [(one.code, one.path, one.summary) for one in self.violations]
        return make_table(("Rule", "Our path", "What is wrong"), rows)

    @property
    def changed(self) -> DisplayTable:
        """What the partner would get back otherwise than it was sent."""
        return make_table(("Their path", "They sent", "We would send"), self.changes)

    def to_frame(self) -> DisplayTable:
        """Field by field, as `fields`."""
        return self.fields

    def _title(self) -> str:
        return f"{self.mapping}: {'does not fit' if self.trouble else 'fits'}"

    def _html(self) -> Iterator[str]:
        if self.trouble:
            yield f'<pre class="bad box">{escape(self._mask(self.trouble))}</pre>'
            yield fold("Their payload", show_json(self._mask(self.payload)))
            return
        for place, (title, table) in enumerate(self._tables()):
            yield fold(
                f"{title} ({len(table)})", show_table(self._mask_table(table)), is_open=place == 0
            )
        yield fold("Result as JSON", show_json(self._mask(self.result)))

    def _lines(self) -> Iterator[str]:
        if self.trouble:
            yield from str(self._mask(self.trouble)).splitlines()
        for title, table in self._tables():
            yield f"{title}:"
            for row in self._mask_table(table).itertuples(index=False):
                yield "  " + " · ".join(str(cell) for cell in row if str(cell))

    def _mask(self, value: Any) -> Any:
        return mask_alike(value, self.hidden)

    def _mask_table(self, table: DisplayTable) -> DisplayTable:
        rows = (list(map(self._mask, row)) for row in table.itertuples(index=False))
        return make_table(list(table.columns), rows)

    def _tables(self) -> Iterator[tuple[str, DisplayTable]]:
        for title, table in (
            ("Invariants that do not hold", self.broken),
            ("Left out", self.left),
            ("Other on the way back", self.changed),
            ("Field by field", self.fields),
        ):
            if len(table):
                yield title, table


def try_payload(partner: Partner, mapping: str, payload: Any, *, to_partner: bool = False) -> Trial:
    """Translate a payload and tell all about it; what does not fit is told, not raised.

    Args:
        partner: Whose mapping.
        mapping: Name in `mapping.yaml`.
        payload: Their JSON data; with `to_partner` the canonical entity as JSON data.
        to_partner: Write instead of read.

    Raises:
        InputError: There is no such mapping, or it is one-way.
    """
    tried = try_mapping(partner.mapping(mapping), payload, to_partner=to_partner)
    return Trial(
        mapping,
        tried.payload,
        result=tried.result,
        provenance=tried.provenance,
        coverage=tried.coverage,
        violations=tried.violations,
        changes=tried.changes,
        trouble="" if tried.error is None else str(tried.error),
    )


def try_sample(partner: Partner, mapping: str, sample: str = "") -> Trial:
    """Translate a recorded payload, or the entity beside it where we are who sends.

    Args:
        partner: Whose mapping.
        mapping: Name in `mapping.yaml`.
        sample: Label of a sample of a feature with this mapping (of a batch, the first item), or
            path of a JSON file; default: the first sample.

    Raises:
        InputError: There is no such mapping, or no such payload.
    """
    known = dict(list_samples(partner, partner.mapping(mapping).name))
    if known and (sample in known or not sample):
        data, is_sent = known[sample or next(iter(known))]
        return try_payload(partner, mapping, data, to_partner=is_sent)
    try:
        return try_payload(partner, mapping, orjson.loads(Path(sample).read_bytes()))
    except OSError as error:
        raise InputError(
            f"{partner.slug} has no sample {sample or 'at all'} for {mapping}",
            location=f"{partner.slug}/samples",
            hint=f"Known: {', '.join(known) or 'none'}; or give the path of a JSON file.",
        ) from error
    except orjson.JSONDecodeError as error:
        raise InputError(f"The file is not JSON: {error}", location=sample) from error


def list_samples(partner: Partner, mapping: str) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """(label, (what goes in, whether we send it)) of every sample that a mapping is for."""
    for slug, stated in partner.manifest.features.items():
        feature = load_catalogue().feature(slug)
        if stated.mapping != mapping or feature is None:
            continue
        for sample in partner.samples(slug):
            if feature.is_ours:
                yield sample.label, (sample.canonical, True)
                continue
            for payload in items(partner, feature, sample)[:1]:
                yield sample.label, (payload, False)


def _pick(data: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(data, dict | list):
            return None
        data = data[int(name)] if isinstance(data, list) else data.get(name)
    is_money = isinstance(data, dict) and data.keys() == Money.model_fields.keys()
    return str(Money(**data)) if is_money else data
