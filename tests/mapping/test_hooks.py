from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import HookError, TranslationError
from workbench.mapping import Translator, load_mappings, translate_one

MAPPING = """
mappings:
  order-status:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.s, enum: {NEW: placed, OK: accepted}}
"""
GOOD = '''
from os.path import join as read_elsewhere


def read_order_status(payload):
    """Their envelope holds the id in a composite key."""
    payload["id"] = payload.pop("key").split(":")[1]
    return payload


def write_order_status(payload):
    return {"key": "r1:" + payload["id"], "s": payload["s"]}


def sign(request, secret):
    return request
'''


def load(tmp_path: Path, hooks: str) -> Translator:
    """The mapping with some hooks beside it."""
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "hooks.py").write_text(hooks, encoding="utf-8")
    found = load_mappings(tmp_path / "mapping.yaml", timezone="Europe/Madrid", currency="EUR")
    return found["order-status"]


def test_hooks_say_what_yaml_cannot(tmp_path: Path) -> None:
    """A payload is changed before it is read and after it is written; the source stays as it is."""
    mapping = load(tmp_path, GOOD)
    payload = {"key": "r1:o7", "s": "NEW"}
    result = mapping.translate(payload)
    assert result.value.model_dump(exclude_unset=True) == {"order_id": "o7", "status": "placed"}
    assert payload == {"key": "r1:o7", "s": "NEW"}
    assert mapping.untranslate(result.value).payload == payload
    assert result.coverage.unread == ()
    assert not list(tmp_path.glob("__pycache__"))


@pytest.mark.parametrize(
    ("hooks", "line", "message", "hint"),
    [
        ("def read_order_status(): pass", ":1", "wrong signature", "(payload)"),
        ("\ndef read_order_status(a, b): pass", ":2", "(a, b) has a wrong", "(payload)"),
        ("def read_order_status(*a): pass", ":1", "wrong signature", "(payload)"),
        ("async def read_order_status(a): pass", ":1", "async read_order_status", "(payload)"),
        (
            "def read_order_state(a): pass",
            ":1",
            "no mapping for",
            "Did you mean 'read_order_status",
        ),
        ("\n\ndef x(:", ":3", "SyntaxError", ""),
        ("import nothing_of_that_name", "", "ModuleNotFoundError", ""),
    ],
)
def test_wrong_hook_is_located(
    tmp_path: Path, hooks: str, line: str, message: str, hint: str
) -> None:
    """A file that does not run, or a hook that cannot be called, is found when loading."""
    with pytest.raises(HookError) as caught:
        load(tmp_path, hooks)
    assert caught.value.location == f"{tmp_path / 'hooks.py'}{line}"
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_raising_hook_is_located(tmp_path: Path) -> None:
    """What a hook raises is a HookError with its line; in a batch it is one failure."""
    mapping = load(tmp_path, GOOD)
    with pytest.raises(HookError, match="read_order_status raised KeyError: 'key'") as caught:
        mapping.translate({})
    assert caught.value.location == f"{tmp_path / 'hooks.py'}:7"
    results: list[Any] = [translate_one(mapping, body) for body in ({}, {"key": "a:b", "s": "OK"})]
    assert isinstance(results[0], TranslationError)
    assert "KeyError" in results[0].message
    assert results[1].value.order_id == "b"
