"""A run of an invented partner, written as a real run writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from workbench.model.evidence import Evidence, Finding
from workbench.model.log import RunHeader
from workbench.model.statement import Absence, Binding, Limit, Statement
from workbench.partners import load_catalogue
from workbench.reporting.render import render_html
from workbench.reporting.report import SECTIONS, Report
from workbench.store import EvidenceLog, RunFolder

DIGEST = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

# Feature → operations or events, with the summary of the partner's document.
BOUND: dict[str, dict[str, str]] = {
    "order-read": {"GET /v2/pedidos/{pedidoId}": "Consulta un pedido"},
    "order-status-read": {"GET /v2/pedidos/{pedidoId}/estado": "Consulta el estado de un pedido"},
    "order-status-write": {
        "POST /v2/pedidos/{pedidoId}/aceptar": "Acepta un pedido nuevo",
        "POST /v2/pedidos/{pedidoId}/rechazar": "Rechaza un pedido nuevo",
        "POST /v2/pedidos/{pedidoId}/listo": "Marca un pedido como listo",
    },
    "menu-write": {"PUT /v2/locales/{localId}/carta": "Sustituye la carta completa"},
    "product-write": {"PATCH /v2/locales/{localId}/platos/{platoId}": "Cambia un plato"},
    "option-category-write": {"PUT /v2/locales/{localId}/extras/{grupoId}": "Grupo de extras"},
    "availability-write": {"PUT /v2/locales/{localId}/horario": "Horario semanal y cierres"},
    "order-created-event": {"webhook:pedidoNuevo": "Aviso de pedido nuevo"},
    "order-status-event": {"webhook:pedidoCambiado": "Aviso de cambio de estado"},
}
GIVEN = {
    "api-docs": "OpenAPI 3.1 document, version 2.7.0, in Spanish.",
    "webhook-docs": "Section “Webhooks” of the same document.",
    "test-account": "Test restaurant L-318 (Casa Marisol).",
    "sandbox-credentials": "Client identifier and secret for the test system.",
}
ABSENT: dict[str, tuple[str, str, str]] = {
    "menu-section-write": ("unsupported", "R8", "Sections travel only inside the whole menu."),
    "product-variant-write": (
        "unsupported",
        "R5",
        "Half and full portions cannot be told apart: each has to be a dish of its own.",
    ),
    "option-write": (
        "unsupported",
        "R8",
        "An extra that has run out cannot be switched off alone; the whole group is replaced.",
    ),
    "delivery-location-write": (
        "exempt",
        "R15",
        "Orders are delivered by the riders of Comanda, whose position it knows already.",
    ),
    "production-credentials": (
        "unsupported",
        "R3",
        "Keys of the live system are issued after the first validation session.",
    ),
} | dict.fromkeys(
    (
        "reservation-read",
        "reservation-status-read",
        "reservation-status-write",
        "reservation-created-event",
        "reservation-status-event",
    ),
    ("exempt", "R15", "Comanda takes orders for delivery and collection, not bookings."),
)
LATE = Finding(
    slug="stale-status",
    severity="high",
    summary="A cancelled order is still shown as accepted for up to two minutes",
    operation="GET /v2/pedidos/{pedidoId}/estado",
    expected="estado: ANULADO at once after the cancellation was notified",
    observed='{"id": "P-7741", "estado": "ACEPTADO"} 90 s later',
    hint="Answer from the same source as the notification, or say how old the status is",
    criterion="order-status-by-id",
    reproduction="curl -X GET 'https://pruebas.comanda.example/v2/pedidos/P-7741/estado' \\\n"
    "  -H 'Authorization: Bearer [REDACTED]'",
)
UNSAID = Finding(
    slug="undocumented-answer",
    severity="medium",
    summary="An unknown order is answered with 400 instead of the documented 404",
    operation="GET /v2/pedidos/{pedidoId}",
    pointer="/paths/~1v2~1pedidos~1{pedidoId}/get/responses",
    expected="404 with the documented error body",
    observed="400 Bad Request",
    hint="Answer 404, or document 400",
    criterion="order-not-found",
)
BARE = Finding(
    slug="no-examples",
    severity="low",
    summary="The document has no example of a collection order",
    pointer="/components/schemas/Pedido",
)

Build = Callable[..., RunFolder]


def statements() -> dict[str, Statement]:
    """What the folder of the invented partner states."""
    stated: dict[str, Statement] = {
        slug: Binding(subjects=tuple(subjects)) for slug, subjects in BOUND.items()
    }
    stated |= {slug: Binding(subjects=(given,)) for slug, given in GIVEN.items()}
    stated |= {
        slug: Absence(status=status, code=code, reason=reason, cite="comanda.yaml#/info")
        for slug, (status, code, reason) in ABSENT.items()
    }
    stated["menu-write"] = Binding(
        subjects=tuple(BOUND["menu-write"]),
        limits=(
            Limit(note="The menu is replaced whole, so every change sends everything", code="R8"),
        ),
        criteria={
            "menu-set-menu": Absence(
                status="unsupported", code="R5", reason="Comanda has no set menus with courses."
            ),
            "menu-translations": Absence(
                status="exempt", code="R15", reason="Menus are in one language at Comanda."
            ),
        },
    )
    return stated


def context() -> dict[str, Any]:
    """What the header of the invented partner says."""
    return {
        "kind": "marketplace",
        "locale": "es",
        "base_url": "https://pruebas.comanda.example/v2",
        "restaurant": "L-318 Casa Marisol",
        "documents": [
            {
                "name": "comanda.yaml",
                "format": "openapi",
                "version": "3.1.0",
                "title": "Comanda",
                "api_version": "2.7.0",
                "sha256": DIGEST,
                "size": 48_211,
                "servers": [],
            }
        ],
        "subjects": {
            name: {"id": name, "summary": summary, "document": "comanda.yaml", "pointer": "/paths"}
            for subjects in BOUND.values()
            for name, summary in subjects.items()
        },
        "mappings": _mappings(),
        "questions": [
            "Is a pedidoCambiado notification also sent when a rider changes?",
            "In which zone are the hours of restaurants on the Canary Islands?",
        ],
    }


def _mappings() -> dict[str, list[dict[str, Any]]]:
    return {
        "order": [
            row("ids.partner_id", "$.id"),
            row("status", "$.estado", "values", {"NUEVO": "placed", "ACEPTADO": "accepted"}),
            row("payment.status", "$.pago.estado", "values", {"PAGADO": "paid"}),
            row("placed_at", "$.creado", "instant"),
            row("currency", None, "always EUR"),
            row("totals.total", "$.importe.total", "minor units"),
        ],
        "order_step": [row("status", "$.estado", "values", {"LISTO": "ready"})],
        "menu": [row("name", "$.nombre"), row("sections", "$.secciones", "each")],
    }


def row(
    field: str, path: str | None, conversion: str = "", enum: dict[str, str] | None = None
) -> dict[str, Any]:
    """One row of a mapping table, as the mapping room writes it."""
    return {"field": field, "path": path, "conversion": conversion, "enum": enum}


def observations() -> list[Evidence]:
    """What the sources saw of the invented partner."""
    catalogue = load_catalogue()
    found = [
        Evidence(
            feature=slug,
            source="documents",
            outcome="passed",
            subject=next(iter(subjects)),
            summary=f"{next(iter(subjects))} is documented with its bodies and answers",
        )
        for slug, subjects in BOUND.items()
    ]
    found += [
        Evidence(
            feature=slug, source="documents", outcome="passed", summary=f"Received: {given}",
            criteria=tuple(item.slug for item in feature.criteria[:1]),
        )
        for slug, given in GIVEN.items()
        if (feature := catalogue.feature(slug))
    ]  # fmt: skip
    for slug in BOUND:
        feature = catalogue.feature(slug)
        assert feature is not None
        if slug != "option-category-write":
            found.append(_sample(slug, [item.slug for item in feature.criteria[1:5]]))
        if slug not in {"order-status-event", "option-category-write"}:
            found.append(_live(slug, [item.slug for item in feature.criteria if item.core]))
    return found + _troubles()


def _troubles() -> list[Evidence]:
    return [
        Evidence(
            feature="order-status-read", source="behaviour", outcome="failed", findings=(LATE,),
            summary="Cancelled an order and read its status until it changed",
            artefacts=("exchange.har",),
        ),
        Evidence(
            feature="order-read", source="contract", outcome="passed", findings=(UNSAID, BARE),
            summary="Sent 120 generated requests to GET /v2/pedidos/{pedidoId}",
        ),
        Evidence(
            feature="sandbox-credentials", source="behaviour", outcome="passed",
            summary="The token endpoint gave a token that an operation accepted",
            criteria=("sandbox-credentials-work",),
        ),
        Evidence(
            feature="option-category-write", source="samples", outcome="untested",
            summary="There is no recorded sample of a group of extras",
        ),
        Evidence(
            feature="option-category-write", source="behaviour", outcome="cant-tell",
            summary="Not tested: the test system answered 503 three times",
        ),
    ]  # fmt: skip


def _sample(slug: str, criteria: list[str]) -> Evidence:
    return Evidence(
        feature=slug,
        source="samples",
        outcome="passed",
        summary="Translated a recorded body and kept every rule of our model",
        criteria=tuple(item for item in criteria if item != "order-not-found"),
        detail={
            "mapping": "order" if slug.startswith("order") else "menu",
            "unread": ["/repartidor/matricula", "/etiquetas"],
            "unfilled": ["table", "/nota"],
        },
    )


def _live(slug: str, criteria: list[str]) -> Evidence:
    event = slug.endswith("-event")
    return Evidence(
        feature=slug,
        source="receipts" if event else "behaviour",
        outcome="passed",
        summary="Received a genuine notification and answered in time"
        if event
        else "Called the operation and read its effect back",
        criteria=tuple(item for item in criteria if item != "order-not-found"),
        artefacts=("exchange.har",),
        environment="sandbox",
    )


def header(**changes: Any) -> RunHeader:
    """The header of the invented partner's run."""
    values: dict[str, Any] = {
        "run": "20261123T091500Z",
        "partner": "comanda",
        "title": "Comanda",
        "environment": "sandbox",
        "seed": 7,
        "started_at": datetime.now(UTC),
        "workbench": "0.1.0",
        "python": "3.11.7",
        "tools": {"schemathesis": "4.32.0", "httpx": "0.28.1"},
        "inputs": {"comanda.yaml": DIGEST, "partner.yaml": DIGEST, "mapping.yaml": DIGEST},
        "catalogue": load_catalogue().digest,
        "statements": statements(),
        "context": context(),
    }
    return RunHeader.model_validate(values | changes)


