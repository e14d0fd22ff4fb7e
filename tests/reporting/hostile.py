"""The invented partner's run, with a hostile text in every string that the partner controls."""

from __future__ import annotations

from typing import Any

from workbench.model.evidence import Evidence, Finding
from workbench.model.log import RunHeader
from workbench.model.statement import Absence, Binding, Limit, Statement

from .conftest import context, header, row

PAYLOADS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)></style>",
    "</details></table></section></main><h1>Certified</h1>",
    "<a href=javascript:alert(1)>open</a>",
    "<form action=//evil.example><button>Sign</button></form>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<!--><b>bold</b>-->",
    "{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "&lt;script&gt;\x1b[31m\u202eevil\x00",
)


def hostile(payload: str) -> tuple[RunHeader, list[Evidence]]:
    """Header and evidence of the run."""
    head = header(
        title=payload,
        statements=_statements(payload),
        context=_context(payload),
        inputs={payload: payload},
        tools={payload: payload},
        environment=payload,
    )
    return head, _lines(payload)


def _statements(payload: str) -> dict[str, Statement]:
    return {
        "order-read": Binding(
            subjects=(payload,), limits=(Limit(note=payload, code="R8"),),
        ),
        "order-status-read": Binding(subjects=("GET /x",)),
        "menu-write": Absence(
            status="unsupported", code="R5", reason=payload.ljust(10, "."), cite=payload,
            needed=payload,
        ),
        "product-write": Absence(status="exempt", code="R15", reason=payload.ljust(10, ".")),
        "test-account": Binding(subjects=(payload,)),
    }  # fmt: skip


def _lines(payload: str) -> list[Evidence]:
    grave = Finding(
        slug="bad", severity="high", summary=payload, pointer=payload, operation=payload,
        expected=payload, observed=payload, hint=payload, reproduction=payload,
    )  # fmt: skip
    small = Finding(slug="odd", severity="low", summary=payload, pointer=payload)
    lines = [
        Evidence(
            feature=feature, source=source, outcome="failed", summary=payload, subject=payload,
            findings=(grave, small), artefacts=(payload,), criteria=("order-by-id",),
            detail={"mapping": payload, "unread": [payload], "unfilled": [payload]},
        )
        for feature, source in (("order-read", "contract"), ("order-status-read", "samples"))
    ]  # fmt: skip
    return lines + [
        Evidence(feature="order-read", source=source, outcome="passed", summary=payload)
        for source in ("documents", "samples", "behaviour")
    ]


def _context(payload: str) -> dict[str, Any]:
    changed = context()
    changed["documents"][0] |= dict.fromkeys(("name", "format", "version", "api_version"), payload)
    subject = {"id": payload, "summary": payload, "document": payload, "pointer": payload}
    return changed | {
        "locale": payload,
        "restaurant": payload,
        "base_url": payload,
        "subjects": {payload: subject, "GET /x": subject},
        "questions": [payload],
        "mappings": {payload: [row(f"{payload}status", payload, payload, {payload: payload})]},
    }
