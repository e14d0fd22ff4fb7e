from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.canonical.availability import Weekday
from workbench.canonical.base import Money, OpenEnum, UnitPrice
from workbench.canonical.invariants import check
from workbench.canonical.invariants.violation import Violation
from workbench.errors import TranslationError
from workbench.mapping import Translator, translate_one
from workbench.mapping.plan import UNSET, Level, PlannedRule
from workbench.mapping.runtime import put
from workbench.model import MISSING, find_nodes, look_up
from workbench.partners import Partner, load_partner
from workbench.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LAWS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# Around both changes of the clocks in Europe, and any other time.
CHANGES = (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC))
MINUTES = st.integers(0, 5 * 60).map(lambda minutes: timedelta(minutes=minutes))
INSTANTS = st.one_of(
    st.builds(lambda start, later: start + later, st.sampled_from(CHANGES), MINUTES),
    st.integers(2**30, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
WORDS = st.text("abcñ 'x1", min_size=1, max_size=8).filter(lambda text: text == text.strip())
NUMERALS = st.integers(0, 10**6).map(str)
PHONES = st.sampled_from(["+351912345678", "+34611222333", "+442079460000", "912*****8"])


@cache
def load(slug: str) -> Partner:
    """A partner of the checkout."""
    return load_partner(slug, Settings(root=ROOT))


def list_mappings() -> list[tuple[str, str]]:
    """Every mapping of every partner."""
    slugs = sorted(path.parent.name for path in ROOT.glob("contracts/*/mapping.yaml"))
    return [(slug, name) for slug in slugs for name in load(slug).translators]


ALL = list_mappings()


def is_both_ways(step: PlannedRule) -> bool:
    """Whether a rule is read and written."""
    return step.reads and step.writes and not step.is_constant


def make_leaf(step: PlannedRule, currency: str, zone: ZoneInfo) -> st.SearchStrategy[Any]:
    """Values of ours that a rule can say in the partner's words and read again."""
    slot, codec = step.slots[-1], step.codec
    type_: Any = slot.type_
    assert codec is not None
    if step.is_list:
        type_ = type_.__args__[0]
    if step.words:
        ours = dict.fromkeys(codec.read(word) for word in step.words)
        leaf: st.SearchStrategy[Any] = st.sampled_from([*ours])
    elif type_ in {Money, UnitPrice}:
        amounts = st.integers(0, 10**6)
        leaf = amounts.map(lambda minor: {"amount_minor": minor, "currency": currency})
    elif type_ is datetime and step.label == "local-datetime":
        # The second pass through a repeated hour cannot be told from the first.
        leaf = INSTANTS.filter(lambda instant: instant.astimezone(zone).fold == 0)
    elif type_ is str and step.keys == ("currency",):
        leaf = st.just(currency)
    else:
        leaf = make_plain(type_, step.label)
    return st.lists(leaf, max_size=3) if step.is_list else leaf


def make_plain(type_: Any, label: str) -> st.SearchStrategy[Any]:
    """Values of a canonical type."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(1, 5000),
        float: st.floats(0, 89, width=16),
        # A partner that counts in whole numbers cannot say a part of one.
        Decimal: st.integers(1, 99).map(Decimal)
        if label == "integer"
        else st.decimals("0.001", 99, places=3),
        datetime: INSTANTS,
        date: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        time: st.builds(time, st.integers(0, 23), st.integers(0, 59)),
        Weekday: st.sampled_from(list(Weekday)),
        tuple[str, ...]: st.lists(NUMERALS, max_size=3),
        str: {"integer": NUMERALS, "phone": PHONES}.get(label, WORDS),
    }
    if type_ in plain:
        return plain[type_]
    assert issubclass(type_, OpenEnum), type_
    return st.sampled_from([str(member) for member in type_])


def make_data(
    draw: st.DrawFn, level: Level, currency: str, zone: ZoneInfo, depth: int
) -> dict[str, Any]:
    """Input of a canonical entity, with some of the fields that a level covers both ways."""
    if level.case is not None:
        branch = draw(st.sampled_from(level.case.levels))
        return branch.marks | make_data(draw, branch, currency, zone, depth)
    data: dict[str, Any] = {}
    for step in level.steps:
        if not step.slots and step.level is not None:
            data |= make_data(draw, step.level, currency, zone, depth)
            continue
        needed = step.slots[0].required
        if not (is_both_ways(step) or (needed and step.reads)) or step.is_constant:
            continue
        if not needed and not draw(st.booleans()):
            continue
        if step.level is None:
            value = draw(make_leaf(step, currency, zone))
        elif step.is_list:
            value = make_items(draw, step, currency, zone, depth)
        else:
            value = make_data(draw, step.level, currency, zone, depth - 1)
        put(data, step.keys, value)
    fill_groups(draw, level, data, currency, zone)
    return data


def make_items(
    draw: st.DrawFn, step: PlannedRule, currency: str, zone: ZoneInfo, depth: int
) -> list[dict[str, Any]]:
    """Items of a list of objects, with what their key and their group say of them."""
    assert step.level is not None
    shape = step.shape
    levels = [step.level, *([] if shape is None else shape.levels)]
    items: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 2 if depth else 0))):
        item: dict[str, Any] = {}
        for level in levels:
            item |= make_data(draw, level, currency, zone, depth - 1)
        items.append(item)
    if shape is None or not shape.is_overnight:
        return items
    # A week is told in the order of its days. An opening of no length is none, one from midnight on
    # is the end of the evening before, and two that overlap cannot be cut and joined again.
    days = {item["day"]: item for item in items if time() != item["start"] != item["end"]}
    return [days[day] for day in Weekday if day in days]


def fill_groups(
    draw: st.DrawFn, level: Level, data: dict[str, Any], currency: str, zone: ZoneInfo
) -> None:
    """Give each group that is there at all its constants and its required parts."""
    for step in level.steps:
        if not step.slots:
            continue
        parent = look_up(data, step.keys[:-1])[0]
        is_there = look_up(data, step.keys)[0] is not MISSING
        if not isinstance(parent, dict) or is_there or not step.slots[-1].required:
            continue
        if step.is_constant:
            is_money = type(step.value) is int and step.slots[-1].type_ in {Money, UnitPrice}
            money = {"amount_minor": step.value, "currency": currency}
            put(data, step.keys, money if is_money else step.value)
        elif step.level is None:
            # What is only read is written by another rule, so that both fields say the same.
            same = [other for other in level.steps if other.source == step.source and other.writes]
            value = look_up(data, same[0].keys)[0] if same else MISSING
            if value is MISSING:
                value = draw(make_leaf(step, currency, zone))
            for one in (step, *same[:1]):
                put(data, one.keys, value)


def complete(level: Level, entity: Any, payload: Any) -> None:
    """Add to what we send what only the partner's own payloads say, as identifiers in a path."""
    for step in level.steps:
        if (
            step.reads
            and not step.writes
            and step.slots
            and step.slots[0].required
            and step.codec
            and step.source
        ):
            put(payload, step.source, step.codec.write(getattr(entity, str(step.keys[0]))))


def list_fields(step: PlannedRule) -> list[str | int]:
    """The fields that a rule fills; one on the whole level fills those of its own level."""
    if step.slots or step.level is None:
        return [*step.keys[:1]]
    return [key for inner in step.level.steps for key in list_fields(inner)]


def can_round(level: Level) -> bool:
    """Whether every required field is read, so that what was written can be read at all."""
    read = {key for step in level.steps if step.reads for key in list_fields(step)}
    fields = level.model.model_fields.items()
    return all(name in read for name, field in fields if field.is_required())


def lacks(expected: Any, actual: Any, at: str = "") -> Iterator[str]:
    """Where something of the expected plain data is not in the other."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            yield from lacks(value, actual.get(key), f"{at}/{key}")
    elif isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            yield f"{at}: {len(expected)} ≠ {len(actual)} items"
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from lacks(one, other, f"{at}/{index}")
    elif expected != actual and not (expected in ({}, [], ()) and actual in (None, {}, [], ())):
        yield f"{at}: {expected!r} ≠ {actual!r}"


def assert_sound(entity: Any) -> None:
    """Every canonical value keeps the laws, or gives violations; it never breaks the check."""
    for violation in check(entity):
        assert isinstance(violation, Violation)
        assert violation.code.startswith("INV-")


@pytest.mark.parametrize(("slug", "name"), ALL, ids=["/".join(pair) for pair in ALL])
@LAWS
@given(data=st.data())
def test_canonical_survives(slug: str, name: str, data: st.DataObject) -> None:
    """What a mapping covers of an entity comes back from the partner's words as it was."""
    partner = load(slug)
    mapping = partner.translators[name]
    if not mapping.can_write or not can_round(mapping.plan):
        pytest.skip("the mapping is one-way: it has no inverse to test")
    if any(step.nested is not None for step in mapping.plan.steps):
        pytest.skip("its lists speak of each other, as drawn ones do not: its samples are mutated")
    # A currency of the payload may be any; else it is the restaurant's.
    own = mapping.plan.currency is not None
    currency = data.draw(st.sampled_from(["EUR", "JPY", "KWD"])) if own else "EUR"
    draw = data.draw
    zone = ZoneInfo(partner.manifest.timezone)
    entity = mapping.entity_type.model_validate(make_data(draw, mapping.plan, currency, zone, 2))
    assert_sound(entity)
    payload = mapping.untranslate(entity).payload
    again = copy.deepcopy(payload)
    complete(mapping.plan, entity, again)
    if mapping.plan.currency is not None and look_up(again, mapping.plan.currency)[0] is MISSING:
        put(again, mapping.plan.currency, currency)
    back = mapping.translate(again).value
    assert list(lacks(entity.model_dump(exclude_unset=True), back.model_dump())) == []
    assert list(lacks(payload, mapping.untranslate(back).payload)) == []


def name_resource(level: Level, payload: Any) -> Any:
    """A copy of a body with the identifiers that travel in the path of its request."""
    result = copy.deepcopy(payload)
    for step in level.steps:
        is_apart = step.reads and not step.writes and step.slots and step.slots[0].required
        if is_apart and step.source and look_up(result, step.source)[0] is MISSING:
            put(result, step.source, "in-the-path")
    return result


def list_samples() -> list[tuple[str, str, str, Any, Translator]]:
    """Partner, feature, label, payload (items of a batch apart) and mapping of every sample."""
    found = []
    for slug in sorted({slug for slug, _ in ALL}):
        partner = load(slug)
        webhooks = partner.manifest.webhooks
        rules = {} if webhooks is None else webhooks.events
        for feature in partner.manifest.features:
            mapping = partner.translator(feature)
            each = [rules[name].each for name, _ in partner.events(feature) if name in rules]
            for sample in partner.samples(feature) if mapping is not None else ():
                items = [name_resource(mapping.plan, sample.payload)]
                if each and each[0]:
                    items = [item for _, item in find_nodes(each[0], sample.payload)]
                found += [
                    (slug, feature, f"{sample.label}.{index}", item, mapping)
                    for index, item in enumerate(items)
                ]
    return found


SAMPLES = list_samples()
IDS = ["/".join(sample[:3]) for sample in SAMPLES]


def list_places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places of all values below, the root left out."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*at, key)
        if isinstance(inner, (dict, list)):
            yield from list_places(inner, (*at, key))


def mutate(payload: Any, data: st.DataObject) -> Any:
    """A copy of a sample with one to three values dropped, nulled, changed or doubled."""
    result = copy.deepcopy(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(list_places(result))
        if not places:
            return result
        *way, last = data.draw(st.sampled_from(places))
        parent = look_up(result, tuple(way))[0]
        kind = data.draw(st.sampled_from(["drop", "null", "change", "double"]))
        if kind == "drop":
            del parent[last]
        elif kind == "double" and isinstance(parent, list):
            parent.insert(last, copy.deepcopy(parent[last]))
        elif kind == "null":
            parent[last] = None
        else:
            parent[last] = data.draw(change(parent[last]))
    return result


def change(value: Any) -> st.SearchStrategy[Any]:
    """Another value, mostly of the same kind."""
    others = st.sampled_from([0, "", "x", [], {}, True, -1, 1.5])
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, (int, float)):
        return st.one_of(st.integers(0, 10**5), others)
    return others


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
@LAWS
@given(data=st.data())
def test_payload_survives(sample: Any, data: st.DataObject) -> None:
    """A partner's payload is refused with its place, or read, written and read again the same."""
    *_, payload, mapping = sample
    if not can_round(mapping.plan):
        pytest.skip("the mapping is one-way: the payload says less than an entity needs")
    result = translate_one(mapping, mutate(payload, data))
    if isinstance(result, TranslationError):
        # What holds for the whole entity, as the digits of its amounts, has no field of its own.
        assert result.field or result.path
        return
    assert_sound(result.value)
    if not mapping.can_write:
        return
    written = mapping.untranslate(result.value).payload
    complete(mapping.plan, result.value, written)
    back = mapping.translate(written).value
    assert list(lacks(mapping.untranslate(back).payload, written)) == []


def settle(level: Level, payload: Any) -> Any:
    """A copy of a payload in the words that a mapping says are written.

    Of several words for one of ours it is the one that `back` names; a `default` is said.
    """
    result = copy.deepcopy(payload)
    for step in level.steps:
        if not step.words or not step.writes or step.is_list or step.codec is None:
            continue
        word = look_up(result, step.source or ())[0]
        if word is not MISSING:
            put(result, step.source or (), step.codec.write(step.codec.read(word)))
        elif step.default is not UNSET:
            put(result, step.source or (), step.codec.write(step.default))
    return result


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_sample_is_written_as_it_came(sample: Any) -> None:
    """What is written of an entity that was read has the values of the payload it was read from."""
    *_, payload, mapping = sample
    if not mapping.can_write or not can_round(mapping.plan):
        pytest.skip("the mapping is one-way")
    written = mapping.untranslate(mapping.translate(payload).value).payload
    assert list(lacks(written, settle(mapping.plan, payload))) == []
