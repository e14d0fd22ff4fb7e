from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import MappingError
from workbench.mapping import load_mappings

HEAD = "mappings:\n  m:\n    into: Order\n    fields:\n"


def load(tmp_path: Path, text: str, **where: Any) -> MappingError:
    """The error that a mapping file gives."""
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings(path, **({"timezone": "Europe/Madrid", "currency": "EUR"} | where))
    return caught.value


BAD_FIELDS = [
    ("stats: $.a", "/stats", "Order has no field 'stats'", "Did you mean 'status"),
    ("totals.totl: $.a", "/totals.totl", "Totals has no field 'totl'", "Did you mean 'total"),
    ("lines.name: $.a", "/lines.name", "'name' is not an index", "each"),
    ("currency.code: $.a", "/currency.code", "nothing is below text", "whole value"),
    (
        "placed_at: {from: $.a, as: instnt}",
        "/placed_at/as",
        "no converter 'instnt'",
        "Did you mean 'instant",
    ),
    ("placed_at: $.a", "/placed_at", "an instant needs a converter", "instant, local-datetime"),
    ("totals.total: $.a", "/totals.total", "an amount needs a converter", "minor, decimal"),
    (
        "party_size: {from: $.a, as: minor}",
        "/party_size/as",
        "`minor` does not give a whole number",
        "integer",
    ),
    (
        "totals.total: {from: $.a, as: decimal, stile: string}",
        "/totals.total/stile",
        "decimal has no option 'stile'",
        "Did you mean 'style",
    ),
    (
        "totals.total: {from: $.a, as: minor, style: string}",
        "/totals.total/style",
        "minor has no option",
        "Known: exponent, rounding",
    ),
    (
        "totals.total: {from: $.a, as: decimal, style: text}",
        "/totals.total/style",
        "`style` takes one of `number`, `string`",
        None,
    ),
    (
        "placed_at: {from: $.a, as: local-datetime, format: '%Q'}",
        "/placed_at/format",
        "'%Q' is no format",
        None,
    ),
    ("restaurant_id: {frm: $.a}", "/restaurant_id", "no key 'frm'", "Did you mean 'from"),
    (
        "restaurant_id: {from: $.a, defalt: x}",
        "/restaurant_id/defalt",
        "no key 'defalt'",
        "Did you mean 'default",
    ),
    ("restaurant_id: {from: $.a, value: x}", "/restaurant_id", "exactly one of", None),
    ("restaurant_id: {from: $.a, to: $.b}", "/restaurant_id", "`to` goes with `value`", None),
    ("restaurant_id: {value: x, as: string}", "/restaurant_id", "`value` goes with", None),
    ("restaurant_id: {from: $.a, unknown: keep}", "/restaurant_id", "belong to `enum`", None),
    ("lines: {each: $.a}", "/lines", "`each` needs", None),
    ("lines: {each: $.a, use: m, default: x}", "/lines", "belong to a single value", None),
    ("lines: {each: $.a, as: string, use: m}", "/lines", "at most one of", None),
    ("restaurant_id: $.a[*]", "/restaurant_id/from", "more than one value", None),
    ("restaurant_id: $..a", "/restaurant_id/from", "more than one value", None),
    ("restaurant_id: a.b", "/restaurant_id/from", "is not a JSONPath", None),
    ("restaurant_id: '$.a[-1]'", "/restaurant_id/from", "index from the end", "one-way: in"),
    ("customer: $.a", "/customer", "customer is an object (Customer)", "`from` and `fields`"),
    ("customer: {each: $.a, fields: {name: $.b}}", "/customer/each", "is not a list", "`from`"),
    (
        "restaurant_id: {from: $.a, fields: {name: $.b}}",
        "/restaurant_id/fields",
        "takes text, no object",
        "`as` or `enum`",
    ),
    ("lines: {each: $.a, use: mm}", "/lines/use", "no mapping 'mm'", "Did you mean 'm"),
    ("lines: {each: $.a, use: m}", "/lines/use", "gives Order, OrderLine is needed", "OrderLine"),
    (
        "status: {from: $.a, enum: {A: plced}}",
        "/status/enum/A",
        '"plced" is no OrderStatus',
        "Did you mean 'placed",
    ),
    (
        "status: {from: $.a, enum: {A: placed, B: placed}}",
        "/status/enum",
        "several values of theirs mean placed",
        "back: {placed: …}",
    ),
    (
        "status: {from: $.a, enum: {A: placed}, back: {x: B}}",
        "/status/back/x",
        '"x" is no OrderStatus',
        "Known: ",
    ),
    (
        "status: {from: $.a, enum: {A: placed}, as: integer}",
        "/status/enum/A",
        "'A' is not a whole number",
        None,
    ),
    ("status: {from: $.a, enum: {A: placed}, as: minor}", "/status/as", "does not go with", "stri"),
    ("party_size: {from: $.a, default: many}", "/party_size/default", "takes a whole number", None),
    (
        "order_type: {value: delivry}",
        "/order_type/value",
        "is no OrderType",
        "Did you mean 'deliv",
    ),
    (
        "notes.0.text: {value: x, to: $.a}\n      notes: {each: $.b, fields: {text: $}}",
        "",
        "also",
        None,
    ),
    ("ext.a: {value: 5, to: $.a}", "/ext.a/to", "only text, numbers", "`constants`"),
    (".: $.a", "/.", "`.` stands for the object itself", "`fields`, `use` or `case`"),
    ("group_id: {join: [$.a, $.b]}", "/group_id", "how a `join` is taken apart", "`split: first`"),
    ("group_id: {join: [$.a], split: first}", "/group_id/join", "at least 2", None),
    (
        "party_size: {join: [$.a, $.b], split: last}",
        "/party_size/join",
        "gives text, and the field takes a whole number",
        None,
    ),
    ("group_id: {join: [$.a, '$.b[*]'], split: last}", "/group_id/join/1", "more than one", None),
    (
        "group_id: {join: [$.a, $.b], split: last, x: 1}",
        "/group_id/x",
        "no option 'x'",
        "separator",
    ),
    ("ids.partner_id: {from: $.a, none: 0}", "/ids.partner_id/none", "cannot be None", "`default`"),
    ("group_id: {from: $.a, key: id}", "/group_id", "belong to `each` with objects", None),
    ("lines: {each: $.a, use: m, group: {id: $.b}}", "/lines", "`group` needs `inner`", None),
    (
        "notes: {each: $.a, key: knd, fields: {text: $}}",
        "/notes/key/knd",
        "Note has no field 'knd'",
        "Did you mean 'kind",
    ),
    (
        "notes: {each: $.a, key: text, fields: {text: $}}",
        "/notes",
        "text is also mapped",
        None,
    ),
    (
        "notes: {each: $.a, overnight: split, fields: {text: $}}",
        "/notes/overnight",
        "only openings of the week",
        None,
    ),
    ("lines: {each: $.a, case: $.t}", "/lines", "`case` and `when` go together", None),
    (
        "notes: {each: $.a, case: $.t, when: {A: {}}}",
        "/notes/when/A",
        "either `fields` or `use`",
        None,
    ),
    (
        "notes: {each: $.a, case: $.t, when: {A: {fields: {text: $.b}}, B: {fields: {text: $.c}}}}",
        "/notes/when/A",
        "nothing says when to write",
        "`value` of its own",
    ),
    (
        "notes: {each: $.a, case: $.t, when: {A: &x {fields: {kind: {value: x}, text: $}}, B: *x}}",
        "/notes/when/B",
        "the same constants as 'A'",
        "differ",
    ),
    (
        "delivery: {from: $.a, as: coordinates}",
        "/delivery/as",
        "`coordinates` does not give an object (Delivery",
        "use",
    ),
    (
        "customer.phone: {from: $.a, as: phone}",
        "/customer.phone/prefix",
        "`prefix` is missing",
        "Add `prefix: …`",
    ),
]


