"""What Schemathesis is told: which operations, how to log in, which real ids to use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from workbench.adapters.egress import hook_source
from workbench.adapters.session import Session
from workbench.model.description import Direction, Operation
from workbench.model.feature import Catalogue, FeatureKind
from workbench.partners import Partner
from workbench.settings import variable_name

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REAL_ID_PROBABILITY = 0.9  # the rest stays random, so that not-found is tested too


@dataclass
class Selection:
    """Which operations of one document are tested, for which features."""

    document: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)


def select(
    partner: Partner, catalogue: Catalogue, document: str, *, allow_writes: bool
) -> Selection:
    """The bound operations of a document that may be called."""
    selection = Selection(document)
    for feature in catalogue.features:
        if feature.kind is not FeatureKind.SERVICE:
            continue
        for _, operation in partner.operations(feature.slug):
            if operation.document != document or operation.direction is Direction.INBOUND:
                continue
            if operation.method not in READING and not allow_writes:
                why = "it writes, and writing was not allowed for this run"
                selection.left_out.append((feature.slug, operation.id, why))
                continue
            selection.pairs.append((feature.slug, operation.id))
            selection.operations[operation.id] = operation
    return selection


def write_configuration(
    room: Path, partner: Partner, session: Session, selection: Selection
) -> None:
    """Write `schema.json`, `schemathesis.toml` and the egress hook into a scratch folder.

    A `schemathesis.toml` in the partner folder is taken as it is instead of ours. Secrets are
    written as `${VARIABLE}` and reach the program through its environment only.
    """
    bundle = partner.description.bundles[selection.document]
    (room / "schema.json").write_text(json.dumps(bundle), "utf-8")
    (room / "egress_hook.py").write_text(hook_source(session.allowed), "utf-8")
    own = partner.folder / "schemathesis.toml"
    text = own.read_text("utf-8") if own.is_file() else _compose(partner, session, selection)
    (room / "schemathesis.toml").write_text(text, "utf-8")


def _compose(partner: Partner, session: Session, selection: Selection) -> str:
    tables: list[str] = ["[cache]", "enabled = false", ""]
    tables += _known_values(partner, session, selection)
    tables += _login(partner, session, selection)
    return "\n".join(tables) + "\n"


def _known_values(partner: Partner, session: Session, selection: Selection) -> list[str]:
    """Dictionaries of real ids for every path and query parameter that we know values of."""
    account = partner.environment(session.environment).test_account
    if account is None:
        return []
    values: dict[str, list[str | int]] = {}
    for operation in selection.operations.values():
        for parameter in operation.parameters:
            entity = partner.manifest.parameters.get(parameter.name)
            if parameter.name in account.values:
                values[f"{parameter.place}.{parameter.name}"] = [account.values[parameter.name]]
            elif entity and account.known.get(entity):
                values[f"{parameter.place}.{parameter.name}"] = [*account.known[entity]]
    lines: list[str] = []
    for number, (_, known) in enumerate(sorted(values.items())):
        lines += [f"[dictionaries.known{number}]", f"values = {json.dumps(known)}", ""]
    if values:
        lines.append("[parameters]")
    for number, name in enumerate(sorted(values)):
        binding = f'{{ dictionary = "known{number}", probability = {_REAL_ID_PROBABILITY} }}'
        lines.append(f"{json.dumps(name)} = {binding}")
    return [*lines, ""]


def _login(partner: Partner, session: Session, selection: Selection) -> list[str]:
    """Authentication tables for the schemes that the document declares, else plain headers."""
    auth = partner.manifest.auth
    variables = _variables(partner, session)
    lines: list[str] = []
    for scheme in partner.description.security:
        if scheme.document != selection.document:
            continue
        table = f"[auth.openapi.{json.dumps(scheme.id)}]"
        if auth.scheme == "api-key" and scheme.kind == "apiKey":
            lines += [table, f'api_key = "{auth.prefix}${{{variables["api_key"]}}}"', ""]
        elif auth.scheme == "basic" and scheme.scheme == "basic":
            lines += [table, f'username = "${{{variables["username"]}}}"']
            lines += [f'password = "${{{variables["password"]}}}"', ""]
        elif auth.scheme == "bearer" and scheme.scheme == "bearer":
            lines += [table, f'bearer = "${{{variables["token"]}}}"', ""]
        elif auth.scheme == "oauth2-client-credentials" and scheme.kind in {"oauth2", "http"}:
            lines += [table, f'bearer = "${{{TOKEN_VARIABLE}}}"', ""]
    return lines or _headers(session)


def _headers(session: Session) -> list[str]:
    headers = session.wire.prove().headers
    if not headers:
        return []
    lines = ["[headers]"]
    lines += [f'{json.dumps(name)} = "${{{_header_variable(name)}}}"' for name in sorted(headers)]
    return [*lines, ""]


TOKEN_VARIABLE = "WORKBENCH_CONTRACT_TOKEN"  # noqa: S105 - a name, not a token


def secret_environment(partner: Partner, session: Session) -> dict[str, str]:
    """Environment variables that carry the secrets to the program."""
    environment = {
        variable: session.credentials[name].get_secret_value()
        for name, variable in _variables(partner, session).items()
    }
    headers = session.wire.prove().headers
    for name, value in headers.items():
        environment[_header_variable(name)] = value.get_secret_value()
    bearer = headers.get("Authorization")
    if bearer is not None:
        environment[TOKEN_VARIABLE] = bearer.get_secret_value().removeprefix("Bearer ")
    return environment


def _variables(partner: Partner, session: Session) -> dict[str, str]:
    return {
        name: variable_name(partner.slug, session.environment, name) for name in session.credentials
    }


def _header_variable(name: str) -> str:
    return "WORKBENCH_CONTRACT_HEADER_" + name.upper().replace("-", "_")
