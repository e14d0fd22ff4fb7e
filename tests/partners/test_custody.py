"""The redactor of a run knows every secret of the machine, and what is public."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.errors import CredentialError
from workbench.partners import load_partner, open_redactor
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
OWN = "WORKBENCH_TAVOLA__SANDBOX__"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout with one partner."""
    shutil.copytree(ROOT / "contracts" / "tavola", tmp_path / "contracts" / "tavola")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    return Settings(root=tmp_path)


def test_every_secret_of_the_machine_is_known(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of this and other partners, of `.env`, addresses with passwords, keys."""
    given = {
        f"{OWN}CLIENT_SECRET": "own-secret-1234",
        f"{OWN}SECOND_CLIENT_SECRET": "second-secret-1234",
        f"{OWN}EXPIRED_TOKEN": "expired-token-1234",
        "WORKBENCH_BOCADO__SANDBOX__API_KEY": "other-key-1234",
        "WORKBENCH_SIGNING_KEY": "c2lnbmluZy1rZXktMTIzNA==",
        "WORKBENCH_STORE": "postgresql://me:data-base-1234@host/db",
        f"{OWN}BASE_URL": "http://127.0.0.1:1/v1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (settings.root / ".env").write_text(f"{OWN}WEBHOOK_SECRET='dot-env-secret-1234'\n", "utf-8")
    redactor = open_redactor(load_partner("tavola", settings), "sandbox", settings)
    for secret in (*list(given.values())[:5], "data-base-1234", "dot-env-secret-1234"):
        assert secret not in redactor.text(f"<{secret}>")
    assert redactor.text("http://127.0.0.1:1/v1") == "http://127.0.0.1:1/v1"


def test_a_user_name_that_the_folder_tells_is_public(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It harms no report; a secret in the same place stops everything before it begins."""
    manifest = settings.contracts / "tavola" / "partner.yaml"
    manifest.write_text(manifest.read_text("utf-8") + "# of tavola-kitchen-77\n", "utf-8")
    monkeypatch.setenv(f"{OWN}CLIENT_ID", "tavola-kitchen-77")
    partner = load_partner("tavola", settings)
    redactor = open_redactor(partner, "sandbox", settings)
    redactor.add("tavola-kitchen-77")
    assert redactor.text("tavola-kitchen-77") == "tavola-kitchen-77"
    assert redactor.is_told("Europe/Madrid")
    assert not redactor.is_told("tavola-kitchen-78")
    assert list(redactor.spared) == ["client_id"]
    monkeypatch.setenv(f"{OWN}CLIENT_SECRET", "tavola-kitchen-77")
    with pytest.raises(CredentialError, match=r"client_secret .* stands in partner\.yaml"):
        open_redactor(partner, "sandbox", settings)
