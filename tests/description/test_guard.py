import time
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.guard import load_json, load_text, read_bytes, read_text
from workbench.description.limits import IntakeLimits
from workbench.errors import DescriptionError

LADDER = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{','.join(['*' + chr(97 + step)] * 9)}]\n"
    for step in range(9)
)
SCHEMA_BOMB = (
    "components:\n  schemas:\n    S0: &s0 {type: string, description: '" + "x" * 200 + "'}\n"
)
SCHEMA_BOMB += "".join(
    f"    S{n}: &s{n} {{properties: {{{', '.join(f'p{i}: *s{n - 1}' for i in range(8))}}}}}\n"
    for n in range(1, 9)
)
BOMBS = {
    "alias ladder": LADDER,
    "schema ladder": SCHEMA_BOMB,
    "long scalar": f"a: &a {'x' * 9000}\nb: [" + ",".join(["*a"] * 2000) + "]",
    "merge ladder": "a: &a {k: v}\n" + "b: [" + ",".join(["{<<: *a}"] * 200_000) + "]",
    "cyclic alias": "a: &a [*a]",
    "cyclic mapping": "a: &a {b: {c: *a}}",
    "deep flow": "[" * 100_000 + "]" * 100_000,
    "deep unclosed": "[" * 100_000,
    "deep block": "- " * 100_000,
    "deep JSON objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep by aliases": "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 400)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_at_once(text: str) -> None:
    """Every known bomb ends in a located refusal, and long before it could grow."""
    started = time.process_time()
    with pytest.raises(DescriptionError, match="refused") as refusal:
        load_text(text, "bomb.yaml")
    took = time.process_time() - started
    assert took < (3 if len(text) < 500_000 else 10)
    assert refusal.value.location is not None
    assert refusal.value.location.startswith("bomb.yaml:")
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2020-01-31", "2020-01-31"),
        ("2020-01-31T10:00:00Z", "2020-01-31T10:00:00Z"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("010", "010"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", 10**999),
        ("99999999999999999999", 99999999999999999999),
        ("=", "="),
        ("<<", "<<"),
        ("42", 42),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.50", 1.5),
        (".5", 0.5),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'42'", "42"),
        ("!!str 42", "42"),
        ("!!int '42'", 42),
        ("!!float 42", 42.0),
        ("! 42", "42"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, value: Any) -> None:
    """Dates, clock times, `no` and octal look-alikes stay text; JSON's own values are read."""
    assert load_text(f"[{written}]" if written == "" else f"key: {written}", "s.yaml") == (
        [] if written == "" else {"key": value}
    )


def test_keys_become_strings() -> None:
    """Status codes, booleans and empty keys are text, as in JSON."""
    text = "200: ok\ntrue: yes\n~: nothing\n1.10: version\n? plain\n: value"
    assert load_text(text, "k.yaml") == {
        "200": "ok",
        "true": "yes",
        "~": "nothing",
        "1.10": "version",
        "plain": "value",
    }


def test_merge_keys_are_spread_and_do_not_override() -> None:
    """`<<` takes over what is not stated, and is no duplicate of it."""
    reading = read_text("base: &b {x: 1, y: 2}\nown: {<<: *b, x: 3}\nboth: {<<: [*b], z: 4}", "m")
    assert reading.data["own"] == {"x": 3, "y": 2}
    assert reading.data["both"] == {"x": 1, "y": 2, "z": 4}
    assert not reading.warnings


def test_aliased_nodes_are_not_shared() -> None:
    """Changing one place of an aliased value leaves the other as it is."""
    data = load_text("a: &a {x: [1]}\nb: *a", "s.yaml")
    data["a"]["x"].append(2)
    assert data["b"] == {"x": [1]}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("paths:\n  /a: {x: 1}\n  /b: 2\n  /a: {y: 1}", "/paths/~1a"),
        ('{"paths": {"/a": 1, "/a": 2}}', ""),
    ],
    ids=["yaml", "json"],
)
def test_duplicate_keys_warn_and_the_last_counts(text: str, pointer: str) -> None:
    """A repeated key is reported, and its last value is used."""
    reading = read_text(text, "d.yaml")
    assert [(warning.slug, warning.pointer) for warning in reading.warnings] == [
        ("duplicate-key", pointer)
    ]
    assert reading.data["paths"]["/a"] in ({"y": 1}, 2)


def test_quotes_and_colons_inside_strings_are_no_keys() -> None:
    """The fast count of keys never reports a duplicate that is none."""
    text = '{"a": "x\\": y", "b": ": ", "c\\\\": {"a": 1}}'
    reading = read_text(text, "j.json")
    assert reading.data == orjson.loads(text)
    assert not reading.warnings


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!ruby/object:X", "!!js/function"]
)
def test_tags_for_program_objects_are_refused(tag: str) -> None:
    """A tag that asks a loader to build an object is refused."""
    with pytest.raises(DescriptionError, match="program object"):
        load_text(f"a: {tag} [echo]", "t.yaml")


