"""What Schemathesis is told: which operations, which real ids to use, which checks to leave out."""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.adapters.egress import hook_source
from workbench.adapters.session import Session
from workbench.errors import InputError
from workbench.evidence.contract.login import compose_login, is_signed_by_hook, login_source
from workbench.evidence.contract.overrides import OVERRIDES, read_overrides
from workbench.evidence.contract.references import body_references, placing_source
from workbench.evidence.known import Value, known_values
from workbench.evidence.relations import last_parameter, outbound, owner
from workbench.model.description import Operation
from workbench.model.feature import Catalogue
from workbench.partners import Partner

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_UNKNOWN_ID = "workbench-unknown-0"
_REAL_ID_PROBABILITY = 0.9  # the rest stays random, so that not-found is tested too


@dataclass
class Selection:
    """Which operations of one document are tested, for which features.

    Attributes:
        pairs: Feature and operation; an operation may serve several features.
        left_out: Feature, operation and the reason.
        operations: What is tested, by id.
    """

    document: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)


def select(partner: Partner, catalogue: Catalogue, document: str, session: Session) -> Selection:
    """The bound operations of a document, and the reads about the same things."""
    selection = Selection(document)
    features = [feature.slug for feature in catalogue.features]
    for operation in outbound(partner.description):
        if operation.document != document:
            continue
        bound = [
            slug
            for slug in features
            if any(item.id == operation.id for _, item in partner.operations(slug))
        ]
        # What is not bound is looked at, never written to.
        is_read = operation.method in READING
        related = owner(partner, catalogue, operation) if is_read else None
        why = _forbidden(session, operation)
        for slug in bound or ([related] if related else []):
            if why:
                selection.left_out.append((slug, operation.id, why))
            else:
                selection.pairs.append((slug, operation.id))
                selection.operations[operation.id] = operation
    return selection


def _forbidden(session: Session, operation: Operation) -> str | None:
    if session.environment == "production":
        return "production is never tested with generated requests"
    if operation.method not in READING and not session.allow_writes:
        return "it writes, and writing was not allowed for this run"
    consent = session.partner.environment(session.environment).consent
    if operation.method == "DELETE" and not consent:
        return "it removes things, and the manifest states no consent to that"
    return None


def write_configuration(
    room: Path,
    partner: Partner,
    session: Session,
    selection: Selection,
    bundle: dict[str, Any],
) -> None:
    """Write `schema.json` (the bundle), `schemathesis.toml` and the hooks into a scratch folder.

    A `schemathesis.toml` in the partner folder stands in place of what we would say of cases and
    checks; the login is ours in any case. Secrets are written as `${VARIABLE}` and reach the
    program through its environment only.

    Raises:
        InputError: The partner folder's own configuration says what a folder may not say.
    """
    (room / "schema.json").write_text(json.dumps(bundle), "utf-8")
    hooks = hook_source(session.allowed, is_public=session.allow_writes)
    known = {
        name: ids
        for operation in selection.operations.values()
        for name, (_, ids) in body_references(session, operation).items()
    }
    hooks += placing_source(known)
    if is_signed_by_hook(partner):
        shutil.copy(partner.folder / "hooks.py", room / "partner_hooks.py")
    hooks += login_source(session)
    (room / "workbench_hooks.py").write_text(hooks, "utf-8")
    (room / "schemathesis.toml").write_text(_compose(partner, session, selection), "utf-8")


def _compose(partner: Partner, session: Session, selection: Selection) -> str:
    login = compose_login(partner, session, selection.document)
    own = partner.folder / OVERRIDES
    if own.is_file():
        text = "\n".join([read_overrides(own), *login]) + "\n"
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                f"{OVERRIDES} leaves no room for the login: {error}",
                location=f"{partner.slug}/{OVERRIDES}",
                hint="Leave out [checks.ignored_auth], and write tables as [name], not inline.",
            ) from error
        return text
    tables: list[str] = ["[cache]", "enabled = false", ""]
    tables += _known_values(partner, session, selection)
    tables += _gentle(selection)
    return "\n".join([*tables, *login]) + "\n"


def _known_values(partner: Partner, session: Session, selection: Selection) -> list[str]:
    """Dictionaries of real ids for every parameter and body field that we know values of."""
    values: dict[str, tuple[Value, ...]] = {}
    for operation in selection.operations.values():
        for parameter in operation.parameters:
            known = known_values(partner, session.environment, parameter.name)
            if known and parameter.place in {"path", "query"}:
                values[f"{parameter.place}.{parameter.name}"] = known
        for place, ids in body_references(session, operation).values():
            values[place] = tuple(ids)
    lines: list[str] = []
    for number, (_, known) in enumerate(sorted(values.items())):
        lines += [f"[dictionaries.known{number}]", f"values = {json.dumps(known)}", ""]
    if values:
        lines.append("[parameters]")
    for number, name in enumerate(sorted(values)):
        binding = f'{{ dictionary = "known{number}", probability = {_REAL_ID_PROBABILITY} }}'
        lines.append(f"{json.dumps(name)} = {binding}")
    return [*lines, ""]


def _gentle(selection: Selection) -> list[str]:
    """Removals get made-up ids, so that the things which other cases need stay there."""
    lines: list[str] = []
    for operation in selection.operations.values():
        name = last_parameter(operation.path)
        if operation.method == "DELETE" and name is not None:
            lines += ["[[operations]]", f"include-name = {json.dumps(operation.id)}"]
            lines += ["[operations.parameters]"]
            lines += [f'{json.dumps(f"path.{name}")} = {{ dictionary = "unknown" }}', ""]
    unknown = ["[dictionaries.unknown]", f'values = ["{_UNKNOWN_ID}"]', ""]
    return [*unknown, *lines] if lines else []
