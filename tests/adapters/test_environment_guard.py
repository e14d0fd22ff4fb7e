"""Production under another name is recognised, and nothing is written where it should not be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.adapters.environment_guard import find_hindrances
from workbench.adapters.session import Session
from workbench.errors import InputError
from workbench.lint import lint
from workbench.partners import Partner, load_catalogue, load_partner
from workbench.settings import Settings
from workbench.validation import Validation

Make = Callable[..., Partner]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a folder with these addresses, and these servers in its document."""

    def make_(
        sandbox: str,
        production: str | None = None,
        *,
        servers: list[dict[str, str]] | None = None,
        **more: Any,
    ) -> Partner:
        folder = tmp_path / "contracts" / "nook"
        folder.mkdir(parents=True, exist_ok=True)
        document = json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "Nook", "version": "1"},
                "servers": servers or [],
                "paths": {},
            }
        )
        (folder / "api.json").write_text(document)
        environments: dict[str, Any] = {"sandbox": {"base_url": sandbox, **more}}
        if production:
            environments["production"] = {"base_url": production}
        sha256 = hashlib.sha256(document.encode()).hexdigest()
        manifest = {
            "partner": "nook",
            "title": "Nook",
            "timezone": "Europe/Madrid",
            "currency": "EUR",
            "documents": [{"path": "api.json", "sha256": sha256}],
            "environments": environments,
            "auth": {"scheme": "none"},
            "features": {},
        }
        (folder / "partner.yaml").write_text(yaml.safe_dump(manifest))
        return load_partner("nook", Settings(root=tmp_path))

    return make_


SAME = [
    ("https://api.nook.example/v1", "https://api.nook.example/v1"),
    ("https://api.nook.example/v1/", "https://API.nook.example/v1"),
    ("https://api.nook.example", "https://api.nook.example/v1"),
    ("https://api.nook.example/v1", "https://api.nook.example/v1/restaurants"),
    ("https://api.nook.example:443/v1", "https://api.nook.example/v1"),
    ("http://api.nook.example/v1", "https://api.nook.example/v1"),
    ("https://api.nook.example/x/../v1", "https://api.nook.example/v1"),
    ("https://api.nook.example/%76%31", "https://api.nook.example/v1"),
    ("https://api.nook.example/./v1//", "https://api.nook.example/V1"),
]


@pytest.mark.parametrize(("sandbox", "production"), SAME)
def test_sandbox_that_is_production_is_not_written(
    make: Make, sandbox: str, production: str
) -> None:
    """However it is spelt: lint has an error, and no run that writes begins."""
    partner = make(sandbox, production)
    slugs = [item.slug for item in lint(partner, load_catalogue()) if item.severity.breaks]
    assert "sandbox-is-production" in slugs
    settings = Settings(root=partner.folder.parent.parent)
    with pytest.raises(InputError):
        Session(partner, "sandbox", settings, allow_writes=True)
    with pytest.raises(InputError):
        Validation.open("nook", allow_writes=True, settings=settings)
    assert not (settings.reports / "nook").exists()