def test_unknown_tags_and_further_documents_warn() -> None:
    """A harmless tag is read as text; a second document is left out; both are reported."""
    reading = read_text("a: !Ref 5\n---\nb: 1", "w.yaml")
    assert reading.data == {"a": "5"}
    assert [warning.slug for warning in reading.warnings] == ["unknown-tag", "further-document"]


def test_size_is_capped_before_reading() -> None:
    """More bytes than allowed are refused, whatever they say."""
    with pytest.raises(DescriptionError, match="more than the limit"):
        read_bytes(b"a: 1" + b" " * 100, "big.yaml", IntakeLimits(size=50))


def test_encodings() -> None:
    """UTF-8 with and without mark and marked UTF-16 are read; other bytes are a located refusal."""
    assert read_bytes("a: ñ".encode("utf-8-sig"), "e").data == {"a": "ñ"}
    assert read_bytes("a: ñ".encode("utf-16"), "e").data == {"a": "ñ"}
    with pytest.raises(DescriptionError, match="not UTF-8") as refusal:
        read_bytes(b"a: 1\nb: \xff", "e.yaml")
    assert refusal.value.location == "e.yaml:2"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", '{"a" 1 : }]'),
        ("x.yaml", "a: [1\nb: 2"),
        ("x.yaml", "a: \x07"),
        ("x.yaml", "\ud800"),
    ],
)
def test_unreadable_text_is_located(name: str, text: str) -> None:
    """Text that is neither JSON nor YAML names file and line."""
    with pytest.raises(DescriptionError) as refusal:
        load_text(text, name)
    assert str(refusal.value.location).startswith(f"{name}:")


def test_trailing_commas_are_forgiven() -> None:
    """What YAML's flow style allows is read, though JSON does not allow it."""
    assert load_text('{"a": [1, 2,],}', "lenient.json") == {"a": [1, 2]}


def test_saved_bodies_obey_the_depth_cap() -> None:
    """JSON found inside a document is guarded as the document itself."""
    with pytest.raises(DescriptionError, match="deeper"):
        load_json("[" * 500 + "]" * 500, "body")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)
YAMLISH = st.text(alphabet="abc:-[]{}&*!<>?|'\"#, \n\t0123.~%@\\\ud800é", max_size=120)


@settings(max_examples=150)
@given(st.text(max_size=200) | YAMLISH)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the guard raise anything but DescriptionError."""
    try:
        data = load_text(text, "any")
    except DescriptionError:
        return
    assert orjson.dumps(data)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the guard raise anything but DescriptionError."""
    try:
        reading = read_bytes(data, "any")
    except DescriptionError:
        return
    assert orjson.dumps(reading.data)


@settings(max_examples=100)
@given(st.lists(JSON, max_size=3))
def test_json_comes_back_as_it_was(value: list[Any]) -> None:
    """What was written as JSON is read unchanged and without warnings."""
    reading = read_text(orjson.dumps(value).decode(), "any.json")
    assert reading.data == value
    assert not reading.warnings