@pytest.fixture
def build_run(tmp_path: Path) -> Build:
    """Write a run folder; without arguments that of the invented partner, complete."""
    return builder(tmp_path / "reports")


def builder(reports: Path) -> Build:
    """What writes run folders there."""

    def build(
        evidence: Iterable[Evidence] | None = None, *, complete: bool = True, **changes: Any
    ) -> RunFolder:
        head = header(**changes)
        folder = RunFolder.create(reports, head.partner, head.run)
        log = EvidenceLog(folder.log, head)
        for line in observations() if evidence is None else evidence:
            log.add(line)
        if complete:
            log.finish()
        else:
            log._file.close()
        return folder

    return build


@pytest.fixture
def run(build_run: Build) -> RunFolder:
    """The run of the invented partner."""
    return build_run()


@pytest.fixture
def report(run: RunFolder) -> Report:
    """The report on it."""
    return read(run.path)


def read(folder: Path | str, language: str = "en") -> Report:
    """The report on a run, in English although the invented partner is Spanish."""
    return Report.read(folder, language)


def make_page(report: Report, page: Path) -> str:
    """The page of a report as nbconvert makes it, from outputs that no kernel had to make."""
    cells = [
        new_code_cell(
            f"report.section({name!r})",
            outputs=[
                new_output("display_data", data={"text/html": report.section(name)._repr_html_()})
            ],
        )
        for name in SECTIONS
    ]
    notebook = page.with_suffix(".ipynb")
    nbformat.write(new_notebook(cells=cells), notebook)
    made = render_html(notebook, page, title=report.title, language=report.language.code)
    return made.read_text("utf-8")