@pytest.mark.parametrize(
    ("sandbox", "production"),
    [
        ("https://sandbox.nook.example/v1", "https://api.nook.example/v1"),
        ("https://api.nook.example/sandbox", "https://api.nook.example/v1"),
        ("https://api.nook.example/v1/sandbox", "https://api.nook.example/v1"),
        ("https://api.nook.example/v1", "https://api.nook.example/v10"),
        ("https://api.nook.example:8443/v1", "https://api.nook.example/v1"),
        ("http://127.0.0.1:8801/v1", "https://api.nook.example/v1"),
        ("https://sandbox.nook.example", None),
    ],
)
def test_sandbox_of_its_own_may_be_written(
    make: Make, sandbox: str, production: str | None
) -> None:
    """Another host, port or path is another system."""
    partner = make(sandbox, production)
    assert find_hindrances(partner, "sandbox") == []
    settings = Settings(root=partner.folder.parent.parent)
    Session(partner, "sandbox", settings, allow_writes=True).close()


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("https://10.1.2.3/v1", "address-private"),
        ("https://192.168.0.9/v1", "address-private"),
        ("https://[fd12::1]/v1", "address-private"),
        ("https://100.64.0.1/v1", "address-private"),
        ("http://sandbox.nook.example/v1", "address-unencrypted"),
    ],
)
def test_inner_and_open_addresses_are_only_read(make: Make, address: str, slug: str) -> None:
    """Lint names them as errors; a run without writes is possible, one with writes is not."""
    partner = make(address)
    found = {item.slug: item for item in lint(partner, load_catalogue())}
    assert found[slug].severity.breaks
    assert found[slug].hint
    settings = Settings(root=partner.folder.parent.parent)
    Session(partner, "sandbox", settings).close()
    with pytest.raises(InputError) as caught:
        Session(partner, "sandbox", settings, allow_writes=True)
    assert "Without writing" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "100.100.100.200"]
)
@pytest.mark.parametrize("field", ["base_url", "control_url", "hosts"])
def test_metadata_is_refused_before_anything_is_sent(make: Make, host: str, field: str) -> None:
    """Also without writes, and wherever the folder states it."""
    address = f"https://{host}/latest"
    if field == "base_url":
        partner = make(address)
    elif field == "hosts":
        partner = make("https://sandbox.nook.example", hosts=[host])
    else:
        partner = make("https://sandbox.nook.example", control_url=address)
    settings = Settings(root=partner.folder.parent.parent)
    with pytest.raises(InputError, match="never called"):
        Session(partner, "sandbox", settings)


LIVE = {"url": "https://api.nook.example/v1", "description": "Production"}
TEST = {"url": "https://test.nook.example/v1"}


@pytest.mark.parametrize(
    "servers",
    [
        [LIVE],
        [{"url": "https://live.nook.example/v1"}, {"url": "https://api.nook.example/v1/live"}],
        [TEST, {"url": "https://api.nook.example/v1"}],
        [{"url": "https://api.nook.example"}, {**TEST, "description": "Sandbox"}],
        [{"url": "https://api.nook.example/{v}", "description": "Live system"}],
    ],
)
def test_production_of_the_document_asks_first(make: Make, servers: list[dict[str, str]]) -> None:
    """A server that the document calls production is a sandbox only when a person says so."""
    partner = make("https://api.nook.example/v1", servers=servers)
    assert [item.slug for item in find_hindrances(partner, "sandbox")] == [
        "sandbox-named-production"
    ]
    settings = Settings(root=partner.folder.parent.parent)
    with pytest.raises(InputError, match="speaks of it as production"):
        Session(partner, "sandbox", settings, allow_writes=True)
    agreed = make(
        "https://api.nook.example/v1", servers=servers, consent="Ana at Nook, 2026-11-02, by mail"
    )
    assert find_hindrances(agreed, "sandbox") == []


@pytest.mark.parametrize(
    "servers",
    [
        [{"url": "https://api.nook.example/v1"}],
        [{"url": "https://api.nook.example/v1", "description": "Sandbox, not production"}],
        [{"url": "/v1"}],
        [{"url": "https://api.nook.example/v1", "description": "Delivery and products"}],
    ],
)
def test_server_without_such_words_is_as_stated(make: Make, servers: list[dict[str, str]]) -> None:
    """Where the document says nothing of production, the folder's word counts."""
    assert find_hindrances(make("https://api.nook.example/v1", servers=servers), "sandbox") == []


def test_address_of_this_machine_is_judged_in_place_of_the_stated_one(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called counts: a simulator may stand in for an address that is never written."""
    partner = make("https://api.nook.example/v1", "https://api.nook.example/v1")
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__BASE_URL", "http://127.0.0.1:9/v1")
    settings = Settings(root=partner.folder.parent.parent)
    session = Session(partner, "sandbox", settings, allow_writes=True)
    session.close()
    assert session.allow_writes
    assert any("127.0.0.1" in str(place) for place in session.client.allowed)