# Words of the libraries beneath, which tell a person who writes YAML nothing.
NOT_OURS = re.compile(r"Input should|TOKEN_|\btuple\b|\bdict|\bvalid \w+|NoneType|\bstr\b|\bint\b")


@pytest.mark.parametrize(("rule", "place", "message", "hint"), BAD_FIELDS)
def test_bad_rule_is_located(
    tmp_path: Path, rule: str, place: str, message: str, hint: str | None
) -> None:
    """A wrong rule says what is wrong, where in the file, and how to mend it."""
    error = load(tmp_path, f"{HEAD}      {rule}\n")
    file, line, column, pointer = re.split(r":(\d+):(\d+)#", error.location or "")
    assert (file, pointer) == (str(tmp_path / "mapping.yaml"), f"/mappings/m/fields{place}")
    text = f"{HEAD}      {rule}\n".splitlines()[int(line) - 1]
    assert text[int(column) - 1 :].strip(), "the column is none of the line"
    assert message in error.message
    assert hint is None or hint in (error.hint or "")
    assert not NOT_OURS.search(str(error))


@pytest.mark.parametrize(
    "second",
    ["raw_status: $.a", "restaurant_id: $.a.b", "ids: {from: $.a, fields: {partner_id: $.b}}"],
)
def test_two_writers_of_one_place(tmp_path: Path, second: str) -> None:
    """Two rules that write the same place are refused until one is one-way."""
    error = load(tmp_path, f"{HEAD}      group_id: $.a\n      {second}\n")
    assert "another rule writes the same" in error.message
    assert "one-way: in" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("mapings: {}", "/mapings", "no key `mapings`", "Did you mean 'mappings"),
        ("mappings: {}", "/mappings", "at least one entry", None),
        ("[]", "", "the file takes keys with values", "mappings"),
        ("mappings: {m: {into: Ordr, fields: {a: $.b}}}", "/mappings/m/into", "Ordr", "Order"),
        (
            "mappings: {m: {into: Order, fields: {}}}",
            "/mappings/m/fields",
            "at least one entry",
            None,
        ),
        ("mappings: {m: {into: Order}}", "/mappings/m/fields", "is missing", "Add `fields"),
        (
            "mappings: {m: {into: Order, feilds: {}, fields: {group_id: $.a}}}",
            "/mappings/m/feilds",
            "no key `feilds`",
            "Did you mean 'fields",
        ),
        (
            "mappings: {m: {into: Order, fields: {group_id: $.a}, ignore: [{path: $.b}]}}",
            "/mappings/m/ignore/0/why",
            "`why` is missing",
            "Add `why",
        ),
        (
            "mappings: {m: {into: Order, fields: {group_id: $.a}, ignore: [{path: $..b, why: x}]}}",
            "/mappings/m/ignore/0/path",
            "more than one",
            None,
        ),
        (
            "mappings: {m: {into: Order, fields: {group_id: $.a}, unfilled: [{field: x, why: y}]}}",
            "/mappings/m/unfilled/0/field",
            "no field 'x'",
            None,
        ),
        (
            "mappings: {m: {into: Order, currency: 'a', fields: {group_id: $.a}}}",
            "/mappings/m/currency",
            "not a JSONPath",
            None,
        ),
        (
            "mappings: {m: {into: Order, constants: {a: 1}, fields: {group_id: $.a}}}",
            "/mappings/m/constants/a",
            "not a JSONPath",
            None,
        ),
    ],
)
def test_bad_file_is_located(
    tmp_path: Path, text: str, place: str, message: str, hint: str | None
) -> None:
    """A wrong key or value outside the rules is located just the same."""
    error = load(tmp_path, text)
    assert re.sub(r":1:\d+#", "#", error.location or "") == f"{tmp_path / 'mapping.yaml'}#{place}"
    assert not NOT_OURS.search(str(error))
    assert message in error.message
    assert hint is None or hint in (error.hint or "")


