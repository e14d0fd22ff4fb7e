"""`hooks.py` of a partner folder: the login of partners whose rule needs an `if`.

def auth(method: str, url: str, body: bytes, credentials: dict[str, str]) -> dict[str, str]:
    '''Headers that this request must carry.'''
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from workbench.adapters.proof import AuthHeaders, Fetch, Outgoing
from workbench.errors import HookError
from workbench.hooks import HookProcess

_AUTH = "auth"


class HookLogin:
    """Asks the partner folder's own function for the headers of each request.

    It runs in a process of its own, which knows the credentials of this partner and no others.
    """

    def __init__(self, process: HookProcess, credentials: Mapping[str, SecretStr]) -> None:
        self._process, self._credentials = process, credentials

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """The headers that the hook returns.

        Raises:
            HookError: The hook raised, or returned something other than text by name.
        """
        values = {name: item.get_secret_value() for name, item in self._credentials.items()}
        asked = (outgoing.method, outgoing.url, outgoing.body, values)
        # What the hook raises may hold a credential, so only its kind is told.
        headers = self._process.call(_AUTH, *asked, is_secret=True)
        if not isinstance(headers, dict) or not all(
            isinstance(part, str) for pair in headers.items() for part in pair
        ):
            raise HookError(
                "The hook auth() must return a dict of header name and text",
                location=str(self._process.path),
            )
        return AuthHeaders(headers={name: SecretStr(value) for name, value in headers.items()})

    def renew(self, refused: AuthHeaders) -> bool:  # noqa: ARG002 - of the protocol
        """False: the hook has no state that could be renewed."""
        return False

    def preview(self) -> AuthHeaders:
        """Nothing: what the hook would add is not known before it is asked."""
        return AuthHeaders()


def open_hook(path: Path, credentials: Mapping[str, SecretStr]) -> HookLogin:
    """Load `auth` from a `hooks.py`, in a process of its own.

    Raises:
        HookError: There is no such file, it cannot be run, or it has no `auth`.
    """
    if not path.is_file():
        raise HookError(
            "partner.yaml says that logging in is a hook, but there is no hooks.py",
            location=f"{path.parent.name}/{path.name}",
            hint="Write hooks.py beside partner.yaml, or change auth.scheme.",
        )
    process = HookProcess(path)
    if _AUTH not in process.functions:
        process.close()
        raise HookError(
            "hooks.py has no function auth",
            location=f"{path.parent.name}/{path.name}",
            hint="Write auth(method, url, body, credentials) that returns the headers.",
        )
    return HookLogin(process, credentials)
