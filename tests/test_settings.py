"""Folders and credentials: found where they are said to be, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import CredentialError, InputError
from workbench.settings import Settings, find_root, load_settings, variable_name

CANARY = "canary-9f2c"


def test_the_checkout_is_found_from_a_folder_below_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands work in any folder of a checkout."""
    monkeypatch.chdir(root / "tests")
    assert load_settings().contracts == root / "contracts"
    assert find_root(root / "tests" / "model") == root


def test_folders_can_be_moved_by_the_environment(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WORKBENCH_REPORTS` puts reports elsewhere and leaves the rest."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path))
    settings = load_settings()
    assert settings.reports == tmp_path
    assert settings.contracts == root / "contracts"


def test_a_folder_without_partners_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a project the error says what to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert "WORKBENCH_ROOT" in (caught.value.hint or "")


def test_a_credential_comes_from_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named after partner, environment and credential."""
    monkeypatch.setenv("WORKBENCH_MY_SHOP__SANDBOX__API_KEY", CANARY)
    found = settings.credential("my-shop", "sandbox", "api_key")
    assert found.get_secret_value() == CANARY
    assert CANARY not in repr(found)
    assert CANARY not in repr(settings)


def test_a_missing_credential_names_both_places(settings: Settings) -> None:
    """The error says which variable to set and how to use the keyring instead."""
    with pytest.raises(CredentialError) as caught:
        settings.credential("tavola", "sandbox", "client_id")
    assert "WORKBENCH_TAVOLA__SANDBOX__CLIENT_ID" in (caught.value.hint or "")
    assert "keyring set workbench/tavola/sandbox client_id" in (caught.value.hint or "")


def test_a_credential_of_one_environment_is_not_used_for_another(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sandbox credentials never reach production."""
    monkeypatch.setenv(variable_name("tavola", "sandbox", "client_id"), CANARY)
    with pytest.raises(CredentialError):
        settings.credential("tavola", "production", "client_id")


def test_only_a_sandbox_address_can_be_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable can lead production elsewhere."""
    for environment in ("sandbox", "production"):
        name = variable_name("tavola", environment, "base_url")
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert settings.url("tavola", "sandbox", "base_url") == "http://127.0.0.1:1"
    assert settings.url("tavola", "production", "base_url") is None


def test_the_project_file_says_who_publishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Organisation, contact and logo stand in `workbench.toml`; the environment goes first."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    (tmp_path / "workbench.toml").write_text(
        'organisation = "Mantel"\ncontact = "a@mantel.example"\nlogo = "logo.svg"\n', "utf-8"
    )
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_CONTACT", "b@mantel.example")
    publisher = load_settings().publisher()
    assert publisher["organisation"] == "Mantel"
    assert publisher["contact"] == "b@mantel.example"
    assert publisher["logo"].startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(
    "text", ["organisation = ", 'organization = "x"', "contact = 3", 'logo = "missing.png"']
)
def test_a_wrong_project_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """What cannot be read, is unknown, or names no picture says where to mend it."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "workbench.toml").write_text(text, "utf-8")
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    with pytest.raises(InputError) as caught:
        load_settings().publisher()
    assert caught.value.hint
    assert str(tmp_path) in (caught.value.location or "")


def test_credentials_that_are_not_set_are_named_by_their_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has to set something is told what, and of what is set nothing."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / ".env").write_text("WORKBENCH_NOOK__SANDBOX__API_KEY=k-1\n", "utf-8")
    (tmp_path / ".env").chmod(0o600)
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__USERNAME", "kitchen")
    names = ("api_key", "username", "password")
    assert Settings(root=tmp_path).unset("nook", "sandbox", names) == [
        "WORKBENCH_NOOK__SANDBOX__PASSWORD"
    ]
