"""What a person reads who made a mistake in `partner.yaml`: place, key, and the way on."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from workbench.description import find_position, load_text
from workbench.errors import InputError
from workbench.mapping import MappingFile
from workbench.model import find_models, list_keys, tell_faults
from workbench.model.faults import Takes
from workbench.partners import Manifest, load_partner
from workbench.settings import Settings

# Words of the libraries beneath, which tell a person who writes YAML nothing.
_NOT_OURS = re.compile(r"Input should|TOKEN_|\btuple\b|\bdict|\bvalid \w+|NoneType|\bstr\b|\bint\b")
_WRONG = (None, 5, "word", ["a"], {"a": 1}, True, [], "", 3.5)


def _steps(data: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if above:
        yield above
    if not isinstance(data, dict | list):
        return
    pairs = data.items() if isinstance(data, dict) else enumerate(data[:2])
    for step, value in pairs:
        yield from _steps(value, (*above, step))


def _replaced(data: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(data)
    holder = changed
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
    return changed


@pytest.mark.parametrize("slug", ["tavola", "mesa"])
@pytest.mark.parametrize(
    ("name", "model"), [("partner.yaml", Manifest), ("mapping.yaml", MappingFile)]
)
def test_whatever_stands_at_a_key_is_told_in_plain_words(
    root: Path, slug: str, name: str, model: Any
) -> None:
    """Each kind of key with each kind of wrong value: our words, a hint, a line and a column."""
    data = load_text((root / "contracts" / slug / name).read_text("utf-8"), name)
    shapes = {(len(steps), steps[0], str(steps[-1])): steps for steps in _steps(data)}
    told = 0
    for number, steps in enumerate(shapes.values()):
        value = _WRONG[number % len(_WRONG)]
        wrong = _replaced(data, steps, value)
        try:
            model.model_validate(wrong)
        except ValidationError as error:
            fault = tell_faults(error, model, wrong)[0]
            told += 1
            assert fault.message, steps
            assert fault.hint, (steps, value, fault.message)
            assert not _NOT_OURS.search(f"{fault.message} {fault.hint}"), fault
            assert fault.steps[: len(steps)] == steps or fault.steps == steps[:-1], fault
    assert told > 30


@pytest.mark.parametrize(
    ("before", "after", "place", "words"),
    [
        ("base_url:", "base_ulr:", r":\d+:5#/environments/sandbox/base_ulr$", "'base_url'"),
        ("timezone: .*", "timezone: Madrid", r":\d+:1#/timezone$", "'Europe/Madrid'"),
        ("kind: .*", "kind: [other]", r"#/kind$", "without brackets"),
        ("kind: .*", "kind: a\\nkind: other", r"#/kind$", "repeated on line 4"),
        ("  sandbox:", "  staging:", r":\d+:3#/environments/staging$", "no name `staging`"),
        ("features:", "features:\\nfoo: bar", r"partner.yaml:\d+:\d+$", "Indent"),
        ("mapping: reservation\n", "mapping: reservaton\n", r"/mapping$", "'reservation'"),
        ("path: .*", "path: gone.json", r":\d+:\d+#/documents/0/path$", "gone.json"),
        (r"json: \$\.\w+", "json: event", r"/match/json$", "write `$.event`"),
    ],
)
def test_a_slip_names_its_line_and_the_way_on(
    root: Path, tmp_path: Path, before: str, after: str, place: str, words: str
) -> None:
    """The slips that people make, in a folder on disk, each with its line, column and remedy."""
    folder = tmp_path / "contracts" / "mesa"
    shutil.copytree(root / "contracts" / "mesa", folder)
    text = (folder / "partner.yaml").read_text("utf-8")
    changed = re.sub(before, after, text, count=1)
    assert changed != text
    (folder / "partner.yaml").write_text(changed, "utf-8")
    with pytest.raises(InputError) as caught:
        load_partner("mesa", Settings(root=tmp_path), run_hooks=False)
    assert re.search(place, caught.value.location or ""), caught.value
    assert words in str(caught.value)
    assert caught.value.hint


def test_a_pattern_has_words_for_what_it_takes() -> None:
    """No field is checked by a pattern alone, which nobody could read."""
    seen: set[Any] = set()
    waiting: list[Any] = [Manifest, MappingFile]
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for key, field in list_keys(model).items():
            has_pattern = any(getattr(one, "pattern", None) for one in field.metadata)
            words = [one for one in field.metadata if isinstance(one, Takes)]
            assert words or not has_pattern, f"{model.__name__}.{key}"
            waiting += find_models(field.annotation)


def test_positions_count_from_one_and_fall_back_to_what_is_there() -> None:
    """Keys, items of lists, what is missing, and text that is none."""
    text = "a:\n  - b: 1\n  - c\nd: {e: 2}\n"
    assert yaml.safe_load(text)
    assert find_position(text, ("a", 1)) == (3, 5)
    assert find_position(text, ("a", "0", "b")) == (2, 5)
    assert find_position(text, ("d", "e")) == (4, 5)
    assert find_position(text, ("d", "missing")) == (4, 1)
    assert find_position("", ("d",)) == (1, 1)
    assert find_position("a:\n\tb: 1\n", ("a",)) == (2, 1)
