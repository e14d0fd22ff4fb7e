"""What Schemathesis is told: operations, real ids, logins, limits; and what it is never told."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from opening import HOOK, open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.errors import InputError
from workbench.evidence.contract.budget import Budget, BudgetShare, divide
from workbench.evidence.contract.configuration import Selection, select, stages, write_configuration
from workbench.evidence.contract.generated_login import secret_environment
from workbench.evidence.contract.schemathesis_program import compose, seclude
from workbench.evidence.contract.steering import Steering
from workbench.model.description import Operation
from workbench.model.feature import Catalogue
from workbench.partners import Partner
from workbench.settings import Settings

LOGINS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    # login: (auth of the manifest, security scheme of the document, where it goes, its name)
    "header": (
        {"scheme": "api-key", "header": "X-Key"},
        {"type": "apiKey", "in": "header", "name": "X-Key"},
        "headers",
        "X-Key",
    ),
    "query": (
        {"scheme": "api-key", "query": "key"},
        {"type": "apiKey", "in": "query", "name": "key"},
        "query",
        "key",
    ),
    "undeclared-query": (
        {"scheme": "api-key", "query": "key"},
        {"type": "http", "scheme": "digest"},
        "query",
        "key",
    ),
    "cookie": (
        {"scheme": "headers", "headers": {"Cookie": "session"}},
        {"type": "http", "scheme": "digest"},
        "headers",
        "Cookie",
    ),
    "bearer": (
        {"scheme": "bearer"},
        {"type": "http", "scheme": "bearer"},
        "headers",
        "Authorization",
    ),
    "basic": (
        {"scheme": "basic"},
        {"type": "http", "scheme": "basic"},
        "headers",
        "Authorization",
    ),
    "two-headers": (
        {"scheme": "headers", "headers": {"X-Client": "client", "X-Key": "key"}},
        {"type": "apiKey", "in": "header", "name": "X-Client"},
        "headers",
        "X-Client",
    ),
    "hook": (
        {"scheme": "hook", "credentials": ["signing_key"]},
        {"type": "apiKey", "in": "header", "name": "X-Sign"},
        "credentials",
        "signing_key",
    ),
}


def _change(settings: Settings, **parts: Any) -> None:
    """Change top-level parts of the miniature's manifest."""
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    environment = parts.pop("environment", {})
    data["environments"]["sandbox"] |= environment
    manifest.write_text(yaml.safe_dump(data | parts), "utf-8")


def _declare(settings: Settings, scheme: dict[str, Any]) -> None:
    document = settings.contracts / "miniature" / "openapi.yaml"
    data = yaml.safe_load(document.read_text("utf-8"))
    data["components"]["securitySchemes"] = {"key": scheme}
    document.write_text(yaml.safe_dump(data), "utf-8")


@pytest.fixture
def selected(catalogue: Catalogue) -> Callable[[Partner, Session], Selection]:
    """Selects from the miniature's document."""
    return lambda partner, session: select(partner, catalogue, "openapi.yaml", session)


def _share(session: Session, selection: Selection, budget: Budget | None = None) -> BudgetShare:
    return divide(session, budget or Budget(), [*selection.operations])


def _configure(room: Path, partner: Partner, session: Session, selection: Selection) -> None:
    bundle = copy.deepcopy(partner.description.bundles[selection.document])
    write_configuration(room, session, selection, bundle, _share(session, selection))


def _plan(room: Path) -> dict[str, Any]:
    return json.loads((room / "steering.json").read_text("utf-8"))


def test_bound_and_related_operations_are_tested(open_mini: Callable, selected: Callable) -> None:
    """The list beside a bound read is tested too; what concerns nothing of ours is not.

    Nor is what would write and is not bound.
    """
    with open_mini() as (partner, session):
        selection = selected(partner, session)
    assert {"GET /orders/{order_id}", "GET /orders"} <= set(selection.operations)
    assert not {"POST /subscriptions", "POST /orders"} & set(selection.operations)
    assert ("order-read", "GET /orders") in selection.pairs


def test_reading_runs_leave_writes_out(open_mini: Callable, selected: Callable) -> None:
    """Without leave to write, only reads with documented data are planned, without state."""
    with open_mini(allow_writes=False) as (partner, session):
        selection = selected(partner, session)
        command = compose(session, _share(session, selection))
    assert {item.method for item in selection.operations.values()} == {"GET"}
    assert ("product-write", "PATCH /restaurants/{restaurant_id}/products/{product_id}") in [
        (feature, operation) for feature, operation, _ in selection.left_out
    ]
    assert command[command.index("--mode") + 1] == "positive"
    assert "stateful" not in command[command.index("--phases") + 1]


