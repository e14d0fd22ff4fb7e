"""What Schemathesis is told: which operations, which real ids to use, which checks to leave out."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.adapters import SIGNING, Session, hook_source
from workbench.errors import InputError
from workbench.evidence.check_table import say
from workbench.evidence.contract import steering
from workbench.evidence.contract.budget import BudgetShare
from workbench.evidence.contract.generated_login import (
    HOOKS,
    NO_SIGN_UP,
    is_signed_by_hook,
    leave_to_us,
    plan_login,
)
from workbench.evidence.contract.known_ids import (
    body_references,
    find_paths,
    find_spared,
)
from workbench.evidence.known import Value, known_values
from workbench.evidence.relations import owner
from workbench.evidence.unknown_ids import unknown_path
from workbench.model import Catalogue, FeatureSlug, Operation
from workbench.partners import OVERRIDES, Partner, read_overrides

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REPLACING = frozenset({"PUT", "PATCH"})
_REAL_ID_PROBABILITY = 0.9  # the rest stays random, so that not-found is tested too
_ASTRAY = 4  # cases of one operation whose ids are made up: what they show is shown by few
_WHOLE_MENU = FeatureSlug.MENU_WRITE
_STEERING = "workbench_steering"
_HOOKS = f"""

import json
from pathlib import Path

from {_STEERING} import Steering

Steering(json.loads(Path("steering.json").read_text("utf-8"))).install()
"""


@dataclass
class Selection:
    """Which operations of one document are tested, for which features.

    Attributes:
        pairs: Feature and operation; an operation may serve several features.
        left_out: Feature, operation and the reason.
        operations: What is tested, by id; what is bound comes before its neighbours.
        unreached: How many operations the budget left out.
    """

    document: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    unreached: int = 0

    def keep(self, reached: Collection[str], why: str) -> None:
        """Leave out what is not reached, and say why."""
        self.left_out += [(slug, name, why) for slug, name in self.pairs if name not in reached]
        self.unreached = len(set(self.operations) - set(reached))
        self.pairs = [pair for pair in self.pairs if pair[1] in reached]
        self.operations = {name: item for name, item in self.operations.items() if name in reached}

    def only(self, names: Collection[str]) -> Selection:
        """Some of the operations."""
        operations = {name: item for name, item in self.operations.items() if name in names}
        pairs = [pair for pair in self.pairs if pair[1] in names]
        return Selection(self.document, pairs, operations=operations)


def stages(selection: Selection) -> list[tuple[str, ...]]:
    """Operations in the order of two runs: what replaces a whole comes after the rest.

    It takes away the parts that others are asked about: a replaced menu its dishes, a replaced
    dish its sizes; so does a change that names them anew.
    """
    paths = {item.path for item in selection.operations.values()}
    menus = {name for slug, name in selection.pairs if slug == _WHOLE_MENU}
    last = {
        name
        for name, item in selection.operations.items()
        if (item.method not in READING and name in menus)
        or (item.method in _REPLACING and any(path.startswith(f"{item.path}/") for path in paths))
    }
    first = tuple(name for name in selection.operations if name not in last)
    return [names for names in (first, tuple(sorted(last))) if names]


def select(partner: Partner, catalogue: Catalogue, document: str, session: Session) -> Selection:
    """The bound operations of a document, and the reads about the same things."""
    selection = Selection(document)
    features = [feature.slug for feature in catalogue.features]
    neighbours: dict[str, Operation] = {}
    for operation in partner.callable_operations:
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
                (selection.operations if bound else neighbours)[operation.id] = operation
    selection.operations |= neighbours
    return selection


def _forbidden(session: Session, operation: Operation) -> str | None:
    if session.environment == "production":
        return say("contract.production")
    if operation.method not in READING and not session.allow_writes:
        return say("contract.no-writes")
    consent = session.partner.environment(session.environment).consent
    if operation.method == "DELETE" and not consent:
        return say("contract.no-removals")
    if operation.method == "DELETE" and not unknown_path(
        session.partner, session.environment, operation
    ):
        return say("contract.not-ours-to-remove")
    return None


def write_configuration(
    room: Path,
    session: Session,
    selection: Selection,
    bundle: dict[str, Any],
    share: BudgetShare,
    since: int = 0,
) -> None:
    """Write `schema.json` (the bundle), `schemathesis.toml` and the hooks into a scratch folder.

    A `schemathesis.toml` in the partner folder stands in place of what we would say of cases and
    checks; login, ids and shares are ours in any case. Secrets are written as the names of
    variables and reach the program through its environment only. `since` is of `ids.find_paths`.

    Raises:
        InputError: The partner folder's own configuration says what a folder may not say.
    """
    partner = session.partner
    leave_to_us(bundle, session)
    (room / "schema.json").write_text(json.dumps(bundle), "utf-8")
    plan = _steer(session, selection, share, since)
    (room / "steering.json").write_text(json.dumps(plan), "utf-8")
    shutil.copy(Path(steering.__file__), room / f"{_STEERING}.py")
    if plan["login"]["signers"]:
        shutil.copy(SIGNING, room / "signing.py")
    if is_signed_by_hook(partner):
        shutil.copy(partner.folder / "hooks.py", room / f"{HOOKS}.py")
    guard = hook_source(session.allowed, is_public=session.allow_writes)
    (room / "workbench_hooks.py").write_text(guard + _HOOKS, "utf-8")
    (room / "schemathesis.toml").write_text(_compose(partner, session, selection), "utf-8")


def _steer(
    session: Session, selection: Selection, share: BudgetShare, since: int
) -> dict[str, Any]:
    """The plan of `steering.Steering`."""
    unknown = {
        name: unknown_path(session.partner, session.environment, item)
        for name, item in selection.operations.items()
    }
    return {
        "paths": find_paths(session, selection.operations, since),
        "unknown": {name: ids for name, ids in unknown.items() if ids},
        "bodies": {
            name: ids
            for operation in selection.operations.values()
            for name, (_, ids) in body_references(session, operation).items()
        },
        "spared": {
            name: sorted(ids)
            for name, item in selection.operations.items()
            if (ids := find_spared(session, item))
        },
        "share": share.coverage,
        "astray": min(_ASTRAY, share.coverage),
        "pace": share.pace,
        "headers": dict(session.partner.manifest.headers),
        "login": plan_login(session),
        "seed": session.seed,
    }


def _compose(partner: Partner, session: Session, selection: Selection) -> str:
    own = partner.folder / OVERRIDES
    if own.is_file():
        text = "\n".join([read_overrides(own), *NO_SIGN_UP])
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                f"{OVERRIDES} leaves no room for the login: {error}",
                location=f"{partner.slug}/{OVERRIDES}",
                hint="Write tables as [name], not inline.",
            ) from error
        return text
    # How fast this machine is must not decide what is found.
    tables = ['suppress-health-check = ["all"]', "", "[cache]", "enabled = false", "", *NO_SIGN_UP]
    tables += ["[generation]", "unique-inputs = true", "with-security-parameters = false", ""]
    # A method that the document does not mention might write or delete all the same.
    tables += ["[phases.coverage]", "unexpected-methods = []", ""]
    for phase in ("coverage", "fuzzing"):
        # Ids come from us; what answers hold changes from run to run.
        tables += [f"[phases.{phase}.extra-data-sources]", "responses = false", ""]
    return "\n".join([*tables, *_known_values(partner, session, selection)])


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
