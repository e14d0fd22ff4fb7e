"""Personal data goes by place in JSON, and by telling values in texts; nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.secrecy import MASK, Persons, Redactor
from workbench.secrecy.persons import scan

KEY = object()


def is_personal(path: tuple[Any, ...]) -> bool:
    """Names and phones of a guest, and the keys of a table of guests."""
    return path[-2:] in {("guest", "name"), ("guest", "phone"), ("guest", "lines")} or path == (
        "seats",
        KEY,
    )


@pytest.fixture
def persons() -> Persons:
    """Masks a guest."""
    names = frozenset({"guest", "name", "phone", "lines", "seats"})
    return Persons(is_personal, names=names, key=KEY, ordinary=frozenset({"test", "order"}))


@pytest.mark.parametrize("name", ["failed", "Test", "outcome", "Ana", "x", 'a "b" ñ', "{"])
def test_any_value_at_its_place_is_masked_and_no_other(persons: Persons, name: str) -> None:
    """A guest may be called as they like: keys, other values and the form of the text stay."""
    quoted = json.dumps(name)
    text = f'{{"guest": {{"name" : {quoted},"vip":1.50}}, "name": {quoted}, {quoted}:[1e3]}}'
    masked = persons.text(text)
    assert masked == text.replace(quoted, f'"{MASK}"', 1)


def test_numbers_lists_and_mapped_names_are_masked(persons: Persons) -> None:
    """A phone may be a number, an address a list, and a name the name of a member."""
    guest = {"phone": 34600123987, "lines": ["Mayor 1", "2 B"]}
    body = {"guest": guest, "seats": {"Ana": 1, "Eva": 2}}
    masked = json.loads(persons.text(json.dumps(body)))
    assert masked["guest"] == {"phone": MASK, "lines": [MASK, MASK]}
    assert list(masked["seats"].values()) == [1, 2]
    assert not {"Ana", "Eva"} & masked["seats"].keys()


def test_a_body_that_was_cut_is_masked_as_far_as_it_goes(persons: Persons) -> None:
    """The place is known although the end is missing."""
    text = json.dumps({"id": 1, "guest": {"name": "Ana", "phone": "1"}, "more": "x" * 99})
    masked = text[:60].replace('"Ana"', f'"{MASK}"').replace('"1"', f'"{MASK}"')
    assert persons.text(text[:60]) == masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\u00cd\u00f1igo Ruiz", MASK),
        ("+34 600 123 987", MASK),
        ("ana@example.org", MASK),
        ("Ximena", MASK),
        ("Test", "Test"),
        ("Test Order", "Test Order"),
        ("ana", "ana"),
        ("outcome", "outcome"),
        ("12", "12"),
    ],
)
def test_texts_lose_what_can_only_be_personal(persons: Persons, value: str, shown: str) -> None:
    """Full names, phones and addresses are known again in any spelling, as whole words."""
    persons.read(json.dumps({"guest": {"name": value}}))
    assert persons.text(f"Of {value}: x{value}x") == f"Of {shown}: x{value}x"
    for spelt in (json.dumps(value), json.dumps(json.dumps(value))):
        assert (MASK in persons.text(f"<{spelt}>")) == (shown == MASK)


def test_the_redactor_masks_persons_too(persons: Persons) -> None:
    """One door: secrets and persons go together, in bodies, data and texts; keys stay."""
    redactor = Redactor(["x7-Gq29-tR-canary"])
    redactor.persons = persons
    redactor.notice(b'{"guest": {"name": "Ana Exemplo"}}')
    assert redactor.text("Ana Exemplo x7-Gq29-tR-canary") == f"{MASK} {MASK}"
    assert redactor.data({"Ana Exemplo": ["Ana Exemplo"]}) == {"Ana Exemplo": [MASK]}
    body = b'{"guest": {"name": "%s"}}\xff'
    assert redactor.mask(body % b"ab") == body % MASK.encode()
    assert repr(persons) == "Persons(2 values)"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_the_scan_finds_every_text_at_its_place(value: Any) -> None:
    """All texts of any JSON are found, with the names above them."""
    text = json.dumps(value)
    found = [
        (place.path, json.loads(text[place.start : place.end]))
        for place in scan(text)
        if not place.is_name and text[place.start] == '"'
    ]
    assert found == list(_texts(value, ())) if isinstance(value, dict | list) else found == []


def _texts(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, str):
        yield path, value


def test_hostile_texts_cost_no_time() -> None:
    """Deep nesting and stray brackets end the scan, not the program."""
    assert list(scan("[" * 100_000 + '"a"')) == []
    assert list(scan("]" * 10)) == []
    assert len(list(scan('{"a":1}}}}} "b"'))) == 2
