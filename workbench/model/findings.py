"""Findings as data: what each kind of finding says, how bad it is, and whose matter, in one table.

A check yields the id of a kind and its facts; the words stand in `findings.yaml`, in each language
of our reports side by side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from workbench.model.description import DocumentWarning
from workbench.model.evidence import Finding, Matter, Record, Severity
from workbench.text import english_form, inflect

_FACT = re.compile(r"\{(\w+)\}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Words = Mapping[str, str]  # language → a sentence whose facts stand in braces


class FindingKind(Record):
    """One row of the table.

    Attributes:
        id: Slug of the kind.
        title: What it is, in a few words, by language.
        severity: How bad it is, where the check does not weigh it.
        matter: Whose matter it is.
        says: One sentence, by language.
        expected: What should have been, where that is the same words each time.
        hint: What would mend it, likewise.
    """

    id: str
    title: Words
    severity: Severity
    matter: Matter = Matter.PLATFORM
    says: Words
    expected: Words | None = None
    hint: Words | None = None


@cache
def finding_kinds() -> Mapping[str, FindingKind]:
    """The table, by id; a row whose key names several ids stands for each of them."""
    text = files("workbench.model").joinpath("findings.yaml").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C
    return {
        name: FindingKind.model_validate({"id": name, **row})
        for key, row in rows.items()
        for name in key.split(", ")
    }


def make_finding(
    kind: str, /, *, slug: str | None = None, severity: Severity | None = None, **told: Any
) -> Finding:
    """A finding of a kind, its sentences filled with the facts.

    Args:
        kind: Id of the kind in the table.
        slug: Id that the finding bears, where one kind has many, such as the laws of our data.
        severity: Where it depends on what was seen.
        told: Fields of `Finding`, and the facts that the sentences name in braces; a field may be
            a fact as well. What is told of `expected` and `hint` goes before the table.

    Raises:
        LookupError: There is no such kind, a sentence wants a fact that is not given, or a fact is
            given that no sentence wants: faults of the program.
    """
    row = finding_kinds().get(kind)
    if row is None:
        message = f"there is no kind of finding {kind!r}"
        raise LookupError(message)
    # A fact may be called `kind`; the finding's own is its row in the table.
    fields = {name: told[name] for name in told.keys() & Finding.model_fields.keys() - {"kind"}}
    fields["operation"] = fields.get("operation") or None
    if spare := told.keys() - fields.keys() - facts_of(row):
        message = f"{kind} says nothing of {', '.join(sorted(spare))}"
        raise LookupError(message)
    for name, words in (("expected", row.expected), ("hint", row.hint)):
        if fields.get(name) is None and words is not None:
            fields[name] = _fill(kind, words["en"], told)
    return Finding(
        slug=slug or kind,
        kind=kind if slug not in {None, kind} else None,
        severity=severity or row.severity,
        summary=_fill(kind, row.says["en"], told | fields),
        **{"matter": row.matter} | fields,
    )


def facts_of(row: FindingKind) -> frozenset[str]:
    """Names of the facts that the English sentences of a kind want."""
    texts = [words["en"] for words in (row.says, row.expected, row.hint) if words]
    return frozenset(name for text in texts for name in _FACT.findall(text))


def _fill(kind: str, text: str, facts: Mapping[str, object]) -> str:
    def fill(found: re.Match[str]) -> str:
        if found[1] not in facts:
            message = f"{kind} wants the fact {found[1]!r}"
            raise LookupError(message)
        return str(facts[found[1]])

    return _FACT.sub(fill, inflect(text, facts, english_form))


def tell_defect(warning: DocumentWarning, **told: Any) -> Finding:
    """What was seen in reading a document, as a finding about it; `told` as of `make_finding`."""
    return make_finding(
        "document-defect",
        slug=warning.slug,
        severity=Severity(warning.severity),
        what=warning.summary,
        pointer=f"{warning.document}#{warning.pointer}",
        **told,
    )
