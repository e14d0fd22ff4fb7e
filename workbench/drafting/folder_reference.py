"""Writes `contracts/reference.md`: every key of a partner folder, from the models that read it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from workbench.mapping import CONVERTERS, MappingFile
from workbench.model import describe_field, find_models, list_keys, show_json
from workbench.partners import Manifest

_HEAD = """# Reference

Every key of `partner.yaml` and `mapping.yaml`, made from the models that read them by
`poe reference`; a test holds the two together. `README.md` beside it is the guide.
"""
_RULE = {
    "from": "JSONPath (RFC 9535) of the one value.",
    "each": "JSONPath of a list; `fields` or `use` say what each item is, `as` what each text is.",
    "join": "Several JSONPaths that make one value: joined with spaces, or as `as` takes them.",
    "split": "How a `join` goes back: at the `first` or `last` space.",
    "value": "A constant of ours, where the partner says nothing.",
    "to": "Where a constant goes out, as JSONPath.",
    "as": "The converter; its options stand beside it.",
    "enum": "Their word → ours.",
    "unknown": "A word that `enum` does not have: `keep` it as it is, or `error`.",
    "back": "Our word → theirs, where several of theirs mean one of ours.",
    "default": "Ours where theirs is absent; `workbench map` names what was assumed.",
    "none": "Their word for nothing.",
    "less": "What their price contains: `each`, `price`, `quantity` of the extras.",
    "nulls": "Whether what we do not have is written as null.",
    "fields": "Rules of the object, or of each item of the list.",
    "use": "Another mapping of the file, by name.",
    "case": "JSONPath of the word that decides between the branches of `when`.",
    "when": "That word → `fields` or `use`.",
    "key": "Of an object with keys instead of a list: the field that a key is, and how.",
    "inner": "A list in each item, or several, one below the other.",
    "group": "Fields by which flat rows are gathered into one.",
    "overnight": "`split`: hours past midnight are two rows of theirs.",
    "closed": "What a day without openings is in a keyed week: null, or `omit`.",
    "one-way": "`in`: only read. `out`: only written.",
}
_HOOKS = """## hooks.py

What no key says; the last resort. Each function runs in a process of its own, 5 s at the most.

| function | does |
|---|---|
| `auth(method, url, body, credentials)` | returns the headers of a request (`scheme: hook`) |
| `read_<mapping>(payload)` | changes a payload before the mapping reads it |
| `write_<mapping>(payload)` | changes a payload after the mapping wrote it |
"""
_FILE = {
    "mappings": "Name → mapping.",
}
# Options and a value of theirs, for each converter; what becomes of it is computed.
EXAMPLES: dict[str, tuple[dict[str, Any], Any]] = {
    "string": ({}, 17),
    "integer": ({}, "17"),
    "number": ({}, "1.5"),
    "boolean": ({"true": "Y", "false": "N"}, "Y"),
    "minor": ({}, 1250),
    "decimal": ({"style": "string", "separator": ","}, "12,50"),
    "amount-currency": ({}, "12.50 EUR"),
    "money-object": ({"amount": "value", "unit": "minor"}, {"value": 1250, "currency": "EUR"}),
    "percent": ({}, 10),
    "fraction": ({}, 0.1),
    "basis-points": ({}, 1000),
    "instant": ({}, "2026-11-30T20:15:00+01:00"),
    "local-datetime": ({"format": "%d/%m/%Y %H:%M"}, "30/11/2026 20:15"),
    "zoned-datetime": ({}, "2026-11-30T20:15:00 Europe/Madrid"),
    "epoch-s": ({}, 1796066100),
    "epoch-ms": ({}, 1796066100000),
    "from-now": ({}, 20),
    "date": ({"format": "%d.%m.%Y"}, "30.11.2026"),
    "time": ({}, "20:15"),
    "weekday": ({"first": "sunday-0"}, 0),
    "minutes": ({}, 25),
    "phone": ({"prefix": "+34", "style": "national"}, "910000001"),
    "coordinates": ({"form": "text", "order": "lat-lng"}, "40.4,-3.7"),
    "list": ({"separator": ";"}, "a;b"),
}
_ZONE = ZoneInfo("Europe/Madrid")


def write_reference() -> str:
    """The whole file."""
    lines = [_HEAD, "## partner.yaml", ""]
    seen: set[type[BaseModel]] = set()
    lines += _models(Manifest, "the top", seen)
    lines += ["## mapping.yaml", "", *_models(MappingFile, "the top", seen)]
    lines += ["## Converters", "", "`as` in a rule; the restaurant is in Madrid here.", ""]
    lines += [
        "| converter | options | theirs → ours |",
        "|---|---|---|",
        *_converters(),
        "",
        _HOOKS,
    ]
    return "\n".join(lines).rstrip() + "\n"


def _models(model: type[BaseModel], name: str, seen: set[type[BaseModel]]) -> Iterator[str]:
    """The table of a model, and those of the models in it."""
    if model in seen:
        return
    seen.add(model)
    doc = inspect.getdoc(model) or ""
    said = {"Rule": _RULE, "MappingFile": _FILE}.get(model.__name__) or _attributes(doc)
    body = re.split(r"\n(?:Attributes|Raises):", doc)[0].strip()
    yield from (f"### {model.__name__} · {name}", "", body, "")
    yield from ("| key | takes | default | says |", "|---|---|---|---|")
    below: list[tuple[type[BaseModel], str]] = []
    model.model_rebuild()  # a model that holds itself is known by name only until then
    for key, field in list_keys(model).items():
        takes = describe_field(field)
        default = (
            "needed"
            if field.is_required()
            else _default(field.get_default(call_default_factory=True))
        )
        says = said.get(key, "")
        yield f"| `{key}` | {takes} | {default} | {_cell(says)} |"
        below += [(item, f"`{key}`") for item in find_models(field.annotation)]
    yield ""
    for item, where in below:
        yield from _models(item, where, seen)


def _attributes(doc: str) -> dict[str, str]:
    """Field → sentence, of the section `Attributes` of a docstring."""
    _, _, text = doc.partition("Attributes:\n")
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        named = re.match(r"    (\w+): (.*)", line)
        if named:
            last = named[1]
            found[last] = named[2]
        elif last and line.startswith("     "):
            found[last] += f" {line.strip()}"
        else:
            last = ""
    return found


def _converters() -> Iterator[str]:
    for name, converter in CONVERTERS.items():
        options, theirs = EXAMPLES[name]
        codec = converter.build(converter.options.model_validate(options), converter.fits[0], _ZONE)
        ours: Any
        if converter.is_lossy:
            ours = f"{theirs} minutes after it is read"
        else:
            ours = codec.read(theirs, "EUR") if codec.is_money else codec.read(theirs)
        known = ", ".join(f"`{option}`" for option in converter.options.model_fields) or "none"
        shown = f"`{show_json(theirs)}`"
        given = f" with `{show_json(options)}`" if options else ""
        yield f"| `{name}` | {known} | {_cell(shown + given)} → {_cell(f'`{_plain(ours)}`')} |"


def _plain(value: Any) -> str:
    return str(value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value)


def _default(value: Any) -> str:
    if value in (None, "", (), {}):
        return ""
    if isinstance(value, BaseModel):
        return "its own"
    return f"`{show_json(list(value) if isinstance(value, tuple) else value)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the file of this checkout."""
    target = Path(__file__).parents[2] / "contracts" / "reference.md"
    target.write_text(write_reference(), "utf-8")


if __name__ == "__main__":
    main()
