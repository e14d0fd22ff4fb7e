"""Commands that are shown can be pasted: a shell makes of them what we sent, login and all."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import Any

import pytest
from pydantic import SecretStr

from workbench.adapters.auth import open_login
from workbench.adapters.recorder import show_request
from workbench.adapters.request_message import PreparedRequest
from workbench.partners.manifest import Auth
from workbench.secrecy import Redactor

VALUES = {"api_key": "k$1`x`", "token": "t-123456", "username": "ana", "password": "p'w\"d9"}
BASIC = base64.b64encode(b"ana:p'w\"d9").decode()


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ({"scheme": "api-key", "header": "X-Clave"}, "X-Clave: k$1`x`"),
        ({"scheme": "api-key", "header": "X-Clave", "prefix": "$a "}, "X-Clave: $a k$1`x`"),
        ({"scheme": "api-key", "query": "clave"}, "http://127.0.0.1:1/a?b=c&clave=k$1`x`"),
        ({"scheme": "bearer"}, "Authorization: Bearer t-123456"),
        ({"scheme": "basic"}, f"Authorization: Basic {BASIC}"),
        ({"scheme": "headers", "headers": {"X-One": "token"}}, "X-One: t-123456"),
    ],
)
def test_a_pasted_command_sends_the_login(stated: dict[str, Any], wanted: str) -> None:
    """Variables become the values, whatever signs stand in them; the text itself has none."""
    credentials = {name: SecretStr(value) for name, value in VALUES.items()}
    variables = {name: f"WORKBENCH_X__SANDBOX__{name.upper()}" for name in VALUES}
    login = open_login(Auth.model_validate(stated), credentials, variables=variables).preview()
    call = PreparedRequest("POST", "http://127.0.0.1:1/a?b=c", {"Accept": "x"}, b'{"d": "it\'s"}')
    shown = show_request(call, login, Redactor([*VALUES.values(), *login.secrets()])).curl
    assert not [value for value in VALUES.values() if value in shown]
    done = subprocess.run(
        ["bash", "-c", f'curl() {{ printf "%s\\n" "$@"; }}\n{shown}'],
        env={**os.environ, **{variables[name]: value for name, value in VALUES.items()}},
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split("\n")
    assert wanted in words
    assert '{"d": "it\'s"}' in words
