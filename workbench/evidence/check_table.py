"""What each check can show and say, in one table, and the one maker of lines of evidence.

A check yields its id and the facts that it saw; which criteria these prove or break, and what is
said of it in each language, stands in `checks.yaml`. What the table does not know raises, so that
no proof vanishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from workbench.model import (
    REFUSAL,
    UNREACHED,
    Evidence,
    Feature,
    Finding,
    Outcome,
    Record,
    Source,
)
from workbench.partners import load_catalogue
from workbench.text import english_form, inflect

Words = Mapping[str, str]  # language → a sentence whose facts stand in braces
_WORDS = "words"  # the section of the table that belongs to no check
_FACT = re.compile(r"\{(\w+)\}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CheckKind(Record):
    """One row of the table.

    Attributes:
        title: What it is, in a few words, by language.
        source: Whose check it is; None where several sources make it.
        roles: Roles of criteria that it yields as facts.
        facts: Other facts that it yields → the criteria that each is about.
        chosen: Whether it takes any criteria of the feature from the catalogue.
        says: Its sentences, by name; facts stand in braces.
    """

    title: Words
    source: Source | None = None
    roles: tuple[str, ...] = ()
    facts: Mapping[str, str | tuple[str, ...]] = {}
    chosen: bool = False
    says: Mapping[str, Words] = {}

    def about(self, fact: str) -> tuple[str, ...]:
        """Slugs of the criteria that a fact of its own is about, of whichever feature."""
        named = self.facts[fact]
        return (named,) if isinstance(named, str) else tuple(named)

    def may_show(self, feature: Feature) -> frozenset[str]:
        """Slugs of all criteria of a feature that it can prove or break."""
        known = {item.slug for item in feature.criteria}
        if self.chosen:
            return frozenset(known)
        told = {slug for fact in self.facts for slug in self.about(fact)}
        return frozenset(known & told) | {*feature.proved_by(*self.roles)}


@cache
def _read_rows() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    text = files("workbench.evidence").joinpath("checks.yaml").read_text("utf-8")
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C
    return rows


@cache
def list_sentences() -> Mapping[str, Words]:
    """What checks say, by `check.name`, or by name alone where several checks say it."""
    own = {
        f"{check}.{name}": words
        for check, kind in check_kinds().items()
        for name, words in kind.says.items()
    }
    return own | dict(_read_rows()[_WORDS])


def say(name: str, /, **facts: object) -> str:
    """A sentence of the table, in English; reports in other languages look it up there.

    Args:
        name: As of `list_sentences`.
        facts: What its braces want.

    Raises:
        LookupError: There is no such sentence, or it wants other facts: faults of the program.
    """
    words = list_sentences().get(name)
    if words is None:
        message = f"there is no sentence {name!r}"
        raise LookupError(message)
    if set(_FACT.findall(words["en"])) != facts.keys():
        message = f"{name} does not say {', '.join(sorted(facts)) or 'nothing'}"
        raise LookupError(message)
    return _FACT.sub(lambda found: str(facts[found[1]]), inflect(words["en"], facts, english_form))


@cache
def check_kinds() -> Mapping[str, CheckKind]:
    """The table, by the id of the check.

    Raises:
        LookupError: A row names a criterion, or a role of criteria, that the catalogue lacks.
    """
    kinds = {
        name: CheckKind.model_validate(
            {**row, "source": None if source == "several" else Source(source)}
        )
        for source, checks in _read_rows().items()
        if source != _WORDS
        for name, row in checks.items()
    }
    criteria = [*load_catalogue().criteria()]
    known = {item.slug for item in criteria} | {role for item in criteria for role in item.roles}
    for name, kind in kinds.items():
        told = {*kind.roles, *(slug for fact in kind.facts for slug in kind.about(fact))}
        if unknown := told - known:
            message = f"{name}: the catalogue has no criterion {min(unknown)!r}"
            raise LookupError(message)
    return kinds


def criteria_of(check: str, feature: str, *facts: str) -> tuple[str, ...]:
    """Slugs of the criteria of a feature that facts seen by a check are about.

    Args:
        check: Id of the check.
        feature: Slug of the feature.
        facts: Facts or roles of its row, or slugs of criteria that it can show.

    Raises:
        LookupError: There is no such check or feature, or the check shows no such thing: faults
            of the program.
    """
    kind, about = check_kinds().get(check), load_catalogue().feature(feature)
    if kind is None or about is None:
        message = f"there is no check {check!r} of {feature!r}"
        raise LookupError(message)
    allowed, found = kind.may_show(about), []
    for fact in facts:
        if fact in kind.facts:
            found += [slug for slug in kind.about(fact) if slug in allowed]
        elif fact in kind.roles:
            found += about.proved_by(fact)
        elif fact in allowed:
            found.append(fact)
        else:
            message = f"{check} shows no {fact!r} of {feature}"
            raise LookupError(message)
    return tuple(dict.fromkeys(found))


def make_evidence(
    check: str,
    feature: str,
    outcome: Outcome,
    summary: str,
    *,
    shows: Iterable[str] = (),
    findings: Iterable[Finding] = (),
    **told: Any,
) -> Evidence:
    """A line of evidence of a check.

    Args:
        check: Id of the check in the table, which knows its source.
        feature: Slug of the feature that it is about.
        outcome: What it says.
        summary: One plain sentence of what was done and seen.
        shows: Facts that it saw, as of `criteria_of`.
        findings: What is wrong; the criterion of each may be such a fact as well.
        told: Other fields of `Evidence`.

    Raises:
        LookupError: As of `criteria_of`.
    """

    def settle(item: Finding) -> Finding:
        named = criteria_of(check, feature, item.criterion) if item.criterion else ()
        return item.model_copy(update={"criterion": next(iter(named), None)})

    return Evidence(
        feature=feature,
        outcome=outcome,
        summary=summary,
        check=check,
        criteria=criteria_of(check, feature, *shows),
        findings=tuple(map(settle, findings)),
        **{"source": check_kinds()[check].source} | told,
    )


def tell_unreached(
    features: Iterable[Feature], source: Source, environment: str, error: Exception
) -> Iterator[Evidence]:
    """The same trouble stops every feature that a source would have looked at."""
    for feature in features:
        yield make_evidence(
            UNREACHED,
            feature.slug,
            Outcome.CANT_TELL,
            say("not-tested", why=error),
            source=source,
            environment=environment,
            detail={REFUSAL: type(error).__name__},
        )
