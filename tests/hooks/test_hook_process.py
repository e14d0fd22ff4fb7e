"""The code of a partner folder runs apart: bounded, without our secrets, and replaceable."""

from __future__ import annotations

import os
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import HookError
from workbench.hooks import HookProcess


def start(folder: Path, text: str, seconds: float = 5.0) -> HookProcess:
    """The process of a file with this text."""
    path = folder / "hooks.py"
    path.write_text(text, "utf-8")
    return HookProcess(path, seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        -1.5,
        "ñ\n\u2028\0",
        "\ud800",
        Decimal("9.950"),
        b"\x00\xff",
        [],
        {"a": [{"b": Decimal("0.10")}, None]},
        {"\0decimal": "x", "b": 1},
        "x" * 3_000_000,
    ],
)
def test_values_come_back_as_they_were(tmp_path: Path, value: Any) -> None:
    """Exact amounts, bytes and odd texts survive the way there and back."""
    assert start(tmp_path, "def same(value): return value").call("same", value) == value


def test_argument_stays_as_it_is(tmp_path: Path) -> None:
    """A hook changes a copy."""
    payload = {"a": [1]}
    hooks = start(tmp_path, "def change(value):\n    value['a'].append(2)\n    return value")
    assert hooks.call("change", payload) == {"a": [1, 2]}
    assert payload == {"a": [1]}


def test_no_secret_of_ours_is_in_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment with all credentials, nor the home with its files, is inherited."""
    monkeypatch.setenv("WORKBENCH_TAVOLA__SANDBOX__CLIENT_SECRET", "canary-of-another")
    monkeypatch.setenv("WORKBENCH_SIGNING_KEY", "canary-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://canary:canary@proxy.example")
    text = (
        "import os, sys, pathlib\n"
        "def tell(value):\n"
        "    return [dict(os.environ), os.path.expanduser('~'), sys.argv,\n"
        "            sorted(name for name in sys.modules if name.startswith('workbench'))]"
    )
    told = start(tmp_path, text).call("tell", None)
    assert "canary" not in str(told)
    assert told[0].keys() <= {
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "HOME",
        "PYTHONUSERBASE", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
    }  # fmt: skip
    assert told[1] == os.devnull
    assert told[3] == []


def test_memory_of_the_caller_is_not_shared(tmp_path: Path) -> None:
    """What a hook patches is patched in its own process alone."""
    start(tmp_path, "import os\nos.sep = '!'\ndef f(v): return v").call("f", 1)
    assert os.sep == "/"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("while True: pass", "did not end within"),
        ("__import__('time').sleep(60)", "did not end within"),
        ("__import__('os')._exit(0)", "ended its process"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "ended its process"),
        ("return 'x' * 70_000_000", r"broke off|did not end"),
        ("raise SystemExit(1)", "raised SystemExit"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("raise ValueError('why')", r"raised ValueError: why"),
        ("return {1, 2}", "raised TypeError"),
        ("return open", "raised TypeError"),
        ("x = []; x.append(x); return x", "raised ValueError"),
        ("return bad(value)", "raised RecursionError"),
        ("__import__('os').write(1, b'forged\\n'); return 1", None),
        ("print('noise'); return 1", None),
    ],
)
def test_bad_hook_spoils_its_call_alone(tmp_path: Path, body: str, message: str | None) -> None:
    """Whatever one hook does, the answer is an error or its value, and the next call works."""
    text = f"def bad(value):\n    {body}\n\ndef good(value):\n    return [value]\n"
    hooks = start(tmp_path, text, seconds=1.5)
    if message is None:
        assert hooks.call("bad", 0) == 1
    else:
        with pytest.raises(HookError, match=message) as caught:
            hooks.call("bad", 0)
        assert str(tmp_path / "hooks.py") in (caught.value.location or "")
    assert hooks.call("good", 2) == [2]


def test_secret_in_what_a_hook_raises_is_not_told(tmp_path: Path) -> None:
    """Of a hook that has credentials, only the kind of error is told."""
    hooks = start(tmp_path, "def auth(key): raise ValueError(key)")
    with pytest.raises(HookError) as caught:
        hooks.call("auth", "canary", is_secret=True)
    assert "canary" not in str(caught.value)


def test_file_that_hangs_while_it_loads_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading has a limit too."""
    monkeypatch.setattr("workbench.hooks.hook_process.LOAD_SECONDS", 1.0)
    with pytest.raises(HookError, match="did not end within 1 s"):
        start(tmp_path, "while True: pass")


@pytest.mark.parametrize("text", ["raise SystemExit", "import os; os._exit(3)", "1/0", "def x(:"])
def test_file_that_does_not_run_is_told(tmp_path: Path, text: str) -> None:
    """With what it was, and that code of the folder ran."""
    with pytest.raises(HookError, match=r"does not run|ended its process"):
        start(tmp_path, text)


def test_threads_share_one_process(tmp_path: Path) -> None:
    """Calls of several threads do not mix their answers."""
    hooks = start(tmp_path, "def same(value): return value")
    found: list[bool] = []

    def ask(number: int) -> None:
        found.extend(hooks.call("same", [number, n]) == [number, n] for n in range(30))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 180


def test_process_ends_with_its_owner(tmp_path: Path) -> None:
    """No process is left when the hooks are forgotten."""
    hooks = start(tmp_path, "import os\ndef who(value): return os.getpid()")
    number = hooks.call("who", None)
    hooks.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert hooks.call("who", None) != number
    hooks.close()