def test_text_that_is_no_yaml(tmp_path: Path) -> None:
    """A syntax error names file, line and column, and says what to close."""
    error = load(tmp_path, "mappings: {m: [\n")
    assert re.search(r"mapping\.yaml:2:1$", error.location or "")
    assert "close every bracket" in (error.hint or "")


def test_a_key_given_twice(tmp_path: Path) -> None:
    """A rule that another of the same name would hide is refused."""
    error = load(tmp_path, f"{HEAD}      group_id: $.a\n      group_id: $.b\n")
    assert "group_id" in error.message


def test_no_file(tmp_path: Path) -> None:
    """A missing file is an error with its path."""
    with pytest.raises(MappingError) as caught:
        load_mappings(tmp_path / "none.yaml", timezone="Europe/Madrid", currency="EUR")
    assert "none.yaml" in (caught.value.location or "")


def test_unknown_time_zone(tmp_path: Path) -> None:
    """A zone that nobody knows is refused before any time is read in it."""
    error = load(tmp_path, f"{HEAD}      group_id: $.a\n", timezone="Europe/Atlantis")
    assert "Europe/Atlantis" in error.message


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    """Values that YAML 1.1 takes for booleans or times are the text that was written."""
    path = tmp_path / "mapping.yaml"
    path.write_text(
        """
mappings:
  m:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.s, enum: {NO: rejected, on: accepted, 12:30: ready}}
"""
    )
    mapping = load_mappings(path, timezone="Europe/Madrid", currency="EUR")["m"]
    for word, status in (("NO", "rejected"), ("on", "accepted"), ("12:30", "ready")):
        assert mapping.translate({"id": "1", "s": word}).value.model_dump()["status"] == status