def test_what_replaces_a_whole_comes_last_and_alone(
    open_mini: Callable, selected: Callable
) -> None:
    """It is tried when nothing needs the parts any more; with no ids to pass on, without chains."""
    with open_mini() as (partner, session):
        selection = selected(partner, session)
        first, last = stages(selection)
        share = _share(session, selection)
        plans = [compose(session, replace(share, reached=names)) for names in (first, last)]
    assert last == ("PUT /restaurants/{restaurant_id}/menu",)
    phases = [plan[plan.index("--phases") + 1].split(",") for plan in plans]
    assert phases == [["coverage", "fuzzing", "stateful"], ["coverage", "fuzzing"]]


def test_removals_need_consent(tmp_path: Path, selected: Callable) -> None:
    """Without the manifest's consent line no DELETE is planned, and the reason is told."""
    settings = write_folder(tmp_path)
    _change(settings, environment={"consent": None})
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
    assert "DELETE" not in {item.method for item in selection.operations.values()}
    assert any("consent" in why for _, _, why in selection.left_out)


@pytest.mark.parametrize(
    ("schema", "unknown"),
    [
        ({"type": "string"}, r"workbench-unknown-0"),
        ({"type": "string", "maxLength": 9}, r"workbench"),
        ({"type": "string", "pattern": "^P-[0-9]{6}$"}, r"P-(?!000000)[0-9]{6}"),
        ({"type": "integer"}, r"2147483647"),
        ({"type": "integer", "maximum": 99}, r"99"),
        ({"type": "string", "format": "uuid"}, r"[0-9a-f-]{36}"),
        ({"type": "string", "format": "date"}, r"1970-01-02"),
        ({"type": "string", "enum": ["soup", "bread"]}, None),
    ],
)
def test_a_removal_asks_for_what_does_not_exist(
    tmp_path: Path, selected: Callable, schema: dict[str, Any], unknown: str | None
) -> None:
    """Its id has the documented form; where all documented ones may exist, nothing is removed."""
    settings = write_folder(tmp_path / "checkout")
    document = settings.contracts / "miniature" / "openapi.yaml"
    data = yaml.safe_load(document.read_text("utf-8"))
    item = data["paths"]["/restaurants/{restaurant_id}/products/{product_id}"]
    item["parameters"][1]["schema"] = schema
    document.write_text(yaml.safe_dump(data), "utf-8")
    room = tmp_path / "room"
    room.mkdir()
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
        _configure(room, partner, session, selection)
    removal = "DELETE /restaurants/{restaurant_id}/products/{product_id}"
    if unknown is None:
        assert removal not in selection.operations
        assert any("has not made" in why for _, _, why in selection.left_out)
    else:
        assert re.fullmatch(unknown, _plan(room)["unknown"][removal]["product_id"])


def test_real_ids_reach_path_query_and_body(
    open_mini: Callable, selected: Callable, tmp_path: Path
) -> None:
    """Parameters and references inside bodies take the ids of the test account."""
    with open_mini() as (partner, session):
        selection = selected(partner, session)
        bound_too = partner.description.exchange("POST /orders")
        assert isinstance(bound_too, Operation)
        selection.operations[bound_too.id] = bound_too
        _configure(tmp_path, partner, session, selection)
    plan = tomllib.loads((tmp_path / "schemathesis.toml").read_text("utf-8"))
    bound = {
        name: plan["dictionaries"][item["dictionary"]]["values"]
        for name, item in plan["parameters"].items()
    }
    assert bound["path.order_id"] == ["o1", "o2", "o3"]
    assert bound["body.items[*].product_id"] == ["p1", "p2"]
    assert bound["body.restaurant_id"] == ["r1"]
    assert not plan["cache"]["enabled"]
    steering = _plan(tmp_path)
    assert {"order_id": "o1"} in steering["paths"]["GET /orders/{order_id}"]
    assert steering["bodies"]["product_id"] == ["p1", "p2"]


