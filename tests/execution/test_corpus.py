from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.errors import InputError, TranslationError
from workbench.execution.corpus import (
    CorpusTally,
    Recipe,
    map_corpus,
    map_on_dask,
    map_portion,
    summarise,
)
from workbench.execution.portions import split_corpus
from workbench.mapping import translate_one

Payload = dict[str, Any]

MAPPING = """
mappings:
  status:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.state, enum: {NEW: placed, OK: accepted}, unknown: error}
      at: {from: $.at, as: epoch-s}
      reason: $.why
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """The mapping of a status, as other processes can load it."""
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return Recipe(str(path), "status", "Europe/Madrid", "EUR")


def make(number: int) -> Payload:
    """One payload of many; every fifth has an unknown state, every seventh no id."""
    payload: Payload = {
        "id": f"o-{number}",
        "state": "OK",
        "at": 1795435200 + number,
        "x": {"y": 1},
    }
    if number % 5 == 0:
        payload["state"] = "ODD"
    if number % 7 == 0:
        del payload["id"]
    return payload


def write_lines(path: Path, count: int) -> Path:
    """An NDJSON corpus with a line that is no JSON at its end, and blank lines."""
    lines = [json.dumps(make(number)) for number in range(1, count + 1)]
    path.write_text("\n\n".join(lines) + "\n{oops\n", encoding="utf-8")
    return path


def test_one_bad_payload_does_not_stop_the_batch(recipe: Recipe) -> None:
    """Results come in order, one for each payload, errors among them as values."""
    payloads = [make(1), None, make(5), "text", make(2)]
    mapping = recipe.load()
    results = [translate_one(mapping, payload) for payload in payloads]
    assert [isinstance(result, TranslationError) for result in results] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_lines_become_rows_and_causes(recipe: Recipe, tmp_path: Path) -> None:
    """Good lines are canonical rows with their place; bad ones are counted by cause."""
    path = write_lines(tmp_path / "corpus.ndjson", 70)
    chunks = list(map_corpus(recipe, path, size=20))
    rows = pd.concat([chunk.rows for chunk in chunks], ignore_index=True)
    tally = summarise(chunks)
    assert len(chunks) > 3
    assert (tally.payloads, len(rows)) == (71, 70 - 14 - 10 + 2)
    assert rows.loc[0].to_dict() == {
        "source": f"{path}:1",
        "order_id": "o-1",
        "status": "accepted",
        "at": "2026-11-23T12:00:01Z",
    }
    causes = tally.failures.most_common()
    assert [(field, place, number) for (field, _, place), number in causes] == [
        ("status", "/state", 14 - 2),
        ("order_id", "/id", 10),
        ("", "", 1),
    ]
    assert tally.examples[causes[0][0]] == f"{path}:9"
    assert "not in the table" in causes[0][0][1]
    assert causes[2][0][1].startswith("is not JSON")
    assert set(tally.unread) == {"/x/y"}
    assert ("status", "/state") in tally.provenance


def test_portions_cover_every_line_once(recipe: Recipe, tmp_path: Path) -> None:
    """Whatever the size of a portion, each payload is in one of them, in order."""
    path = write_lines(tmp_path / "corpus.jsonl", 23)
    places = {
        size: [entry.where for part in split_corpus(path, size=size) for entry in part.read()]
        for size in (1, 7, 1000)
    }
    assert places[1] == places[7] == places[1000]
    assert len(places[1]) == len(set(places[1])) == 24


def test_folder_of_files(recipe: Recipe, tmp_path: Path) -> None:
    """A folder is read file by file, subfolders too; one file is a corpus as well."""
    folder = tmp_path / "payloads"
    (folder / "deep").mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / "deep" / f"{number}.json").write_text(json.dumps(make(number)))
    (folder / "bad.json").write_text("{")
    (folder / "note.txt").write_text("not a payload")
    chunks = list(map_corpus(recipe, folder, size=3))
    assert [chunk.tally.payloads for chunk in chunks] == [3, 1]
    assert chunks[1].rows["source"].tolist() == [str(folder / "deep" / "3.json")]
    single = list(map_corpus(recipe, folder / "deep" / "1.json"))
    assert len(single[0].rows) == 1


WEEK = """
mappings:
  hours:
    into: Schedule
    fields:
      ranges:
        each: $.days
        fields:
          day: $.day
          start: {from: $.from, as: time}
          end: {from: $.to, as: time}
