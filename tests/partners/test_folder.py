"""Partner folders: loaded whole, or refused with the place and the mend."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from workbench.errors import DescriptionError, InputError, ManifestError
from workbench.model.statement import Absence, Binding
from workbench.partners import Partner, list_partners, load_catalogue, load_partner
from workbench.settings import Settings


@pytest.fixture
def load_changed(root: Path, tmp_path: Path) -> Callable[[Callable[[dict], None]], Partner]:
    """Copies `mesa`, lets the test change its manifest, and loads the copy."""

    def run(change: Callable[[dict], None]) -> Partner:
        folder = tmp_path / "contracts" / "mesa"
        shutil.copytree(root / "contracts" / "mesa", folder)
        manifest = yaml.safe_load((folder / "partner.yaml").read_text("utf-8"))
        change(manifest)
        (folder / "partner.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
        return load_partner("mesa", Settings(root=tmp_path))

    return run


def test_partners_are_listed(settings: Settings) -> None:
    """The three embedded partners are found by their manifests."""
    assert list_partners(settings) == ["bocado", "feria", "mesa", "tavola"]


def test_a_partner_is_loaded_whole(settings: Settings) -> None:
    """Documents, bindings, mappings and samples hang together."""
    partner = load_partner("mesa", settings)
    assert partner.operations("reservation-read")[0][1].method == "GET"
    assert partner.events("reservation-created-event")[0][0] == "webhook:reservation.created"
    assert partner.translator("reservation-read") is not None
    assert partner.samples("reservation-read")
    assert isinstance(partner.statement("reservation-read"), Binding)
    assert isinstance(partner.statement("order-read"), Absence)
    assert partner.drifted == ()
    assert set(partner.inputs) >= {"partner.yaml", "mapping.yaml", "webhooks.md"}


def test_all_eighteen_features_are_exercised(settings: Settings) -> None:
    """Between them the embedded partners bind every service and event of the catalogue."""
    bound = set()
    for slug in list_partners(settings):
        partner = load_partner(slug, settings)
        for feature in load_catalogue().bindable():
            if isinstance(partner.statement(feature.slug), Binding):
                bound.add(feature.slug)
    assert bound == {feature.slug for feature in load_catalogue().bindable()}
    assert len(bound) == 18


def test_features_that_we_give_need_no_statement(settings: Settings) -> None:
    """Where the folder is silent about what we provide ourselves, that stands for a binding."""
    assert isinstance(load_partner("mesa", settings).statement("mapping-sheet"), Binding)


def _misspell_feature(manifest: dict) -> None:
    manifest["features"]["reservation-raed"] = manifest["features"].pop("reservation-read")


def _misspell_operation(manifest: dict) -> None:
    manifest["features"]["reservation-read"]["operations"] = ["GET /reservation/{reservationId}"]


def _misspell_mapping(manifest: dict) -> None:
    manifest["features"]["reservation-read"]["mapping"] = "reservaton"


def _misspell_criterion(manifest: dict) -> None:
    manifest["features"]["reservation-read"]["limits"] = [
        {"note": "a limit", "criterion": "reservation-by-idd"}
    ]


def _misspell_key(manifest: dict) -> None:
    manifest["features"]["reservation-read"]["operaciones"] = []


def _leave_reason_out(manifest: dict) -> None:
    del manifest["features"]["order-read"]["reason"]


def _say_both(manifest: dict) -> None:
    manifest["features"]["reservation-read"]["status"] = "unsupported"


def _rename(manifest: dict) -> None:
    manifest["partner"] = "mensa"


def _put_password_in_address(manifest: dict) -> None:
    manifest["environments"]["sandbox"]["base_url"] = "http://user:pass@127.0.0.1:8803/rest"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_misspell_feature, "no feature 'reservation-raed'"),
        (_misspell_operation, "no operation or event"),
        (_misspell_mapping, "no mapping 'reservaton'"),
        (_misspell_criterion, "no criterion 'reservation-by-idd'"),
        (_misspell_key, "operaciones"),
        (_leave_reason_out, "needs a `code`"),
        (_say_both, "either a binding"),
        (_rename, "mensa"),
        (_put_password_in_address, "base_url"),
    ],
)
def test_a_wrong_manifest_is_refused_with_a_place_and_a_hint(
    load_changed: Callable[[Callable[[dict], None]], Partner],
    change: Callable[[dict], None],
    words: str,
) -> None:
    """Each mistake is one located error that says how to mend it."""
    with pytest.raises(ManifestError) as caught:
        load_changed(change)
    assert words in caught.value.message
    assert "partner.yaml" in (caught.value.location or "")
    assert caught.value.hint


def test_a_misspelt_name_is_guessed(
    load_changed: Callable[[Callable[[dict], None]], Partner],
) -> None:
    """The hint offers the nearest known name."""
    with pytest.raises(ManifestError) as caught:
        load_changed(_misspell_feature)
    assert "reservation-read" in (caught.value.hint or "")


def test_a_document_outside_the_folder_is_refused(
    load_changed: Callable[[Callable[[dict], None]], Partner], tmp_path: Path
) -> None:
    """A manifest cannot reach for files elsewhere on the machine."""
    (tmp_path / "secret.json").write_text("{}", "utf-8")

    def reach_out(manifest: dict) -> None:
        manifest["documents"][0]["path"] = "../../secret.json"

    with pytest.raises(DescriptionError, match="not in the partner's folder"):
        load_changed(reach_out)


def test_an_unknown_partner_is_guessed(settings: Settings) -> None:
    """A misspelt slug is answered with the nearest one."""
    with pytest.raises(InputError) as caught:
        load_partner("tavolla", settings)
    assert "tavola" in (caught.value.hint or "")


def test_a_new_folder_needs_no_other_change(
    load_changed: Callable[[Callable[[dict], None]], Partner],
) -> None:
    """A partner is a folder: one that appears elsewhere works by itself."""
    assert load_changed(lambda manifest: None).title == "Mesa"