def test_a_known_order_is_changed_only_where_it_is_put_back_or_spare(
    tmp_path: Path, selected: Callable
) -> None:
    """What nothing resets keeps its status, wherever its id stands in a case."""
    settings = write_folder(tmp_path / "checkout")
    account = {
        "restaurant": "r1",
        "known": {"order": ["o1", "o2", "o3"]},
        "spare": {"order": ["o3"]},
    }
    _change(settings, environment={"reset": None, "test_account": account})
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
        _configure(tmp_path, partner, session, selection)
    write = "PUT /orders/{order_id}/status"
    plan = _plan(tmp_path)
    assert {"order_id": "o1"} in plan["paths"]["GET /orders/{order_id}"]
    assert plan["paths"][write] in ([], [{"order_id": "o3"}])
    assert plan["spared"][write] == ["o1", "o2"]
    assert "GET /orders/{order_id}" not in plan["spared"]
    case = SimpleNamespace(
        operation=SimpleNamespace(label=write), method="PUT", meta=None, query={},
        path_parameters={"order_id": "o1"}, body={"orders": [{"order_id": "o2"}, {"id": "o3"}]},
    )  # fmt: skip
    Steering(plan).before_call(None, case, {})
    assert case.path_parameters["order_id"] not in {"o1", "o2", "o3"}
    assert case.body == {"orders": [{"order_id": "o2-unknown"}, {"id": "o3"}]}


def test_no_case_is_planned_that_could_write_unseen(
    open_mini: Callable, selected: Callable, tmp_path: Path
) -> None:
    """No undeclared method is tried, nobody is signed up, and repeats are left out."""
    with open_mini() as (partner, session):
        _configure(tmp_path, partner, session, selected(partner, session))
    plan = tomllib.loads((tmp_path / "schemathesis.toml").read_text("utf-8"))
    assert plan["phases"]["coverage"]["unexpected-methods"] == []
    assert plan["auth"] == {"auto-signup": False}
    assert plan["generation"]["unique-inputs"]


