"""A report is a function of the run folder, and never says more than the evidence does."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.model.evidence import Evidence, Finding
from workbench.model.statement import Absence, Binding, Open
from workbench.model.verdict import Status
from workbench.partners import load_catalogue
from workbench.reporting.defect import Loss
from workbench.reporting.document import make_document
from workbench.reporting.markdown_report import write_markdown
from workbench.reporting.report import Report
from workbench.reporting.row import Row

from .conftest import SECTIONS, Build, observations, read, statements


def find(report: Report, slug: str) -> Row:
    """The row of a feature."""
    return next(row for row in report.rows if row.feature.slug == slug)


def test_the_figures_of_the_sentence_add_up(report: Report) -> None:
    """Every applicable feature is counted in exactly one part of the sentence."""
    assert report.sentence == (
        "6 of 12 features that apply to your platform are integrated; 1 is not working yet; "
        "1 is ready but not proved live; 1 is connected but not tested; 3 are not integrated."
    )
    assert (report.scores.applicable, report.scores.bound) == (12, 9)
    assert sum(number for _, _, number in report.counts) == len(report.platform) == 18


def test_the_depths_of_the_features_add_up_to_the_whole(report: Report) -> None:
    """Behaviours that count are counted once: in their feature, and in the figure of the cover."""
    counts = [re.match(r"(\d+) of (\d+) behaviours", row.tally) for row in report.platform]
    told = [(int(count[1]), int(count[2])) for count in counts if count]
    bound = [row for row in report.platform if row.verdict.status is not Status.EXEMPT]
    assert len(told) >= len(bound)
    kept = [pair for row, pair in zip(report.platform, told, strict=True) if row in bound]
    proved, total = map(sum, zip(*kept, strict=True))
    assert (proved, total) == (report.scores.proved, report.scores.criteria)


def test_words_of_verdicts(report: Report) -> None:
    """Each verdict has its word; paperwork is in place or missing, never integrated."""
    words = {row.feature.slug: (row.word, row.kind) for row in report.rows}
    assert words["order-created-event"] == ("Integrated", "good")
    assert words["order-read"] == ("Integrated with limits", "limited")
    assert words["order-status-read"] == ("Not working", "bad")
    assert words["option-category-write"] == ("Not tested", "open")
    assert words["option-write"] == ("Not integrated", "absent")
    assert words["reservation-read"] == ("Not applicable", "mute")
    assert words["api-docs"] == ("In place", "good")
    assert words["production-credentials"] == ("Missing", "absent")
    assert not any(row.word.startswith("Integrated") for row in report.rows if row.is_paperwork)


def test_an_untested_feature_is_never_called_integrated(build_run: Build) -> None:
    """Without evidence nothing is integrated, whatever the folder states."""
    report = read(build_run([]).path)
    assert report.level == "Not tested yet"
    assert report.scores.integrated == 0
    assert not report.benefits
    assert {"Integrated", "In place"}.isdisjoint(row.word for row in report.rows)


@pytest.mark.parametrize(
    ("bound", "level"),
    [
        (["order-read", "order-created-event"], "Orders only"),
        (["reservation-read", "reservation-created-event", "availability-write"],
         "Reservations only"),
        (["order-read", "menu-write"], "Partial integration"),
        (["order-read", "reservation-read"], "Partial integration"),
        (["availability-write"], "Partial integration"),
        ([], "Not tested yet"),
    ],
)  # fmt: skip
def test_levels(build_run: Build, bound: list[str], level: str) -> None:
    """The level names what kind of integration it is."""
    report = read(proved(build_run, bound, "unsupported", "R1"))
    assert report.level == level


def test_full_integration_is_all_that_applies(build_run: Build) -> None:
    """A platform for bookings alone is fully integrated when everything that applies works."""
    report = read(proved(build_run, ["reservation-read"], "exempt", "R15"))
    assert (report.level, report.scores.score) == ("Full integration", 1.0)


def proved(build_run: Build, bound: list[str], status: str, code: str) -> Path:
    """A run in which the given features are proved, and all other ones stated absent."""
    absence = Absence.model_validate(
        {"status": status, "code": code, "reason": "There is no such thing."}
    )
    stated = {slug: absence for slug in statements() if not slug.endswith("docs")}
    core = {
        feature.slug: tuple(item.slug for item in feature.criteria if item.core)
        for feature in load_catalogue().features
    }
    lines = [
        Evidence(
            feature=slug,
            source=source,
            outcome="passed",
            summary="It works",
            criteria=core[slug] if source == "behaviour" else (),
        )
        for slug in bound
        for source in ("documents", "samples", "behaviour")
    ]
    from_bound = {slug: Binding(subjects=("GET /x",)) for slug in bound}
    slugs = ("menu-section-write", "reservation-read")
    more = {slug: absence for slug in slugs if slug not in stated}
    return build_run(lines, statements=stated | more | from_bound).path


def test_a_core_criterion_that_is_lacking_is_no_full_integration(build_run: Build) -> None:
    """All features integrated, one core criterion stated absent: the level is not full."""
    lacks = Absence(status="unsupported", code="R1", reason="There is no such thing.")
    folder = proved(build_run, ["order-status-write"], "exempt", "R15")
    log = read(folder).log
    stated = log.header.statements | {
        "order-status-write": Binding(subjects=("GET /x",), criteria={"order-reject": lacks})
    }
    report = read(build_run(log.evidence, run="lacking", statements=stated).path)
    assert report.scores.score == 1.0
    assert report.level == "Orders only"
    assert not report.is_full


def test_a_rehearsed_feature_without_core_still_says_what_is_lacking(build_run: Build) -> None:
    """All core criteria stated absent, nothing proved: the report names another one."""
    lacks = Absence(status="unsupported", code="R1", reason="There is no such thing.")
    stated = {"order-read": Binding(subjects=("GET /x",), criteria={"order-by-id": lacks})}
    lines = [
        Evidence(feature="order-read", source=source, outcome="passed", summary="It is told")
        for source in ("documents", "samples")
    ]
    row = find(read(build_run(lines, statements=statements() | stated).path), "order-read")
    assert row.verdict.status is Status.SUPPORTED
    assert "An unknown order is answered cleanly" in row.explanation


def test_a_folder_with_open_statements_makes_a_draft(build_run: Build) -> None:
    """Open, unreviewed and silent features mark every format as a draft that nobody signs."""
    proposal = Binding(subjects=("GET /v2/pedidos/{pedidoId}",), reviewed=False)
    for number, spoilt in enumerate(({"order-read": Open()}, {"order-read": proposal})):
        report = read(build_run(run=f"r{number}", statements=statements() | spoilt).path)
        assert [row.feature.slug for row in report.undecided] == ["order-read"]
        assert "Draft." in repr(report.section("cover"))
        assert "A draft cannot be signed" in repr(report.section("sign_off"))
        # Nothing is connected where nobody has judged: nothing to try out, but ours to decide.
        steps = {step.action for step in report.steps if "Read an order" in step.about}
        assert steps <= {"We decide", "You mend"}
    assert not read(build_run().path).is_draft


def test_what_kept_us_from_asking_is_said_once_at_the_top(build_run: Build) -> None:
    """Refusals give one sentence with their beginning, and no defect."""
    lines = [
        Evidence(
            feature=slug,
            source="behaviour",
            outcome="cant-tell",
            summary="The check could not go on",
            detail={"refusal": "RefusedError"},
        )
        for slug in ("order-read", "menu-write")
    ]
    report = read(build_run(lines).path)
    assert "your system refused us access" in report.access_trouble
    assert "2 observations" in report.access_trouble
    assert "could not ask anything" in report.access_trouble
    assert report.access_trouble in repr(report.section("cover"))
    assert not report.defects
    assert not read(build_run(run="calm").path).access_trouble


def test_an_incomplete_run_promises_nothing(build_run: Build) -> None:
    """Without a footer the level says so, and the sign-off is closed."""
    report = read(build_run(complete=False).path)
    assert report.level == "Incomplete run"
    assert "so far" in report.sentence
    assert "This run is incomplete" in repr(report.section("cover"))
    assert "cannot be signed" in repr(report.section("sign_off"))


def test_steps_name_who_does_what(report: Report) -> None:
    """Faults come first, then what is missing, one step for each remedy, then the questions."""
    assert [step.action for step in report.steps] == [
        "You mend", "You provide", "You provide", "You provide", "You answer",
        "You and we try out",
    ]  # fmt: skip
    assert report.steps[0].task.startswith("Answer from the same source")
    assert report.steps[1].about == "Access to the live system"
    assert report.steps[2].about == "Send the sections of the menu; Send the extras"
    assert "did not let us finish" in report.steps[-1].task
    assert len(report.first_steps) == 5


def test_one_cause_is_one_step(build_run: Build) -> None:
    """Two features that one cause breaks are mended together; another cause is another step."""
    breaks = [
        ("order-created-event", "webhook-not-genuine"),
        ("order-status-event", "webhook-not-genuine"),
        ("menu-write", "write-refused"),
    ]
    lines = []
    for slug, kind in breaks:
        wrong = Finding(slug=kind, severity="high", summary=f"Wrong: {slug}", operation=slug)
        failed = {"source": "behaviour", "outcome": "failed", "summary": "s", "findings": [wrong]}
        lines.append(Evidence(feature=slug, **failed))
    report = read(build_run(lines).path)
    mended = [step.about for step in report.steps if step.action == "You mend"]
    assert [about.count(";") for about in mended] == [0, 1]


def test_what_nobody_can_lift_is_no_step(build_run: Build) -> None:
    """A reason of law is told, and not asked of anybody."""
    barred = Absence(status="unsupported", code="R14", reason="The law does not allow it.")
    report = read(build_run([], statements={"order-read": barred}).path)
    assert [row.feature.slug for row in report.gaps] == ["order-read"]
    assert not any("Read an order" in step.about for step in report.steps)


def test_defects_are_distinct_and_the_worst_first(build_run: Build) -> None:
    """The same fault in several observations is one defect, at its greatest severity."""
    mild, grave = (
        Finding(slug="late", severity=severity, summary=f"Late, {severity}", operation="GET /x")
        for severity in ("medium", "critical")
    )
    other = Finding(slug="typo", severity="low", summary="A typo")
    lines = [
        Evidence(feature=slug, source="contract", outcome="passed", summary="s", findings=found)
        for slug, found in (("order-read", (mild, other)), ("menu-write", (grave,)))
    ]
    report = read(build_run(lines).path)
    [defect] = report.defects
    assert defect.finding.severity == "critical"
    assert defect.features == ("order-read", "menu-write")
    assert defect.evidence == ("e1", "e2")
    assert [remark.finding.slug for remark in report.remarks] == ["typo"]


def test_a_contradicted_statement_is_a_defect(build_run: Build) -> None:
    """What a verdict found by itself is shown as well, to the engineer whose folder is wrong."""
    line = Evidence(
        feature="option-write",
        source="behaviour",
        outcome="passed",
        summary="ok",
        criteria=("option-modify-one",),
    )
    report = read(build_run([line]).path)
    assert find(report, "option-write").verdict.status is Status.FAILED
    assert "statement-contradicted" in {item.finding.slug for item in report.ours}
    assert not report.defects
    assert "worked when we tried it" in find(report, "option-write").explanation


def test_explanations_say_what_is_lacking(report: Report, build_run: Build) -> None:
    """A pending feature says in plain words which proof is missing."""
    assert find(report, "option-category-write").explanation == (
        "It is connected, but not proved yet: no recorded data of it could be "
        "translated and it could not be tried out."
    )
    silent = read(build_run([], run="silent", statements={}).path)
    assert "not looked for it" in find(silent, "order-read").explanation


def test_status_tables_hold_only_statuses(report: Report) -> None:
    """Rows with a table of values whose field is a status, by mapping."""
    assert report.status_tables == {
        "order": [("NUEVO", "placed"), ("ACEPTADO", "accepted")],
        "order: payment.status": [("PAGADO", "paid")],
        "order_step": [("LISTO", "ready")],
    }


def test_losses_are_gathered_over_samples(report: Report) -> None:
    """Fields that do not come across are listed once for each mapping."""
    assert report.losses["order"] == Loss(
        unread=("/etiquetas", "/repartidor/matricula"), unfilled=("table",), unsent=("/nota",)
    )


def test_observations_of_unknown_features_are_shown_last(build_run: Build) -> None:
    """Nothing that stands in the log is left out of the test log."""
    odd = Evidence(feature="tomorrow", source="documents", outcome="passed", summary="odd")
    report = read(build_run([odd, *observations()]).path)
    assert report.tested[-1][:2] == ("tomorrow", "tomorrow")
    assert sum(len(lines) for _, _, lines in report.tested) == len(report.log.evidence)
    counted = Counter(line.outcome for line in report.log.evidence)
    assert report.outcomes == counted


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("kind", ["full", "incomplete", "unsupported", "bare"])
def test_every_section_renders(build_run: Build, kind: str, name: str) -> None:
    """No template meets an undefined name, also when the header says almost nothing."""
    absent = Absence(status="unsupported", code="R1", reason="There is no such service.")
    run = {
        "full": build_run,
        "incomplete": lambda: build_run(complete=False),
        "unsupported": lambda: build_run([], statements=dict.fromkeys(statements(), absent)),
        "bare": lambda: build_run([], statements={}, context={}, inputs={}, tools={}),
    }[kind]()
    section = read(run.path).section(name)
    assert section._repr_html_().count("<h2") == (name != "cover")
    assert "<" not in repr(section)


@pytest.mark.parametrize(
    ("code", "check", "kind"),
    [
        ("en", "Status written and read back", "Write refused"),
        ("es", "Estado escrito y vuelto a leer", "Escritura rechazada"),
    ],
)
def test_a_defect_is_headed_by_its_kind_and_a_line_by_its_check(
    build_run: Build, code: str, check: str, kind: str
) -> None:
    """Titles come from the tables, on the page, in Markdown and as data; an unknown one is none."""
    told = {"severity": "high", "summary": "It was refused", "operation": "PUT /x"}
    kinds = [{"slug": "write-refused"}, {"slug": "of-ours", "kind": "write-refused"}]
    found = [Finding(**told | one) for one in (*kinds, {"slug": "no-such-kind"})]
    line = {"source": "behaviour", "outcome": "failed", "summary": "s", "findings": found}
    lines = [Evidence(feature="order-status-write", check="status-round-trip", **line)]
    report = read(build_run(lines).path, code)
    page = report.section("defects")._repr_html_()
    heads = re.findall(r'<h3><span class="number">\d</span> (.*?) <span class="chip', page)
    assert sorted(re.sub(r"<[^>]*>|\.", "", head) for head in heads) == sorted(
        [kind, kind, "It was refused"]
    )
    assert page.count('class="told"') == 2
    assert check in report.section("log")._repr_html_()
    text = write_markdown(report)
    assert text.count(f". {kind} (") == 2
    data = make_document(report)
    assert (data.log[0].title, {item.title for item in data.defects}) == (check, {kind, ""})


def test_long_lists_are_cut_and_counted(build_run: Build) -> None:
    """A flood of findings and observations stays readable, and says how many are left out."""
    findings = [
        Finding(slug=f"f{number}", severity="high", summary=f"Fault {number}" + "x" * 9_000)
        for number in range(300)
    ]
    lines = [
        Evidence(
            feature="order-read", source="contract", outcome="passed", summary="s", findings=(item,)
        )
        for item in findings
    ]
    report = read(build_run(lines).path)
    assert "And 260 more" in repr(report.section("defects"))
    assert "And 240 more" in repr(report.section("log"))
    assert "x" * 2_001 not in report.section("defects")._repr_html_()


def test_a_missing_or_damaged_log_is_an_input_error(build_run: Build, tmp_path: Path) -> None:
    """No report is made of lines that were changed after the run."""
    folder = build_run()
    text = folder.log.read_text("utf-8")
    folder.log.write_text(text.replace('"outcome":"failed"', '"outcome":"passed"'), "utf-8")
    with pytest.raises(InputError, match="damaged"):
        read(folder.path)
    with pytest.raises(InputError, match="no evidence log"):
        read(folder.path / "nowhere")


def test_a_relative_folder_is_found_from_the_root(
    build_run: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that is opened in `notebooks/` finds `reports/…` as the command line does."""
    folder = build_run()
    (tmp_path / "contracts").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    shown = folder.path.relative_to(tmp_path)
    assert read(str(shown)).log.header.partner == "comanda"
