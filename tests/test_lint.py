"""Lint rules: silent on the embedded partners, loud on each damage to one of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from workbench.lint import fails, gather, lint
from workbench.lint.rules import arrange
from workbench.model.evidence import Finding, Severity
from workbench.partners import load_catalogue, load_partner
from workbench.settings import Settings

Damage = Callable[[dict, Path], None]


@pytest.fixture
def lint_damaged(root: Path, tmp_path: Path) -> Callable[[Damage], list[Finding]]:
    """Copies `bocado`, lets the test damage its manifest or folder, and lints the copy."""

    def run(damage: Damage) -> list[Finding]:
        folder = tmp_path / "contracts" / "bocado"
        shutil.copytree(root / "contracts" / "bocado", folder)
        manifest = yaml.safe_load((folder / "partner.yaml").read_text("utf-8"))
        damage(manifest, folder)
        (folder / "partner.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
        partner = load_partner("bocado", Settings(root=tmp_path))
        return lint(partner, load_catalogue())

    return run


@pytest.mark.parametrize("slug", ["bocado", "mesa", "tavola"])
def test_embedded_partners_are_clean(slug: str, settings: Settings) -> None:
    """Nothing worse than a remark is found in our own folders."""
    findings = lint(load_partner(slug, settings), load_catalogue())
    assert [item for item in findings if item.severity.rank <= Severity.MEDIUM.rank] == []


def _forget(manifest: dict, _: Path) -> None:
    del manifest["features"]["menu-section-write"]


def _change_document(_: dict, folder: Path) -> None:
    path = folder / "swagger.json"
    path.write_text(path.read_text("utf-8").replace("3.2.0", "3.2.1"), "utf-8")


def _invent_reason(manifest: dict, _: Path) -> None:
    manifest["features"]["menu-section-write"]["code"] = "R99"


def _drop_citation(manifest: dict, _: Path) -> None:
    del manifest["features"]["menu-section-write"]["cite"]


def _drop_mapping(manifest: dict, _: Path) -> None:
    del manifest["features"]["product-write"]["mapping"]


def _drop_samples(_: dict, folder: Path) -> None:
    shutil.rmtree(folder / "samples" / "product-write")


def _drop_rule(manifest: dict, _: Path) -> None:
    del manifest["webhooks"]["events"]["POST /webhooks/pedidos/nuevos"]


def _drop_signature(manifest: dict, _: Path) -> None:
    manifest["webhooks"]["signature"] = {"scheme": "none"}


def _drop_parameter(manifest: dict, _: Path) -> None:
    del manifest["parameters"]["PedidoId"]


def _misspell_path(_: dict, folder: Path) -> None:
    path = folder / "mapping.yaml"
    path.write_text(
        path.read_text("utf-8").replace("$.NumeroVisible", "$.NumeroInvisible"), "utf-8"
    )


@pytest.mark.parametrize(
    ("damage", "slug"),
    [
        (_forget, "feature-unstated"),
        (_change_document, "document-changed"),
        (_invent_reason, "reason-unknown"),
        (_drop_citation, "absence-without-citation"),
        (_drop_mapping, "mapping-missing"),
        (_drop_samples, "sample-missing"),
        (_misspell_path, "mapping-path-undocumented"),
        (_drop_rule, "event-without-rule"),
        (_drop_signature, "webhooks-unsigned"),
        (_drop_parameter, "parameter-unfilled"),
    ],
)
def test_each_damage_is_found(
    lint_damaged: Callable[[Damage], list[Finding]], damage: Damage, slug: str
) -> None:
    """Every rule fires on the damage that it is for, and says how to mend it."""
    found = [item for item in lint_damaged(damage) if item.slug == slug]
    assert found
    assert all(item.hint and item.pointer for item in found)


def test_findings_come_most_severe_first(
    lint_damaged: Callable[[Damage], list[Finding]],
) -> None:
    """The list begins with what must be mended."""

    def both(manifest: dict, folder: Path) -> None:
        _drop_citation(manifest, folder)
        _forget(manifest, folder) if "cite" in manifest else _drop_parameter(manifest, folder)

    ranks = [item.severity.rank for item in lint_damaged(both)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1


def test_secrets_in_a_folder_are_told(root: Path, tmp_path: Path) -> None:
    """A login that a person has left in a sample is named by place and name, never by value."""
    folder = tmp_path / "contracts" / "bocado"
    shutil.copytree(root / "contracts" / "bocado", folder)
    sample = folder / "samples" / "order-read" / "kept.json"
    sample.parent.mkdir(exist_ok=True)
    sample.write_text('{"id": "1", "callback": "https://till:h0rse-8d2f@shop.example"}', "utf-8")
    findings = lint(load_partner("bocado", Settings(root=tmp_path)), load_catalogue())
    (found,) = [item for item in findings if item.slug == "secret-in-document"]
    assert found.pointer == "samples/order-read/kept.json"
    assert found.severity is Severity.MEDIUM
    assert "h0rse" not in found.summary


def test_what_blocks_comes_first_and_the_rest_shares_rows() -> None:
    """Forty open features do not bury the one finding that stops a run."""

    def made(slug: str, severity: Severity, pointer: str) -> Finding:
        return Finding(
            slug=slug, severity=severity, summary=f"{slug}.", pointer=f"partner.yaml#/{pointer}"
        )

    opened = [made("feature-open", Severity.MEDIUM, f"features/f{n}") for n in range(40)]
    wrong = made("mapping-type-mismatch", Severity.HIGH, "m")
    blocking = [made("parameter-unfilled", Severity.MEDIUM, f"p{n}") for n in range(4)]
    note = made("absence-without-citation", Severity.LOW, "a")
    found = arrange([note, *opened, wrong, *blocking])
    rows = gather(found)

    kinds = [row.first.slug for row in rows]
    assert kinds == [*["parameter-unfilled"] * 4, wrong.slug, "feature-open", note.slug]
    assert rows[5].summary.startswith("feature-open. And 39 more: f1, f2")
    assert fails(found, "high")
    assert not fails(found, "critical")
    assert not fails(found, "never")
