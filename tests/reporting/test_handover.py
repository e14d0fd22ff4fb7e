"""A report that one can act on: what went over the wire, what to paste, whom to answer."""

from __future__ import annotations

import base64
import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.model.evidence import Evidence, Exchange, Finding, Matter, Source
from workbench.reporting.build_server import write_badge_json, write_junit, write_sarif
from workbench.reporting.document import write_json
from workbench.reporting.engineer import write_engineer
from workbench.reporting.formats import choose_formats, write_formats
from workbench.reporting.history import write_snapshot
from workbench.reporting.language import read_words
from workbench.reporting.markdown_report import write_job_summary, write_markdown
from workbench.reporting.pdf import write_pdf
from workbench.reporting.phrase import translate_phrase
from workbench.reporting.portal import build_portal
from workbench.reporting.report import Report
from workbench.store import EvidenceLog

from .conftest import Build, context, make_page, observations, read

pypdf = pytest.importorskip("pypdf")

MOMENT = datetime(2026, 11, 23, 9, 15, 2, tzinfo=UTC)
LONG = json.dumps({"lineas": [{"nombre": f"plato {number}"} for number in range(200)]})
WIRE = Exchange(
    at=MOMENT,
    request="GET https://pruebas.comanda.example/v2/pedidos/P-1",
    headers={"Accept": "application/json", "X-Clave": "[REDACTED]"},
    status=200,
    answer_headers={"content-type": "application/json"},
    answer=LONG,
)
WRONG = Finding(
    slug="total-wrong",
    severity="high",
    summary="The total in `GET /v2/pedidos/{pedidoId}` is a text; your document says number",
    operation="GET /v2/pedidos/{pedidoId}",
    expected='{"total": 12.5}',
    observed=LONG,
    reproduction='curl --include --request GET https://pruebas.comanda.example/v2/pedidos/P-1 '
    '--header "X-Clave: $WORKBENCH_COMANDA__SANDBOX__CLAVE"',
    exchange=WIRE,
)  # fmt: skip
FORGED = Finding(
    slug="webhook-not-genuine",
    severity="high",
    summary="A delivery came whose signature is not right",
    operation="webhook:pedidoNuevo",
    exchange=Exchange(
        at=MOMENT,
        request="POST /comanda/webhooks/pedidos",
        headers={"x-firma": "abc"},
        body='{"id": "P-1"}',
        facts={
            "delivery_id": "entrega-77",
            "signature_header": "X-Firma",
            "signed_text": '1795425302.{"id": "P-1"}',
            "reason": "mismatch",
        },
    ),
)
OURS = Finding(
    slug="feature-unstated", severity="high", matter=Matter.FOLDER,
    summary="Nothing is stated about menu-write, so the report cannot explain it",
)  # fmt: skip


def _lines(*findings: Finding, source: Source = Source.BEHAVIOUR) -> list[Evidence]:
    return [
        Evidence(
            feature="order-read", source=source, outcome="failed", check="read",
            summary="Read an order", findings=findings,
        )
    ]  # fmt: skip


