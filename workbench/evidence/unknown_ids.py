"""Ids that nothing has, of the form that the document gives them.

A service that is asked for something impossible refuses the form; asked for something possible
that is not there, it has to say so.
"""

from __future__ import annotations

import re
import uuid
import zlib
from functools import cache

from workbench.evidence.bodies import Maker
from workbench.model import Operation, Parameter, SchemaReader
from workbench.partners import Partner

_PLAIN = "workbench-unknown-0"
_LONG_AGO = {"date": "1970-01-02", "date-time": "1970-01-02T00:00:00Z"}
_IN_BRACES = re.compile(r"{([^{}]+)}")


def unknown_path(partner: Partner, environment: str, operation: Operation) -> dict[str, str]:
    """The last path parameter of something that does not exist, of the documented form.

    Empty where there is no parameter, or where the document lists its values: those may all exist.
    """
    names = _IN_BRACES.findall(operation.path)
    last = next((item for item in operation.parameters if names and item.name == names[-1]), None)
    value = _unknown(partner, environment, operation, last) if last else ""
    return {last.name: value} if last and value else {}


def _unknown(partner: Partner, environment: str, operation: Operation, parameter: Parameter) -> str:
    schema = SchemaReader.of(partner.description, operation.document).first(parameter.schema_)
    if {"enum", "const"} & set(schema):
        return ""
    if schema.get("type") in {"integer", "number"}:
        return str(schema.get("maximum", 2**31 - 1))
    if schema.get("format") in _LONG_AGO:
        return _LONG_AGO[schema["format"]]
    unlikely = _unlikely(str(schema["pattern"])) if "pattern" in schema else ""
    if unlikely:
        return unlikely
    if {"pattern", "format"} & set(schema):
        bare = {key: value for key, value in schema.items() if key not in {"example", "examples"}}
        maker = Maker(partner, environment, operation.document)
        return str(maker.make(bare))
    return _PLAIN[: schema.get("maxLength", len(_PLAIN))]


@cache
def _unlikely(pattern: str) -> str:
    """A text that a pattern allows, not the plainest one, which might well exist; empty if none."""
    # Only here, because it takes a while to import.
    from hypothesis import HealthCheck, find, settings  # noqa: PLC0415
    from hypothesis.errors import HypothesisException  # noqa: PLC0415
    from hypothesis.strategies import characters, from_regex  # noqa: PLC0415

    quiet = settings(
        database=None,
        derandomize=True,
        max_examples=1000,
        suppress_health_check=list(HealthCheck),
    )
    try:
        fits = from_regex(pattern, alphabet=characters(codec="ascii", exclude_categories=["C"]))
        fits = fits.filter(lambda text: text.strip() == text)
        return find(fits, lambda text: zlib.crc32(text.encode()) % 11 == 7, settings=quiet)
    except (HypothesisException, re.error):
        return ""


def unknown_id(partner: Partner, environment: str, operation: Operation, like: str = "") -> str:
    """An id of what an operation reads that nothing has.

    Args:
        partner: Whose documents tell the form.
        environment: Whose test account it is.
        operation: What is asked.
        like: An id that exists; where the document says nothing of the form, its form is taken.
    """
    made = next(iter(unknown_path(partner, environment, operation).values()), _PLAIN)
    return fresh_id(like) if made == _PLAIN and like else made


def fresh_id(like: str) -> str:
    """An id of the same kind that nothing has: a number, a UUID, or a text with its prefix."""
    if like.isdecimal():
        return str(10 ** max(len(like), 6) + uuid.uuid4().int % 10**6)
    try:
        uuid.UUID(like)
    except ValueError:
        mark = next((sign for sign in like if sign in "_-"), "")
        start = like.partition(mark)[0] + mark if mark else ""
        return f"{start}{uuid.uuid4().hex[:8]}"
    return str(uuid.uuid4())
