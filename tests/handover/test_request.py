"""The letter that starts an integration: what is asked for, what came, and never a secret."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.drafting import ask_about
from workbench.errors import InputError
from workbench.handover.request import (
    Letter,
    RequestState,
    compose_letter,
    write_letter,
    write_letter_text,
)
from workbench.model import FeatureKind
from workbench.partners import load_catalogue
from workbench.reporting.language import list_languages, load_language, translate
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


def test_what_was_noted_before_credentials_came_is_not_told_of_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft notes that there are none yet; once they are there, the letter does not say so."""
    path = settings.contracts / "tavola" / "partner.yaml"
    manifest = yaml.safe_load(path.read_text("utf-8"))
    noted = {"status": "open", "reason": "No credentials have been given yet."}
    manifest["features"]["sandbox-credentials"] = noted
    path.write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    assert "No credentials have been given yet" in write_letter(compose_letter("tavola", settings))
    for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"WORKBENCH_TAVOLA__SANDBOX__{name}", "canary-4711-4711")
    letter = compose_letter("tavola", settings)
    assert arrivals(letter)["sandbox-credentials"] is RequestState.ARRIVED
    assert "No credentials have been given yet" not in write_letter(letter)


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


def restate(settings: Settings, **told: Any) -> None:
    """Say something else of features in Tavola's folder, or ask other questions."""
    path = settings.contracts / "tavola" / "partner.yaml"
    manifest = yaml.safe_load(path.read_text("utf-8"))
    manifest["questions"] += told.pop("questions", [])
    manifest["features"] |= {name.replace("_", "-"): stated for name, stated in told.items()}
    path.write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")


@pytest.mark.parametrize("code", list_languages())
def test_open_features_are_asked_for_once(settings: Settings, code: str) -> None:
    """What the documents do not tell is one point of the letter, with what came near it."""
    rider = load_catalogue().feature("delivery-location-write")
    assert rider
    asked = f"{ask_about(rider)} The nearest that we found is POST /x."
    questions = [asked, "What is the address of your production environment?"]
    restate(settings, delivery_location_write={"status": "open"}, questions=questions)
    letter = compose_letter("tavola", settings, language=code)
    known = translate(load_catalogue(), load_language(code)).feature(rider.slug)
    assert known
    assert len(letter.open_features) == 1
    assert letter.open_features[0].startswith(f"{known.title}. ")
    assert "POST /x" in letter.open_features[0]
    assert not any("POST /x" in question for question in letter.questions)
    is_english = "production environment" in letter.questions[-1]
    assert is_english == (code == "en")


@pytest.mark.parametrize(
    ("code", "arrival"),
    [("R1", "none"), ("R5", "none"), ("R3", "missing"), ("R15", "needless"), ("R19", "needless")],
)
def test_what_a_platform_does_not_have_is_not_asked_for(
    settings: Settings, code: str, arrival: str
) -> None:
    """None, not yet and not needed are three things, in every form and for every wanted thing."""
    stated = {"status": "unsupported", "code": code, "reason": "They have told us so on Monday."}
    restate(
        settings,
        webhook_docs=stated,
        test_account={"given": "A restaurant.", "criteria": {"dashboard-access": stated}},
    )
    letter = compose_letter("tavola", settings, language="en")
    told = arrivals(letter)
    assert {told["webhook-docs"].value, told["dashboard"].value} == {arrival}
    for text in (write_letter(letter), write_letter_text(letter)):
        assert letter.language.say(f"request.arrivals.{arrival}") in text
        assert text.count("They have told us so on Monday.") == 2
        assert ("our own eyes" in text) == (arrival == "missing")


def test_a_platform_without_notifications_needs_no_address(settings: Settings) -> None:
    """Where every notification is stated as absent, nobody is asked to enter our address."""
    none = {"status": "unsupported", "code": "R1", "reason": "Tavola sends no notifications."}
    events = (item for item in load_catalogue().bindable() if item.kind is FeatureKind.EVENT)
    restate(settings, **{item.slug.replace("-", "_"): none for item in events})
    letter = compose_letter("tavola", settings, language="en")
    assert arrivals(letter)["webhook-address"] is RequestState.NEEDLESS
    assert letter.address not in write_letter(letter) + write_letter_text(letter)


def test_what_may_be_left_out_of_a_login_is_not_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Client id and secret beside a user name are sent where they are set, and never asked for."""
    path = settings.contracts / "tavola" / "partner.yaml"
    manifest = yaml.safe_load(path.read_text("utf-8"))
    manifest["auth"] |= {"scheme": "oauth2-password", "credentials": []}
    path.write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    for name in ("USERNAME", "PASSWORD", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"WORKBENCH_TAVOLA__SANDBOX__{name}", "canary-4711-4711")
    letter = compose_letter("tavola", settings)
    assert arrivals(letter)["sandbox-credentials"] is RequestState.ARRIVED


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
    assert {item["outcome"] for item in told["items"]} == {"arrived", "missing", "none"}
    assert told["webhook_address"] == "https://hooks.kitchen.example/tavola/webhooks"