"""


def test_indexes_of_one_cause_are_collapsed(tmp_path: Path) -> None:
    """The same fault in other lines is one cause."""
    path = tmp_path / "week.yaml"
    path.write_text(WEEK, encoding="utf-8")
    hours = Recipe(str(path), "hours", "Europe/Madrid", "EUR").load()
    good = {"day": "monday", "from": "10:00", "to": "12:00"}
    tally = CorpusTally()
    for position in range(3):
        days = [{**good, "from": "x"} if at == position else good for at in range(3)]
        error = translate_one(hours, {"days": days})
        assert isinstance(error, TranslationError)
        tally.fail(error, "here")
    (((field, _, place), number),) = tally.failures.items()
    assert (field, place, number) == ("ranges.*.start", "/days/*/from", 3)


@pytest.mark.parametrize("as_text", [True, False], ids=["json-column", "struct-rows"])
def test_parquet(recipe: Recipe, tmp_path: Path, as_text: bool) -> None:
    """A Parquet file holds JSON text in one column, or a payload in each row."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the [parquet] extra")
    pyarrow = pytest.importorskip("pyarrow")
    payloads = [make(number) for number in range(1, 9)]
    rows = [{"payload": json.dumps(item)} for item in payloads] if as_text else payloads
    path = tmp_path / "corpus.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=3)
    chunks = list(map_corpus(recipe, path))
    assert [chunk.tally.payloads for chunk in chunks] == [3, 3, 2]
    assert sum(len(chunk.rows) for chunk in chunks) == 6
    assert chunks[1].rows["source"].tolist()[0] == f"{path}:4"
    with pytest.raises(InputError, match="no column 'nope'"):
        list(map_corpus(recipe, path, column="nope"))


def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow or Dask the error says which extra brings it."""
    path = tmp_path / "corpus.parquet"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs pyarrow.*\[parquet\]"):
        list(split_corpus(path))
    with pytest.raises(InputError, match=r"needs distributed.*\[dask\]"):
        list(map_on_dask(Recipe("m", "m", "UTC", "EUR"), path))


def test_wrong_corpus_or_mapping(recipe: Recipe, tmp_path: Path) -> None:
    """A corpus or mapping that is not there is bad input, with a hint."""
    with pytest.raises(InputError, match="no such corpus"):
        list(map_corpus(recipe, tmp_path / "none"))
    path = write_lines(tmp_path / "c.ndjson", 1)
    wrong = Recipe(recipe.path, "stats", "UTC", "EUR")
    with pytest.raises(InputError, match="Did you mean 'status"):
        list(map_corpus(wrong, path))
    (tmp_path / "c.parquet").write_text("text")
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="no Parquet file"):
        list(split_corpus(tmp_path / "c.parquet"))


def test_edited_mapping_is_compiled_again(recipe: Recipe) -> None:
    """A worker that lives long sees a mapping that was edited."""
    first = recipe.load()
    assert recipe.load() is first
    path = Path(recipe.path)
    path.write_text(MAPPING.replace("$.why", "$.reason"), encoding="utf-8")
    assert recipe.load() is not first


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same(recipe: Recipe, tmp_path: Path) -> None:
    """Local Dask processes give the same rows in the same order, and the same causes."""
    pytest.importorskip("distributed", reason="needs the [dask] extra")
    path = write_lines(tmp_path / "corpus.ndjson", 60)
    here = list(map_corpus(recipe, path, size=15))
    there = list(map_on_dask(recipe, path, size=15))
    assert summarise(here) == summarise(there)
    for one, other in zip(here, there, strict=True):
        pd.testing.assert_frame_equal(one.rows, other.rows)


def test_portion_is_a_unit_of_work(recipe: Recipe, tmp_path: Path) -> None:
    """A portion and a recipe are all that another process needs."""
    path = write_lines(tmp_path / "corpus.ndjson", 5)
    (portion,) = split_corpus(path)
    remote: Callable[..., Any] = pickle.loads(pickle.dumps(map_portion))
    chunk = remote(*pickle.loads(pickle.dumps((recipe, portion))))
    assert chunk.tally.payloads == 6
