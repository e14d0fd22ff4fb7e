from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workbench.description import load_text
from workbench.errors import InputError, TranslationError
from workbench.mapping import Translator
from workbench.mapping.loading import compile_mappings
from workbench.model import find_nodes
from workbench.partners import Partner, load_partner
from workbench.partners.catalogue import load_catalogue
from workbench.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SLUGS = sorted(path.parent.name for path in ROOT.glob("contracts/*/mapping.yaml"))


class Case(NamedTuple):
    """A sample as a test of a mapping."""

    mapping: str
    payload: Any
    canonical: Any
    is_written: bool


class Mutant(NamedTuple):
    """A mapping file with one rule dropped, or the paths of two swapped."""

    name: str
    mapping: str
    file: dict[str, Any]


def list_cases(partner: Partner) -> list[Case]:
    """The samples of a partner that have an expected result."""
    webhooks = partner.manifest.webhooks
    rules = {} if webhooks is None else webhooks.events
    cases = []
    for feature in load_catalogue().features:
        translator = partner.translator(feature.slug)
        each = [rules[name].each for name, _ in partner.events(feature.slug) if name in rules]
        for sample in partner.samples(feature.slug) if translator is not None else ():
            payload = sample.payload
            if each and each[0]:
                payload = next(item for _, item in find_nodes(each[0], payload))
            canonical = sample.canonical
            canonical = canonical[0] if isinstance(canonical, list) else canonical
            if canonical is not None and translator is not None:
                cases.append(Case(translator.name, payload, canonical, feature.is_ours))
    return cases


def is_kept(expected: Any, actual: Any) -> bool:
    """Whether all of the expected data is in the other."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(is_kept(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(is_kept, expected, actual))
    return bool(expected == actual or str(expected) == str(actual))


def passes(translators: dict[str, Translator], cases: list[Case]) -> bool:
    """Whether all samples come out as recorded."""
    for case in cases:
        mapping = translators[case.mapping]
        try:
            if case.is_written:
                entity = mapping.entity_type.model_validate(case.canonical)
                if mapping.untranslate(entity).payload != case.payload:
                    return False
                continue
            result = mapping.translate(case.payload).value.model_dump(mode="json")
        except (TranslationError, InputError):
            return False
        if not is_kept(case.canonical, result):
            return False
    return True


def walk(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All tables of rules, nested ones too."""
    yield fields
    for rule in fields.values():
        if isinstance(rule, dict) and isinstance(rule.get("fields"), dict):
            yield from walk(rule["fields"])


def path_of(rule: Any) -> tuple[str, str] | None:
    """Where the path of a rule is, and what it is."""
    if isinstance(rule, str):
        return "", rule
    return next(((key, rule[key]) for key in ("from", "each") if key in rule), None)


def with_path(rule: Any, path: str) -> Any:
    """The rule with another path."""
    place = path_of(rule)
    return path if place is None or not place[0] else {**rule, place[0]: path}


def list_mutants(file: dict[str, Any]) -> Iterator[Mutant]:
    """Each rule dropped once, and the paths of each two neighbours swapped."""
    for name in file["mappings"]:
        tables = len(list(walk(file["mappings"][name]["fields"])))
        for number in range(tables):
            table = list(walk(file["mappings"][name]["fields"]))[number]
            rules = list(table)
            for position, key in enumerate(rules):
                changed = copy.deepcopy(file)
                target = list(walk(changed["mappings"][name]["fields"]))[number]
                del target[key]
                if target:
                    yield Mutant(f"{name}: drop {key}", name, changed)
                other = rules[(position + 1) % len(rules)]
                one, two = path_of(table[key]), path_of(table[other])
                if one is None or two is None or one[1] == two[1]:
                    continue
                changed = copy.deepcopy(file)
                target = list(walk(changed["mappings"][name]["fields"]))[number]
                target[key] = with_path(target[key], two[1])
                target[other] = with_path(target[other], one[1])
                yield Mutant(f"{name}: swap {key} and {other}", name, changed)


def list_used(file: dict[str, Any], name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """A mapping and all that it uses."""
    found = {name}
    for table in walk(file["mappings"][name]["fields"]):
        for rule in table.values():
            used = rule.get("use") if isinstance(rule, dict) else None
            if used and used not in seen | found:
                found |= list_used(file, used, seen | found)
    return found


@pytest.mark.parametrize("slug", SLUGS)
def test_samples_notice_a_changed_mapping(slug: str) -> None:
    """Of mappings with a rule dropped or two paths swapped, every third, samples notice most."""
    partner = load_partner(slug, Settings(root=ROOT))
    path = partner.folder / "mapping.yaml"
    # Through JSON, so that what the file says by reference is not shared.
    file = json.loads(json.dumps(load_text(path.read_text("utf-8"), str(path))))
    cases = list_cases(partner)
    assert cases
    assert passes(dict(partner.translators), cases)
    using = {name: list_used(file, name) for name in file["mappings"]}
    count, survivors = 0, []
    for mutant in islice(list_mutants(file), 0, None, 3):
        touched = [case for case in cases if mutant.mapping in using[case.mapping]]
        needed = set().union(*(using[case.mapping] for case in touched))
        small = {name: mutant.file["mappings"][name] for name in needed}
        if not small:
            continue
        count += 1
        try:
            translators = compile_mappings(
                {"mappings": small},
                mutant.name,
                timezone=partner.manifest.timezone,
                currency=partner.manifest.currency,
            )
        except InputError:
            continue
        if passes(translators, touched):
            survivors.append(mutant.name)
    assert count > 10
    assert len(survivors) <= count / 10, survivors
