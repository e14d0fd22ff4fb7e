"""The letter that starts an integration: what is asked for, what came, and never a secret."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.errors import InputError
from workbench.handover.request import (
    Letter,
    RequestState,
    compose_letter,
    write_letter,
    write_letter_text,
)
from workbench.reporting.language import list_languages
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project with the embedded partners, our name and our public address, and no run."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_PUBLIC_URL", "https://hooks.kitchen.example/")
    monkeypatch.setenv("WORKBENCH_ORGANISATION", "Kitchen Table")
    monkeypatch.setenv("WORKBENCH_CONTACT", "hello@kitchen.example")
    return Settings()


def arrivals(letter: Letter) -> dict[str, RequestState]:
    """What came, by what it is."""
    return {wish.slug: wish.arrival for wish in letter.wishes}


def test_the_first_letter_needs_no_folder(settings: Settings) -> None:
    """Before there is a folder everything is asked for, and our address stands already."""
    letter = compose_letter("nuevo", settings, language="es", title="Nuevo & Compañía")
    assert set(arrivals(letter).values()) == {RequestState.MISSING}
    assert letter.is_first
    page = write_letter(letter)
    assert "Nuevo &amp; Compañía" in page
    assert "https://hooks.kitchen.example/nuevo/webhooks" in page
    assert 'lang="es"' in page


def test_without_folder_and_name_there_is_no_letter(settings: Settings) -> None:
    """The error says how to give the name."""
    with pytest.raises(InputError, match="no partner folder") as caught:
        compose_letter("nuevo", settings)
    assert "--title" in str(caught.value.hint)


def test_what_has_come_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers come with the folder, credentials with this machine, and each by its name alone."""
    before = arrivals(compose_letter("tavola", settings))
    assert before["api-docs"] is RequestState.ARRIVED
    assert before["sandbox-credentials"] is RequestState.MISSING
    assert before["webhook-address"] is RequestState.MISSING
    for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"WORKBENCH_TAVOLA__SANDBOX__{name}", f"canary-{name}-4711")
    letter = compose_letter("tavola", settings)
    assert arrivals(letter)["sandbox-credentials"] is RequestState.ARRIVED
    for text in (write_letter(letter), write_letter_text(letter), json.dumps(letter.as_json())):
        assert "canary" not in text


def test_a_missing_credential_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three are not enough; the third is asked for by name."""
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"WORKBENCH_TAVOLA__SANDBOX__{name}", "canary-4711-4711")
    letter = compose_letter("tavola", settings)
    wish = next(item for item in letter.wishes if item.slug == "sandbox-credentials")
    assert (wish.arrival, wish.missing) == (RequestState.MISSING, ("webhook_secret",))


def test_the_letter_is_in_the_language_of_the_partner(settings: Settings) -> None:
    """The manifest's locale decides, and sentences of the folder are said in that language."""
    letter = compose_letter("bocado", settings)
    assert letter.language.code == "es"
    text = write_letter_text(letter, is_mail=True)
    subject, blank, *_ = text.splitlines()
    assert subject == "Kitchen Table: lo que necesitamos para conectar con Bocado"
    assert blank == ""
    assert "issued" not in text
    assert compose_letter("bocado", settings, language="en").language.code == "en"


@pytest.mark.parametrize("code", list_languages())
@pytest.mark.parametrize("slug", ["bocado", "mesa", "tavola"])
def test_every_form_tells_the_same(settings: Settings, slug: str, code: str) -> None:
    """Page, Markdown and mail name every item, every question and our address."""
    letter = compose_letter(slug, settings, language=code)
    page, text = write_letter(letter), write_letter_text(letter)
    mail = write_letter_text(letter, is_mail=True)
    for wish in letter.wishes:
        assert wish.title in text
        assert wish.title in mail
        assert wish.title in page
    for question in letter.questions:
        assert question in text
        assert question in mail
    assert letter.address in page
    assert "#" not in mail
    assert "<script" not in page


def test_open_features_are_asked_for(settings: Settings) -> None:
    """What nobody could judge from the documents is asked in the letter."""
    path = settings.contracts / "tavola" / "partner.yaml"
    text = path.read_text("utf-8")
    bound = text[text.index("  delivery-location-write:") : text.index("  availability-write:")]
    path.write_text(text.replace(bound, "  delivery-location-write: {status: open}\n"), "utf-8")
    assert "rider" in " ".join(compose_letter("tavola", settings).open_features).lower()


def test_words_of_others_do_nothing_in_a_mail(settings: Settings) -> None:
    """A name of several lines stays on its line, and markup is text on the page."""
    letter = compose_letter("evil", settings, title="A\r\nBcc: x@evil.example <b>\x1b[2J")
    assert "<b>" not in write_letter(letter)
    subject = write_letter_text(letter, is_mail=True).splitlines()[0]
    assert "Bcc" in subject
    assert "\x1b" not in subject


def test_the_command_exits_by_what_is_missing(settings: Settings) -> None:
    """While something is missing the command exits with 1; JSON has an outcome for each item."""
    result = CliRunner().invoke(main, ["request", "tavola", "--json"])
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert {item["outcome"] for item in told["items"]} == {"arrived", "missing"}
    assert told["webhook_address"] == "https://hooks.kitchen.example/tavola/webhooks"