def _section(report: Report, name: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", report.section(name)._repr_html_()))


def test_a_finding_is_shown_whole(build_run: Build) -> None:
    """Expected, observed, the exchange and the command stand on the page, folded where long."""
    report = read(build_run(_lines(WRONG)).path)
    markup = report.section("defects")._repr_html_()
    shown = _section(report, "defects")
    assert LONG in shown.replace("\n", "")
    assert WRONG.reproduction in shown
    assert "GET https://pruebas.comanda.example/v2/pedidos/P-1" in shown
    assert "X-Clave: [REDACTED]" in shown
    assert "200 OK" in shown
    assert "workbench check comanda --source behaviour" in shown
    assert markup.count("<details") == 2
    assert "<script" not in markup
    assert "`" not in markup
    assert "<code>GET /v2/pedidos/{pedidoId}</code> is a text" in markup


@pytest.mark.parametrize("write", [write_markdown, write_json, write_junit, write_sarif])
def test_every_text_form_has_the_command(build_run: Build, write: Any) -> None:
    """Whoever reads another form than the page can paste the same command."""
    text = write(read(build_run(_lines(WRONG)).path))
    assert "$WORKBENCH_COMANDA__SANDBOX__CLAVE" in text


def test_a_delivery_tells_what_its_signature_covers(build_run: Build) -> None:
    """Header name, signed text, delivery id and time of a webhook stand beside the finding."""
    report = read(build_run(_lines(FORGED, source=Source.RECEIPTS)).path)
    for shown in (_section(report, "defects"), write_markdown(report)):
        for fact in ("X-Firma", "entrega-77", '1795425302.{"id": "P-1"}', "2026-11-23 09:15:02"):
            assert fact in shown
    # No request of ours shows it again, so its source is asked again.
    assert "workbench check comanda --source receipts --environment sandbox" in _section(
        report, "defects"
    )


def test_what_a_masked_command_cannot_show_is_asked_again(build_run: Build) -> None:
    """A command with a masked secret does not work when pasted; the source's does."""
    masked = WRONG.model_copy(update={"reproduction": "curl x --header 'X-Clave: [REDACTED]'"})
    report = read(build_run(_lines(masked)).path)
    assert report.command(report.defects[0]).startswith("workbench check comanda --source behav")


def test_findings_of_ours_are_not_the_partners(build_run: Build) -> None:
    """The partner's findings count from 1, and nothing of our folder stands among them."""
    folder = build_run(_lines(OURS, WRONG))
    report = read(folder.path)
    assert [item.number for item in report.defects] == [1]
    page = make_page(report, folder.path / "report.html")
    assert OURS.summary not in page
    assert "feature-unstated" not in page


def test_a_run_is_repeated_as_it_was(build_run: Build, tmp_path: Path) -> None:
    """The command has seed, environment, time and leave to write; a check names its sources."""
    told = context() | {"options": {"allow_writes": True, "seconds": 30.0}}
    whole = build_run(_lines(WRONG), context=told, complete=False)
    assert (
        read(whole.path).repeat == "workbench check comanda --source behaviour "
        "--environment sandbox --seed 7 --seconds 30 --allow-writes"
    )
    log = EvidenceLog(tmp_path / "evidence.jsonl", read(whole.path).log.header)
    log.finish(Source)
    assert (
        read(tmp_path).repeat == "workbench validate comanda --environment sandbox --seed 7 "
        "--seconds 30 --allow-writes"
    )
    assert read(tmp_path).repeat in _section(read(tmp_path), "provenance")


def test_only_what_no_sample_brings_across_is_lost(build_run: Build) -> None:
    """A field that one sample lacks and another has is no loss; each direction counts alone."""

    def sample(feature: str, unread: list[str], unfilled: list[str]) -> Evidence:
        detail = {"mapping": "order", "unread": unread, "unfilled": unfilled}
        return Evidence(
            feature=feature, source="samples", outcome="passed", summary="x", detail=detail
        )

    failed = Evidence(
        feature="order-read", source="samples", outcome="passed", summary="x",
        detail={"mapping": "order", "sample": "broken.json"},
    )  # fmt: skip
    lines = [
        sample("order-read", ["/mesa", "/nota"], ["table", "delivery"]),
        sample("order-read", ["/nota"], ["table"]),
        sample("order-status-write", [], ["/motivo"]),
        failed,
    ]
    (loss,) = read(build_run(lines).path).losses.values()
    assert (loss.unread, loss.unfilled, loss.unsent) == (("/nota",), ("table",), ("/motivo",))


def test_we_are_named_as_the_settings_say(build_run: Build) -> None:
    """Organisation, contact and logo stand on cover, questions and sign-off, and on paper."""
    picture = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    publisher = {
        "organisation": "Mesa & Mantel S.L.",
        "contact": "integraciones@mantel.example",
        "logo": f"data:image/svg+xml;base64,{picture.decode()}",
    }
    report = read(build_run(context=context() | {"publisher": publisher}).path)
    for name in ("cover", "sign_off"):
        assert "Mesa & Mantel S.L." in _section(report, name)
    for name in ("cover", "questions"):
        assert "integraciones@mantel.example" in _section(report, name)
    assert f'src="{publisher["logo"]}"' in report.section("cover")._repr_html_()
    paper = _read_pdf(write_pdf(report))
    assert "Mesa & Mantel S.L." in paper
    assert "integraciones@mantel.example" in paper
    sender = json.loads(write_json(report))["publisher"]
    assert sender == {name: publisher[name] for name in ("organisation", "contact")}


@pytest.mark.parametrize("logo", ["https://x.example/a.png", 'data:image/png;base64,"onerror=', ""])
def test_only_a_picture_inside_the_page_is_shown(build_run: Build, logo: str) -> None:
    """What a header calls a logo is no way to fetch or to run anything."""
    told = context() | {"publisher": {"organisation": "We", "logo": logo}}
    assert "<img" not in read(build_run(context=told).path).section("cover")._repr_html_()


def test_a_document_without_version_leaves_no_comma(build_run: Build) -> None:
    """A Markdown document has no version of its own."""
    told = context()
    told["documents"] = [{"name": "api.md", "format": "markdown", "version": "", "api_version": ""}]
    shown = read(build_run(context=told).path).section("cover")._repr_html_()
    assert re.search(r'api\.md <span class="plain">markdown</span>', shown)


@pytest.mark.parametrize(
    ("title", "is_boxed"),
    [
        ("寿司レストラン", True),
        ("ร้านอาหาร", True),
        ("مطعم الشام", False),
        ("Кафе Ωμέγα", False),
        ("식당", True),
        ("Pizza 🍕👨‍👩‍👧", True),
        ("à̲̂ ꧁ ᚠ 𓀀 \u0e33\u200d", True),
    ],
)
def test_any_script_gives_every_format(build_run: Build, title: str, is_boxed: bool) -> None:
    """Names in any script are written to every form; signs without a font are boxes on paper."""
    folder = build_run(title=title, evidence=[*observations(), *_lines(WRONG.model_copy(
        update={"summary": f"The name is {title}", "observed": title}
    ))])  # fmt: skip
    forms = choose_formats((), folder.path)
    made = {path.name: path for path in write_formats(read(folder.path), forms)}
    assert title in json.loads(made["report.json"].read_text("utf-8"))["title"]
    paper = _read_pdf(made["report.pdf"].read_bytes())
    assert "Integrat" in paper
    assert ("shown as a box" in paper) is is_boxed


def test_access_level_and_depth_stand_in_every_output(build_run: Build) -> None:
    """What kept us from asking, how far and how deep: no form leaves one of them out."""
    refused = Evidence(
        feature="order-read", source="behaviour", outcome="cant-tell", check="reach-partner",
        summary="Not tested: 401", detail={"refusal": "RefusedError"},
    )  # fmt: skip
    folder = build_run([*observations(), refused])
    report = read(folder.path)
    trouble, level, depth = report.access_trouble, report.level, f"{report.scores.depth:.0%}"
    assert "refused us access" in trouble
    write_snapshot(folder)
    _, portal, _ = build_portal(folder.path.parents[1])
    texts = {
        "page": _section(report, "cover") + _section(report, "summary"),
        "paper": _read_pdf(write_pdf(report)),
        "json": write_json(report),
        "markdown": write_markdown(report).replace("&#58;", ":"),
        "job": write_job_summary(report),
        "portal": html.unescape(portal.read_text("utf-8")),
    }
    for name, text in texts.items():
        assert trouble.split(":")[1].strip()[:40] in " ".join(text.split()), name
        assert level in text, name
        assert depth in text or str(round(report.scores.depth, 4)) in text, name
    for text in (write_junit(report), write_sarif(report)):
        assert "refused us access" in text
        assert level in text
        assert "depth" in text
    badge = json.loads(write_badge_json(report))["message"]
    assert badge.startswith(level)
    assert f"depth {depth}" in badge


def test_the_report_looks_where_the_root_is_named(
    build_run: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WORKBENCH_ROOT` decides also when the current folder is another checkout."""
    folder = build_run()
    other = tmp_path / "other"
    (other / "contracts").mkdir(parents=True)
    monkeypatch.chdir(other)
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    report = Report.read(folder.path.relative_to(tmp_path), "en")
    assert report.page == (folder.path / "report.html").relative_to(tmp_path)


def test_the_engineer_sees_first_what_blocks(build_run: Build) -> None:
    """Our own grave findings come before the partner's: they keep the rest from being tested."""
    import nbformat  # noqa: PLC0415

    folder = build_run(_lines(WRONG, OURS))
    nbformat.write(nbformat.v4.new_notebook(), folder.path / "validation.ipynb")
    page = write_engineer(read(folder.path))
    assert page.index("Nothing is stated about") < page.index("is a text; your document")
    assert "X-Clave: [REDACTED]" in page


def _read_pdf(data: bytes) -> str:
    import io  # noqa: PLC0415

    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def test_what_fails_for_our_reasons_is_no_reproach(build_run: Build) -> None:
    """A finding about our folder breaks a feature, and the partner reads that we mend it."""
    report = read(build_run(_lines(OURS)).path)
    row = next(row for row in report.rows if row.feature.slug == "order-read")
    assert "our side" in row.explanation
    assert OURS.summary not in _section(report, "gaps") + _section(report, "summary")
    assert {step.action for step in report.steps if step.about == row.feature.title} == {"We mend"}


def test_tool_talk_stays_with_the_engineer(build_run: Build) -> None:
    """What no sample shows and what our tools could not do is no matter of the partner's."""
    talk = "There is no recorded sample for order-read; `workbench listen` keeps them"
    refused = "Not tested: Credential 'api_key' is not set. Set WORKBENCH_COMANDA__SANDBOX__API_KEY"
    lines = [
        Evidence(feature="order-read", source="samples", outcome="untested", summary=talk),
        Evidence(
            feature="order-read", source="behaviour", outcome="cant-tell", summary=refused,
            detail={"refusal": "CredentialError"},
        ),
    ]  # fmt: skip
    shown = _section(read(build_run(lines).path), "gaps")
    assert "workbench listen" not in shown
    assert "WORKBENCH_" not in shown
    assert "redentials are missing on our side" in shown
    report = read(build_run(lines, run="again").path)
    assert any("credentials for your test system are missing" in step.task for step in report.steps)


def test_samples_that_fail_are_no_live_answer(build_run: Build) -> None:
    """Without any live answer the title says so, whatever recorded data show."""
    missed = OURS.model_copy(update={"slug": "sample-not-translated"})
    line = Evidence(
        feature="order-read", source="samples", outcome="failed", summary="x", findings=(missed,),
        criteria=("order-totals-reconcile",),
    )  # fmt: skip
    assert read(build_run([line]).path).level == "Not tested yet"


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("always 'EUR'", "siempre 'EUR'"),
        ("Another restaurant's credentials read our order.", "leen lo nuestro: pedido."),
        ("With no credentials, GET /a is answered with 200.", "Con ninguna credencial"),
        ("Something that no phrase has: 12.", "Something that no phrase has: 12."),
    ],
)
def test_what_sources_say_is_read_in_spanish(english: str, spanish: str) -> None:
    """A sentence is found by its shape, its words kept or looked up; what is unknown stays."""
    assert spanish in translate_phrase(english, "es")
    assert translate_phrase(english, "en") == english


def test_a_sentence_of_the_folder_is_no_phrase_of_ours() -> None:
    """A person's words stay as they are, though they end as a phrase of ours does."""
    stated = "A menu travels only inside the whole upload, together with all others."
    assert translate_phrase(stated, "es") == stated
    assert translate_phrase("12 others", "es") == "otros 12"


def test_no_cell_of_a_mapping_is_english_in_spanish(build_run: Build) -> None:
    """Conversions are told in the reader's language."""
    shown = _section(read(build_run().path, "es"), "model")
    assert "siempre EUR" in shown
    assert "always" not in shown
    assert "minor units" not in shown


def test_a_phrase_keeps_the_words_of_its_sentence() -> None:
    """Each translation has the words in braces of its English sentence, and no others."""
    for english, spanish in read_words("es")["phrases"].items():
        used = set(re.findall(r"\{(\w+)\}", spanish))
        assert used <= set(re.findall(r"\{(\w+)\}", english)), english