@pytest.mark.parametrize("name", LOGINS)
def test_every_login_is_told_without_its_secret(
    name: str, tmp_path: Path, selected: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each login finds its place in the plan; values are only in the environment."""
    auth, scheme, place, parameter = LOGINS[name]
    settings = write_folder(tmp_path / "checkout")
    _change(settings, auth=auth)
    _declare(settings, scheme)
    (settings.contracts / "miniature" / "hooks.py").write_text(HOOK, "utf-8")
    credentials = ("api_key", "token", "username", "password", "client", "key", "session")
    for credential in (*credentials, "signing_key"):
        variable = f"WORKBENCH_MINIATURE__SANDBOX__{credential.upper()}"
        monkeypatch.setenv(variable, f"canary-{credential}")
    room = tmp_path / "room"
    room.mkdir()
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
        _configure(room, partner, session, selection)
        environment = secret_environment(session)
        command = compose(session, _share(session, selection))
        secrets = [value.get_secret_value() for value in session.credentials.values()]
    told = "".join(path.read_text("utf-8") for path in room.iterdir()) + " ".join(command)
    assert not [secret for secret in secrets if secret in told]
    assert environment[_plan(room)["login"][place][parameter]]
    assert (room / "partner_hooks.py").is_file() == (name == "hook")
    schema = json.loads((room / "schema.json").read_text("utf-8"))
    assert "security" not in schema
    assert "securitySchemes" not in schema["components"]


def test_what_we_fill_is_not_generated(tmp_path: Path, selected: Callable) -> None:
    """Parameters that carry the login or a constant header are no part of what is tried."""
    settings = write_folder(tmp_path / "checkout")
    _change(settings, headers={"X-Version": "7"})
    document = settings.contracts / "miniature" / "openapi.yaml"
    data = yaml.safe_load(document.read_text("utf-8"))
    data["components"]["parameters"]["version"] = {
        "name": "x-version",
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
    }
    data["paths"]["/orders"]["get"]["parameters"] += [
        {"$ref": "#/components/parameters/version"},
        {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    document.write_text(yaml.safe_dump(data), "utf-8")
    room = tmp_path / "room"
    room.mkdir()
    with open_miniature(settings) as (partner, session):
        _configure(room, partner, session, selected(partner, session))
    schema = json.loads((room / "schema.json").read_text("utf-8"))
    left = [item["name"] for item in schema["paths"]["/orders"]["get"]["parameters"]]
    assert left == ["status", "placed_from", "limit", "offset"]
    assert _plan(room)["headers"] == {"X-Version": "7"}


def test_a_fetched_token_goes_through_the_environment(
    open_embedded: Callable, catalogue: Catalogue, tmp_path: Path
) -> None:
    """With OAuth2 our own client fetches the token, and the plan names its variable."""
    with open_embedded("tavola") as (partner, session):
        selection = select(partner, catalogue, "openapi.yaml", session)
        _configure(tmp_path, partner, session, selection)
        variable = _plan(tmp_path)["login"]["headers"]["Authorization"]
        token = secret_environment(session)[variable].removeprefix("Bearer ")
    assert token
    assert not [path for path in tmp_path.iterdir() if token in path.read_text("utf-8")]


def _write_own(settings: Settings, text: str) -> None:
    (settings.contracts / "miniature" / "schemathesis.toml").write_text(text, "utf-8")


def test_the_partners_own_configuration_wins(tmp_path: Path, selected: Callable) -> None:
    """A `schemathesis.toml` in the partner folder stands in place of ours; the login stays."""
    settings = write_folder(tmp_path / "checkout")
    own = (
        "[checks.not_a_server_error]\nenabled = false\n[phases.fuzzing.generation]\n"
        'max-examples = 3\n[[operations]]\ninclude-name = "GET /x"\n[operations.parameters]\n'
        '"path.base-url" = "7"\n[dictionaries.ids]\nvalues = ["7"]\n'
    )
    _write_own(settings, own)
    room = tmp_path / "room"
    room.mkdir()
    with open_miniature(settings) as (partner, session):
        _configure(room, partner, session, selected(partner, session))
    text = (room / "schemathesis.toml").read_text("utf-8")
    assert text.startswith(own)
    assert "auto-signup = false" in text
    assert json.loads((room / "schema.json").read_text("utf-8"))["openapi"] == "3.1.0"
    assert "GUARD = guard_egress" in (room / "workbench_hooks.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ('base-url = "http://elsewhere.example"', "base-url"),
        ('proxy = "http://elsewhere.example"', "proxy"),
        ("tls-verify = false", "tls-verify"),
        ('hooks = "other_hooks"', "hooks"),
        ('[headers]\nAuthorization = "Bearer x"', "headers"),
        ('[[project]]\nbase-url = "http://elsewhere.example"', "project"),
        ('[reports.har]\npath = "../out.har"', "reports"),
        ('[generation]\ndatabase = "../examples"', "generation.database"),
        ('[phases.fuzzing.generation]\nmode = "all"', "phases.fuzzing.generation.mode"),
        ('[phases.coverage]\nunexpected-methods = ["DELETE"]', "unexpected-methods"),
        ('[dictionaries.ids]\nfrom-file = "../../ids.txt"', "dictionaries.ids.from-file"),
        ('[[operations]]\ninclude-name = "GET /x"\nproxy = "http://x.example"', "operations.proxy"),
        ('[[operations]]\n[operations.generation]\nmode = "all"', "operations.generation.mode"),
        ('[parameters]\n"path.id" = "${HOME}"', "a variable of the environment"),
        ("[checks", "not TOML"),
    ],
)
def test_an_own_configuration_keeps_to_cases_and_checks(
    tmp_path: Path, selected: Callable, own: str, named: str
) -> None:
    """Addresses, credentials, code, files, methods: refused, with what, where, how to mend."""
    settings = write_folder(tmp_path / "checkout")
    _write_own(settings, own)
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
        with pytest.raises(InputError, match=re.escape(named)) as caught:
            _configure(tmp_path, partner, session, selection)
    assert caught.value.location == "miniature/schemathesis.toml"
    assert caught.value.hint


def test_nothing_of_the_user_reaches_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in that environment finds neither `~/.netrc` nor proxies nor other settings."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login somebody password something\n", "utf-8")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    room = tmp_path / "room"
    room.mkdir()
    code = (
        "import requests.utils as u, os; a = 'http://partner.example/x';"
        "print(u.get_netrc_auth(a), u.get_environ_proxies(a), 'XDG_CONFIG_HOME' in os.environ)"
    )
    ask = [sys.executable, "-c", code]
    free = subprocess.run(ask, check=True, capture_output=True, text=True)
    secluded = subprocess.run(ask, check=True, capture_output=True, text=True, env=seclude(room))
    assert "something" in free.stdout
    assert secluded.stdout.split() == ["None", "{}", "False"]


def test_the_slower_of_two_rates_holds(tmp_path: Path, selected: Callable) -> None:
    """The manifest's limit and the budget's are both kept."""
    settings = write_folder(tmp_path)
    _change(settings, limits={"requests_per_minute": 90})
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
        plain = _share(session, selection)
        slow = _share(session, selection, Budget(requests_per_minute=30))
    assert (plain.pace, slow.pace) == (60 / 90, 2.0)
