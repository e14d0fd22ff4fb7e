"""The errors of the workbench: we could not do our job, and somebody has to act.

A partner that behaves wrongly is not an error but a finding (`workbench.model.Finding`).

    WorkbenchError                  .hint  .location  .partner
    ├── InputError                  somebody edits a file                       exit 2
    │   ├── ManifestError           partner.yaml is not valid
    │   ├── DescriptionError        a document cannot be read or is refused
    │   ├── OverlayError            an overlay action cannot be applied
    │   ├── MappingError            the mapping itself is wrong
    │   └── HookError               hooks.py raised or has a wrong signature
    ├── CredentialError             a named credential is not to be had         exit 2
    ├── PartnerError                the far side did not let us ask             exit 3
    │   ├── UnavailableError        connection, timeout, 502/503/504
    │   │   └── UntrustedError      a certificate that is not accepted
    │   ├── RateLimitedError        429, with .retry_after in seconds
    │   └── RefusedError            401, 403 or 407
    ├── TranslationError            one payload does not fit: .path .value .field
    ├── SignatureError              a webhook is not authentic: .reason
    ├── StoreError                  the inbox cannot be written or read: .is_fatal
    └── ReportError                 a notebook cell failed: .notebook .cell
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

_PROJECT = "partner-integration-workbench"


def install_hint(extra: str) -> str:
    """How to install what an optional part needs, from a checkout and beside a wheel.

    Args:
        extra: Name of the part, as in `pyproject.toml`.
    """
    needed: list[str] = []
    try:
        for stated in metadata.requires(_PROJECT) or []:
            requirement, _, marker = stated.partition(";")
            if marker.replace('"', "'").strip() == f"extra == '{extra}'":
                needed.append(f"'{requirement.strip()}'")
    except metadata.PackageNotFoundError:  # run from its sources, never installed
        needed = []
    checkout = f"In a checkout: `uv sync --inexact --extra {extra}`"
    return f"{checkout}; elsewhere: `pip install {' '.join(needed)}`." if needed else f"{checkout}."


class WorkbenchError(Exception):
    """Root of the tree: what happened, where, and how to mend it.

    Args:
        message: What happened, without any secret in it.
        hint: How to mend it, as an instruction.
        location: `file:line`, `file#/json/pointer`, or a URL without credentials.
        partner: Slug of the partner it concerns.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: str | None = None,
        partner: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.partner = partner

    def __str__(self) -> str:
        return " · ".join(part for part in (self.message, self.location, self.hint) if part)

    @property
    def directions(self) -> tuple[tuple[str, str], ...]:
        """(label, text) of where it is and how to mend it, as far as either is known."""
        known = (("where", self.location), ("mend", self.hint))
        return tuple((label, text) for label, text in known if text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep all attributes when an error travels between processes."""
        return (_restore, (type(self), self.args, self.__dict__))


def _restore(
    kind: type[WorkbenchError], args: tuple[Any, ...], state: dict[str, Any]
) -> WorkbenchError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(WorkbenchError):
    """A file or an argument has to be edited by a person."""


class ManifestError(InputError):
    """`partner.yaml` is missing or not valid."""


class DescriptionError(InputError):
    """A partner's document cannot be read, or the intake guard refused it."""


class OverlayError(InputError):
    """An overlay is not valid, or one of its actions cannot be applied."""


class MappingError(InputError):
    """A mapping is wrong in itself: unknown converter, ambiguous path, no inverse."""


class HookError(InputError):
    """`hooks.py` raised, or a hook has the wrong signature."""


class CredentialError(WorkbenchError):
    """A credential that the manifest names is in neither the environment nor the keyring."""


class PartnerError(WorkbenchError):
    """The partner did not let us ask; evidence becomes `cant-tell`, never `failed`."""

    exit_code = 3


class UnavailableError(PartnerError):
    """No connection, no time left, or an answer 502, 503 or 504."""


class UntrustedError(UnavailableError):
    """The TLS certificate of the address is not accepted, so nothing was sent."""


class RateLimitedError(PartnerError):
    """The partner answered 429; `retry_after` is in seconds if it said so."""

    def __init__(self, message: str, *, retry_after: float | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.retry_after = retry_after


class RefusedError(PartnerError):
    """The partner answered 401, 403 or 407."""


class TranslationError(WorkbenchError):
    """One payload does not fit its mapping.

    Args:
        message: What is wrong with the value.
        path: JSON Pointer of the value in the source payload.
        value: The offending value, shortened.
        field: Dotted path of the target field that was being filled.

    Attributes:
        feature: Slug of the feature whose answer it was, where a call of the adapter read it.
    """

    feature: str | None = None

    def __init__(
        self, message: str, *, path: str = "", value: Any = None, field: str = "", **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.path = path
        self.value = value
        self.field = field

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > 80:
            shown = shown[:77] + "…"
        return f"{self.field} ← {self.path}: {self.message} (value {shown})"


class SignatureError(WorkbenchError):
    """A webhook is not authentic; `reason` is `missing`, `malformed`, `mismatch` or `too-old`."""

    def __init__(self, message: str, *, reason: str, **where: Any) -> None:
        super().__init__(message, **where)
        self.reason = reason


class StoreError(WorkbenchError):
    """A receipt could not be made durable, or be read; the sender is asked to come again.

    `is_fatal`: nothing more is written until somebody looked at the disk.
    `is_data`: the database is well, but holds no such value; trying again does not help.
    """

    def __init__(
        self, message: str, *, is_fatal: bool = False, is_data: bool = False, **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.is_fatal = is_fatal
        self.is_data = is_data


class ReportError(WorkbenchError):
    """A notebook did not run to its end."""

    def __init__(
        self, message: str, *, notebook: str = "", cell: int | None = None, **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.notebook = notebook
        self.cell = cell
