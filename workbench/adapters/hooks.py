"""`hooks.py` of a partner folder: the login of partners whose rule needs an `if`.

def auth(method: str, url: str, body: bytes, credentials: dict[str, str]) -> dict[str, str]:
    '''Headers that this request must carry.'''
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from pydantic import SecretStr

from workbench.adapters.auth import AuthHeaders, Fetch, Outgoing
from workbench.errors import HookError

Sign = Callable[[str, str, bytes, dict[str, str]], object]


class HookLogin:
    """Asks the partner folder's own function for the headers of each request."""

    def __init__(
        self, sign: Sign, credentials: Mapping[str, SecretStr], *, location: str = "hooks.py"
    ) -> None:
        self._sign = sign
        self._credentials = credentials
        self._location = location

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """The headers that the hook returns.

        Raises:
            HookError: The hook raised, or returned something other than text by name.
        """
        values = {name: item.get_secret_value() for name, item in self._credentials.items()}
        try:
            headers = self._sign(outgoing.method, outgoing.url, outgoing.body, values)
        except Exception as error:  # noqa: BLE001 - foreign code may raise anything
            # The hook's own exception may hold a credential, so only its kind is told.
            raise HookError(
                f"The hook auth() raised {type(error).__name__}", location=self._location
            ) from None
        if not isinstance(headers, dict) or not all(
            isinstance(part, str) for pair in headers.items() for part in pair
        ):
            raise HookError(
                "The hook auth() must return a dict of header name and text",
                location=self._location,
            )
        return AuthHeaders(headers={name: SecretStr(value) for name, value in headers.items()})

    def renew(self, refused: AuthHeaders) -> bool:  # noqa: ARG002 - of the protocol
        """False: the hook has no state that could be renewed."""
        return False

    def preview(self) -> AuthHeaders:
        """Nothing: what the hook would add is not known before it is asked."""
        return AuthHeaders()


def open_hook(path: Path, credentials: Mapping[str, SecretStr]) -> HookLogin:
    """Load `auth` from a `hooks.py`.

    Raises:
        HookError: There is no such file, it cannot be run, or it has no `auth`.
    """
    location = f"{path.parent.name}/{path.name}"
    sign = getattr(_load(path, location), "auth", None)
    if not callable(sign):
        raise HookError(
            "hooks.py has no function auth",
            location=location,
            hint="Write auth(method, url, body, credentials) that returns the headers.",
        )
    return HookLogin(sign, credentials, location=location)


def _load(path: Path, location: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"hooks_{path.parent.name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise HookError(
            "partner.yaml says that logging in is a hook, but there is no hooks.py",
            location=location,
            hint="Write hooks.py beside partner.yaml, or change auth.scheme.",
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise HookError(f"hooks.py cannot be run: {error}", location=location) from error
    return module
