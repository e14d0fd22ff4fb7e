"""A partner folder's own `schemathesis.toml`: what it may say, and what stays ours.

Where requests go, with which credentials and by which method is never a partner folder's matter,
nor is code or a file outside of the run; so only keys that shape cases and checks are let through.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InputError

OVERRIDES = "schemathesis.toml"

_SHAPING = frozenset({"checks", "continue-on-failure", "generation", "parameters", "phases"})
_CHOOSING = frozenset(
    f"{side}-{part}{kind}"
    for side in ("include", "exclude")
    for part in ("path", "method", "name", "tag", "operation-id")
    for kind in ("", "-regex")
)
_PHASE = frozenset(
    {
        "enabled", "checks", "error-feedback", "extra-data-sources", "fill-missing", "generation",
        "generate-duplicate-query-parameters", "inference", "link-calibration", "max-steps",
        "operation-ordering",
    }
)  # fmt: skip
# Table → the keys that may stand in it; `*` is any name. What is not named here is free below.
_ALLOWED: dict[tuple[str, ...], frozenset[str]] = {
    (): _SHAPING
    | {"cache", "dictionaries", "max-failures", "operations", "suppress-health-check", "warnings"},
    ("cache",): frozenset({"enabled"}),
    ("dictionaries", "*"): frozenset({"values"}),
    ("operations",): _SHAPING | _CHOOSING | {"enabled", "warnings"},
    ("phases", "*"): _PHASE,
    ("generation",): frozenset(
        {
            "allow-extra-parameters", "allow-x00", "codec", "deterministic", "dictionaries",
            "exclude-header-characters", "max-examples", "no-shrink", "unique-inputs",
            "with-security-parameters",
        }
    ),
}  # fmt: skip


def read_overrides(path: Path) -> str:
    """The text of the partner folder's own configuration, once every key is an allowed one.

    Raises:
        InputError: It is no TOML, is a link out of the folder, or says what a folder may not say.
    """
    location = f"{path.parent.name}/{path.name}"
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise InputError(
            f"{path.name} is a link out of the partner's folder",
            location=location,
            hint="Copy the file into the folder.",
        )
    try:
        text = path.read_text("utf-8")
        stated = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both
        raise InputError(
            f"{path.name} is not TOML: {error}", location=location, hint="Correct the syntax."
        ) from error
    if refused := sorted(set(_refuse(stated, ()))):
        raise InputError(
            f"{path.name} may not set {', '.join(refused)}",
            location=location,
            hint="Addresses, credentials, code, files and limits are stated in partner.yaml; "
            f"only these may stand here: {', '.join(sorted(_ALLOWED[()]))}.",
        )
    return text


def _refuse(value: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Dotted keys that are not allowed, and values that ask for a variable of the environment."""
    if isinstance(value, dict):
        allowed = _allowed(place)
        for key, inner in value.items():
            if allowed is not None and key not in allowed:
                yield ".".join((*place, key))
            else:
                yield from _refuse(inner, (*place, key))
    elif isinstance(value, list):
        for item in value:
            yield from _refuse(item, place)
    elif isinstance(value, str) and "${" in value:
        yield f"{'.'.join(place)} to a variable of the environment"


def _allowed(place: tuple[str, ...]) -> frozenset[str] | None:
    if place[:1] == ("operations",) and len(place) > 1:
        place = place[1:]
    if place[:1] == ("phases",) and len(place) > 2 and place[2] == "generation":
        place = place[2:]
    wild = (*place[:1], "*") if len(place) == 2 else place
    return _ALLOWED.get(place, _ALLOWED.get(wild))
