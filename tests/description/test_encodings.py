"""Encodings, line ends, tabs and numbers: every document is read as what its author wrote."""

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.description.guard import read_bytes
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription

TEXT = (
    "openapi: 3.0.3\n"
    "info:\n"
    "  title: Caf\u00e9 men\u00fa\n"
    "  version: '1'\n"
    "paths:\n"
    "  /orders:\n"
    "    get: {summary: Todos los pedidos \u2013 d\u00eda, responses: {}}\n"
)
RAW = {
    "utf-8": TEXT.encode(),
    "utf-8 with mark": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16 with mark, little": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16 with mark, big": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-16 without mark, little": TEXT.encode("utf-16-le"),
    "utf-16 without mark, big": TEXT.encode("utf-16-be"),
    "utf-32 with mark": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "western, detected": TEXT.encode("cp1252"),
    "western, declared": b"# coding: iso-8859-15\n"
    + TEXT.replace("\u2013", "-").encode("iso-8859-15"),
    "lines of Windows": TEXT.replace("\n", "\r\n").encode(),
    "lines of old Macs": TEXT.replace("\n", "\r").encode(),
    "tabs": TEXT.replace("  ", "\t").encode(),
    "tabs and spaces": TEXT.replace("    get", "\t  get").encode(),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_document_is_read_in_its_encoding(kind: str, tmp_path: Path) -> None:
    """Title and operation are the same, however the file was saved."""
    path = tmp_path / "api.yaml"
    path.write_bytes(RAW[kind])
    description = describe([path])
    assert description.documents[0].title == "Caf\u00e9 men\u00fa"
    assert [item.id for item in description.operations] == ["GET /orders"]
    assert description.operations[0].summary.startswith("Todos los pedidos")
    slugs = {item.slug for item in description.warnings}
    assert ("tabs" in slugs) is kind.startswith("tabs")
    assert ("encoding" in slugs) is kind.startswith("western")


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xfe\x00", bytes(range(128, 256)) * 40, b"PK\x03\x04\x14\x00\xe9\x81", b"\x81\x8d"],
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    """Half a character, noise and archives are no text of any encoding."""
    with pytest.raises(DescriptionError):
        read_bytes(raw, "api.yaml")


NUMBERS = {
    "18446744073709551616": 2**64,
    "-9223372036854775809": -(2**63) - 1,
    "123456789012345678901234567890": 123456789012345678901234567890,
    "9007199254740993": 9007199254740993,
    "1e3": 1000.0,
    "1e400": 10**400,
    "-25e399": -25 * 10**399,
    "0.5": 0.5,
}


@pytest.mark.parametrize("written", NUMBERS)
@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_numbers_of_any_size_stay_numbers(written: str, name: str) -> None:
    """No integer is rounded, and none becomes text."""
    text = (
        f'{{"a": [{written}], "b": {written}}}'
        if name == "a.json"
        else f"a: [{written}]\nb: {written}"
    )
    data = read_bytes(text.encode(), name).data
    assert data == {"a": [NUMBERS[written]], "b": NUMBERS[written]}
    assert type(data["b"]) is type(NUMBERS[written])


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_a_number_that_nobody_means_stays_text(name: str) -> None:
    """A million digits cost no time: they are kept as they are written."""
    digits = "9" * 1_000_000
    text = f'{{"a": {digits}}}' if name == "a.json" else f"a: {digits}"
    assert read_bytes(text.encode(), name).data == {"a": digits}


def test_a_bundle_with_a_long_bound_is_whole(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Bounds beyond sixty-four bits reach the model as numbers, and the bundle has its hash."""
    content = (
        '{"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a": {"get": '
        '{"parameters": [{"name": "n", "in": "query", "schema": {"type": "integer", "maximum": '
        '340282366920938463463374607431768211456, "default": 18446744073709551617}}], '
        '"responses": {"200": {"description": "ok"}}}}}}'
    )
    description = read(content)
    (parameter,) = description.operations[0].parameters
    assert parameter.schema_["maximum"] == 2**128
    assert parameter.schema_["default"] == 2**64 + 1
    assert len(description.documents[0].bundle_sha256) == 64
