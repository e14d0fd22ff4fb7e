"""What Schemathesis is told: operations, real ids, logins, limits; and what it is never told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from opening import HOOK, open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.errors import InputError
from workbench.evidence.contract.configuration import Selection, select, write_configuration
from workbench.evidence.contract.login import TOKEN_VARIABLE, compose_login, secret_environment
from workbench.evidence.contract.program import Budget, compose, seclude
from workbench.model.description import Operation
from workbench.model.feature import Catalogue
from workbench.partners import Partner
from workbench.settings import Settings

LOGINS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # scheme: (auth of the manifest, security scheme of the document, words of the configuration)
    "header": (
        {"scheme": "api-key", "header": "X-Key"},
        {"type": "apiKey", "in": "header", "name": "X-Key"},
        "auth.openapi",
    ),
    "query": (
        {"scheme": "api-key", "query": "key"},
        {"type": "apiKey", "in": "query", "name": "key"},
        "auth.openapi",
    ),
    "undeclared-query": (
        {"scheme": "api-key", "query": "key"},
        {"type": "http", "scheme": "digest"},
        "",
    ),
    "cookie": (
        {"scheme": "headers", "headers": {"Cookie": "session"}},
        {"type": "http", "scheme": "digest"},
        "headers",
    ),
    "bearer": ({"scheme": "bearer"}, {"type": "http", "scheme": "bearer"}, "bearer"),
    "basic": ({"scheme": "basic"}, {"type": "http", "scheme": "basic"}, "username"),
    "two-headers": (
        {"scheme": "headers", "headers": {"X-Client": "client", "X-Key": "key"}},
        {"type": "apiKey", "in": "header", "name": "X-Client"},
        "headers",
    ),
    "hook": (
        {"scheme": "hook", "credentials": ["signing_key"]},
        {"type": "apiKey", "in": "header", "name": "X-Sign"},
        "ignored_auth",
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


def _configure(room: Path, partner: Partner, session: Session, selection: Selection) -> None:
    bundle = partner.description.bundles[selection.document]
    write_configuration(room, partner, session, selection, bundle)


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
        command = compose(session, selection, Budget())
    assert {item.method for item in selection.operations.values()} == {"GET"}
    assert ("product-write", "PATCH /restaurants/{restaurant_id}/products/{product_id}") in [
        (feature, operation) for feature, operation, _ in selection.left_out
    ]
    assert command[command.index("--mode") + 1] == "positive"
    assert "stateful" not in command[command.index("--phases") + 1]


def test_removals_need_consent(tmp_path: Path, selected: Callable) -> None:
    """Without the manifest's consent line no DELETE is planned, and the reason is told."""
    settings = write_folder(tmp_path)
    _change(settings, environment={"consent": None})
    with open_miniature(settings) as (partner, session):
        selection = selected(partner, session)
    assert "DELETE" not in {item.method for item in selection.operations.values()}
    assert any("consent" in why for _, _, why in selection.left_out)


def test_real_ids_reach_path_query_and_body(
    open_mini: Callable, selected: Callable, tmp_path: Path
) -> None:
    """Parameters and references inside bodies take the ids of the test account; removals do not."""
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
    removal = plan["operations"][0]
    assert removal["include-name"].startswith("DELETE")
    assert removal["parameters"] == {"path.product_id": {"dictionary": "unknown"}}
    assert not plan["cache"]["enabled"]


@pytest.mark.parametrize("name", LOGINS)
def test_every_login_is_told_without_its_secret(
    name: str, tmp_path: Path, selected: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each scheme finds its place in the configuration; values are only in the environment."""
    auth, scheme, words = LOGINS[name]
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
        command = compose(session, selection, Budget())
        secrets = [value.get_secret_value() for value in session.credentials.values()]
    text = (room / "schemathesis.toml").read_text("utf-8")
    tomllib.loads(text)
    assert words in text
    told = "".join(path.read_text("utf-8") for path in room.iterdir()) + " ".join(command)
    assert not [secret for secret in secrets if secret in told]
    hooks = (room / "workbench_hooks.py").read_text("utf-8")
    used = [value for key, value in environment.items() if key in text + hooks]
    assert used
    assert (room / "partner_hooks.py").is_file() == (name == "hook")


def test_a_fetched_token_goes_through_the_environment(
    open_embedded: Callable, catalogue: Catalogue, tmp_path: Path
) -> None:
    """With OAuth2 our own client fetches the token, and the configuration names its variable."""
    with open_embedded("tavola") as (partner, session):
        selection = select(partner, catalogue, "openapi.yaml", session)
        _configure(tmp_path, partner, session, selection)
        token = secret_environment(session)[TOKEN_VARIABLE]
    text = (tmp_path / "schemathesis.toml").read_text("utf-8")
    assert f'bearer = "${{{TOKEN_VARIABLE}}}"' in text
    assert token
    assert token not in text


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
        login = "\n".join(compose_login(partner, session, "openapi.yaml"))
    text = (room / "schemathesis.toml").read_text("utf-8")
    assert text.startswith(own)
    assert login
    assert login in text
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
        plain = compose(session, selection, Budget())
        slow = compose(session, selection, Budget(requests_per_minute=30))
    assert plain[plain.index("--rate-limit") + 1] == "90/m"
    assert slow[slow.index("--rate-limit") + 1] == "30/m"
