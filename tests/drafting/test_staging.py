"""Documents on their way into a partner folder."""

import hashlib
from pathlib import Path

import openpyxl

from workbench.drafting.staging import stage_documents

KEY = "5f4e3d2c1b0a99887766"


def save(path: Path, rows: list[list[str]]) -> Path:
    """An Excel file of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_with_a_key_enters_as_its_text(tmp_path: Path) -> None:
    """The folder gets the calls and the hash of the original, and never the key."""
    rows = [["Method", "Path", "Description"], ["GET", "/tables/{id}", "Read a table"]]
    path = save(tmp_path / "api.xlsx", [*rows, ["API key", KEY, "of the test account"]])
    (tmp_path / "room").mkdir()
    staged = stage_documents([path], tmp_path / "room")
    (copy,) = staged.paths
    assert copy.name == "api.xlsx.html"
    assert [item.id for item in staged.description.operations] == ["GET /tables/{id}"]
    assert staged.originals[copy] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert staged.replaced[copy] == {"API key": 1}
    assert KEY.encode() not in b"".join(
        file.read_bytes() for file in (tmp_path / "room").rglob("*.*")
    )


def test_a_workbook_without_secrets_enters_as_it_is(tmp_path: Path) -> None:
    """Nothing found, nothing changed: the copy is the partner's file, byte for byte."""
    rows = [["Method", "Path", "Description"], ["GET", "/tables/{id}", "Read a table"]]
    path = save(tmp_path / "api.xlsx", rows)
    (tmp_path / "room").mkdir()
    staged = stage_documents([path], tmp_path / "room")
    assert [copy.read_bytes() for copy in staged.paths] == [path.read_bytes()]
    assert not staged.replaced
