"""The validation session: an agenda, steps that rest on evidence, and a signed end."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
from datetime import date
from io import BytesIO
from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from markupsafe import escape
from pydantic import ValidationError
from pypdf import PdfReader

from workbench.cli.commands import main
from workbench.description import describe, load_text
from workbench.errors import CredentialError, InputError
from workbench.handover.agenda import write_protocol
from workbench.handover.arazzo_export import write_arazzo, write_messages
from workbench.handover.arazzo_runtime import Runtime
from workbench.handover.certification import (
    ListRow,
    bind_rows,
    read_list,
    read_steps,
)
from workbench.handover.request import compose_letter, write_letter, write_letter_text
from workbench.handover.walk import SessionWalk
from workbench.handover.walk_tables import tabulate_result
from workbench.model import (
    Acceptance,
    CallCriterion,
    Evidence,
    Finding,
    SignOff,
    Status,
    StepCall,
    StepKind,
    StepMark,
    StepResult,
    find_contradictions,
    find_unshown,
)
from workbench.partners import load_catalogue, load_partner
from workbench.reporting import Report
from workbench.reporting.formats import choose_formats, write_formats
from workbench.reporting.language import list_languages
from workbench.reporting.markdown_report import write_markdown
from workbench.reporting.pdf import write_pdf
from workbench.reporting.protocol import (
    tell_protocol,
    write_protocol_json,
    write_protocol_markdown,
)
from workbench.reporting.seal import seal
from workbench.reporting.verification import verify
from workbench.sandbox import SIMULATORS, Sandbox
from workbench.settings import Settings
from workbench.store import list_abandoned, read_protocol, remember_sign_offs
from workbench.store.folders import RunFolder
from workbench.text import read_pointer
from workbench.validation import Validation

LIST = """Test;Expected
A new order arrives within seconds;We are told of it
Accept the order;The guest sees that it is accepted
Mark an item as sold out;The dish cannot be ordered
Change opening hours;Guests see the new hours
The pizza tastes good;Everybody is happy
"""

MESSAGES = Path(__file__).with_name("lists") / "messages.arazzo.yaml"
NESTED = Path(__file__).with_name("lists") / "nested.arazzo.yaml"
BLOCKS = Path(__file__).with_name("lists") / "blocks.arazzo.yaml"
MARKETPLACE = Path(__file__).with_name("lists") / "marketplace.arazzo.yaml"
LISTED = [
    "order-created-event", "order-status-write", "order-status-write", "order-status-write",
    "order-status-event", "menu-write", "product-write", "product-write", "availability-write",
    "availability-write", "order-read", "sandbox-credentials", "order-read",
]  # fmt: skip
STRAY = StepCall(name="x", operation="issueToken", body={"grant_type": "client_credentials"})


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The embedded Tavola, its credentials, and a run that read documents and samples."""
    root = Path(__file__).parents[2]
    settings = Settings(root=root, reports=tmp_path_factory.mktemp("reports"))
    with Validation.open("tavola", settings=settings, run="base") as run:
        run.gather("documents")
        run.gather("samples")
    return settings


@pytest.fixture
def settings(module_settings: Settings, tmp_path: Path) -> Settings:
    """The same run in a folder of the test's own."""
    shutil.copytree(module_settings.reports, tmp_path / "reports")
    return Settings(root=module_settings.root, reports=tmp_path / "reports")


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    """A partner's own list."""
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_a_step_of_which_nothing_was_shown_names_what_is_missing(settings: Settings) -> None:
    """What another question brought to light is no account of the step."""
    walk = SessionWalk.open("tavola", settings, language="es")
    step = next(one for one in walk.protocol.header.steps if len(one.criteria) > 1)
    stray = Evidence(feature=step.feature, source="behaviour", outcome="passed", check="x",
                     summary="The same read without credentials: answer 401.")  # fmt: skip
    result = walk._judge(step, [stray], 1.0)
    assert result.mark is StepMark.SKIPPED
    assert "401" not in result.seen
    assert result.seen.startswith("Nada mostró: ")


def test_the_agenda_covers_what_concerns_the_partner(settings: Settings) -> None:
    """Each service, event and question has one step, with who acts, what is expected, minutes."""
    walk = SessionWalk.open("tavola", settings)
    steps = walk.protocol.header.steps
    named = [step.feature for step in steps if step.feature]
    assert len(named) == len(set(named))
    assert {row.feature.slug for row in walk.report.platform} <= set(named)
    assert sum(step.kind is StepKind.QUESTION for step in steps) >= 2
    assert all(step.expected and step.action and step.minutes for step in steps)


@pytest.mark.parametrize("code", list_languages())
def test_the_agenda_is_written_in_every_language(settings: Settings, code: str) -> None:
    """Page and Markdown name every step, its actor and its outcome."""
    walk = SessionWalk.open("tavola", settings, language=code)
    page = write_protocol(walk.report, walk.protocol)
    text = write_protocol_markdown(walk.report)
    for step in walk.protocol.header.steps:
        assert escape(step.title) in page
        assert step.title in text
    assert f'lang="{code}"' in page


def test_rows_of_a_list_are_bound_by_their_words(settings: Settings, listing: Path) -> None:
    """A row that speaks of a criterion is bound to its feature; another stays a question."""
    walk = SessionWalk.open("tavola", settings, listing=listing)
    bound = [step.feature for step in walk.protocol.header.steps if step.origin != "agenda"]
    assert bound == [
        "order-created-event", "order-status-write", "product-write", "availability-write", "",
    ]  # fmt: skip
    with pytest.raises(InputError, match="begun already"):
        SessionWalk.open("tavola", settings, listing=listing)


@pytest.mark.parametrize("code", ["en", "es"])
def test_what_was_answered_is_not_asked_again(settings: Settings, code: str) -> None:
    """The letter moves a question that a named person answered from what is open to what came."""
    before = compose_letter("tavola", settings, language=code)
    walk = SessionWalk.open("tavola", settings, language="es")
    first, second, *_ = (
        step for step in walk.protocol.header.steps
        if step.kind is StepKind.QUESTION and not step.feature
    )  # fmt: skip
    walk.attest(first, "Luis, partner desk", "Until the shop opens again.")
    walk.skip(second, "Nobody knew.")
    letter = compose_letter("tavola", settings, language=code)
    assert letter.questions == before.questions[1:]
    [(asked, told)] = letter.answers
    assert asked == before.questions[0]
    assert told.startswith("Until the shop opens again. (Luis, partner desk, ")
    text, page = write_letter_text(letter), write_letter(letter)
    assert told in text
    assert "Luis, partner desk" in page
    assert letter.as_json()["answered"] == [{"question": asked, "answer": told}]


def test_what_words_alone_led_to_counts_only_when_somebody_agrees(
    settings: Settings, listing: Path
) -> None:
    """A row whose every word is a criterion's needs nobody; what else a row asks for does."""
    walk = SessionWalk.open("tavola", settings, listing=listing)
    step = walk.step("list-3")
    assert step.is_proposed
    assert "somebody has to agree" in step.action
    line = Evidence(
        feature=step.feature, source="behaviour", outcome="passed", summary="Seen.",
        criteria=step.criteria,
    )  # fmt: skip
    result = walk._judge(step, [line], 1.0)
    assert result.mark is StepMark.CONFIRMED
    alone = walk._weigh(step, result, " ")
    assert alone.mark is StepMark.SKIPPED
    assert "Nobody has agreed yet" in alone.seen
    agreed = walk._weigh(step, result, "Luis, partner desk")
    assert (agreed.mark, agreed.by) == (StepMark.CONFIRMED, "Luis, partner desk")
    walk._record(agreed)
    text = write_protocol_markdown(Report.read(walk.folder.path.absolute(), "en"))
    assert "Luis, partner desk agreed that the row asks for this" in text
    assert "Vouched for by" not in text


SURE = {
    "Accept an order": "order-accept",
    "Restaurant rejects an order": "order-reject",
    "Customer cancels the order": "order-cancellation-received",
    "Fetch an order by its number": "order-by-id",
}
UNSURE = (
    "Order cancelled", "Accept an order before its deadline", "Accept an order with a lasagne",
    "Accept two pizzas", "New booking arrives in the book", "The guest is happy",
)  # fmt: skip


def test_only_a_row_that_says_no_more_than_a_criterion_is_sure(settings: Settings) -> None:
    """Thing, act and actor agree, and no word is left; any other row waits for a person."""
    partner, catalogue = load_partner("tavola", settings, run_hooks=False), load_catalogue()
    rows = [ListRow(title) for title in (*SURE, *UNSURE)]
    steps = bind_rows(rows, partner, catalogue, "en")
    sure = {step.title: step.criteria[0] for step in steps if step.feature and not step.is_proposed}
    assert sure == SURE
    [more] = bind_rows([ListRow("Accept an order", ("The guest rings",))], partner, catalogue, "en")
    assert more.is_proposed
    [stated] = bind_rows(
        [ListRow("It tastes good", feature="order-status-write")], partner, catalogue, "en"
    )
    assert not stated.is_proposed
    assert {"order-accept", "order-reject"} <= {*stated.criteria}
    [either] = [step for step in steps if step.title == "Order cancelled"]
    assert "Tell the platform how an order is going" in either.action
    assert "Be told when an order changes" in either.action


def test_bindings_are_stated_in_a_file_beside_the_list(
    settings: Settings, listing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the words point to is written, corrected by a person, and holds as stated."""
    monkeypatch.setenv("WORKBENCH_REPORTS", str(settings.reports))
    monkeypatch.setenv("WORKBENCH_ROOT", str(settings.root))
    beside = tmp_path / "bindings.csv"
    asked = ["session", "tavola", "--list", str(listing)]
    shown = CliRunner().invoke(main, [*asked, "--propose", str(beside), "--json"])
    assert shown.exit_code == 1, shown.output
    assert json.loads(shown.output)["open"] == 5
    assert read_protocol(RunFolder(settings.reports / "tavola" / "base")) is None
    text = beside.read_text("utf-8")
    beside.write_text(
        text.replace("The pizza tastes good,", "The pizza tastes good,order-accept"), "utf-8"
    )
    shown = CliRunner().invoke(main, [*asked, "--bindings", str(beside), "--json"])
    assert shown.exit_code == 1, shown.output
    told = json.loads(shown.output)["steps"]
    steps = told[:5]
    # What the list asks for is not asked again; what it leaves of a feature is.
    (own,) = [step for step in told if step["slug"] == "order-status-write"]
    assert "order-accept" not in own["criteria"]
    assert "order-reject" in own["criteria"]
    assert [step["is_proposed"] for step in steps] == [False] * 5
    assert steps[4]["criteria"] == ["order-accept"]
    beside.write_text("step,feature\nAccept the order,order-acept\n", "utf-8")
    with pytest.raises(InputError, match="no feature or criterion") as caught:
        read_steps(
            listing, beside, load_partner("tavola", settings, run_hooks=False),
            load_catalogue(), "en",
        )  # fmt: skip
    assert "order-accept" in (caught.value.hint or "")


@pytest.mark.parametrize("beside", ["", "session.asyncapi.json"])
def test_arazzo_goes_out_and_comes_back(settings: Settings, tmp_path: Path, beside: str) -> None:
    """Calls and notifications of the agenda as Arazzo 1.0.1 or 1.1 come back as what they were."""
    walk = SessionWalk.open("tavola", settings)
    partner = load_partner("tavola", settings, run_hooks=False)
    path = tmp_path / "session.arazzo.json"
    path.write_text(write_arazzo(walk.protocol.header.steps, partner, beside=beside), "utf-8")
    if beside:
        messages = tmp_path / beside
        messages.write_text(write_messages(walk.protocol.header.steps, partner), "utf-8")
        assert len(describe([messages]).events) == 4
    told = json.loads(path.read_text("utf-8"))
    assert told["arazzo"] == ("1.1.0" if beside else "1.0.1")
    made = {item["workflowId"]: item for item in told["workflows"]}
    assert set(made) >= {"order-read", "menu-write", "order-created-event"}
    event = made["order-created-event"]
    assert event["steps"][0].get("action") == ("receive" if beside else None)
    assert event.get("x-waits-for") == (None if beside else ["webhook:orderCreated"])
    steps = bind_rows(read_list(path), partner, load_catalogue(), "en")
    assert [step.feature for step in steps] == [*made]
    assert find_arazzo_faults(told) == []
    # Whatever a step points to is in the document that it names, and no id stands twice.
    sources = {item["name"]: item["url"] for item in told["sourceDescriptions"]}
    for workflow in told["workflows"]:
        ids = [step["stepId"] for step in workflow["steps"]]
        assert len(set(ids)) == len(ids)
        for step in workflow["steps"]:
            place = step.get("operationPath") or step["channelPath"]
            name, _, pointer = place.removeprefix("{$sourceDescriptions.").partition(".url}#")
            folder = tmp_path if sources[name] == beside else settings.contracts / partner.slug
            document = load_text((folder / sources[name]).read_text("utf-8"), name)
            for token in read_pointer(pointer):
                document = document[token]


def find_arazzo_faults(told: object) -> list[str]:
    """What the specification does not allow in an Arazzo description."""
    path = Path(__file__).with_name("arazzo.schema.yaml")
    check = Draft202012Validator(load_text(path.read_text("utf-8"), path.name))
    return [f"{error.json_path}: {error.message}" for error in check.iter_errors(told)]


@pytest.mark.parametrize(
    "path", [NESTED, MESSAGES, MARKETPLACE, BLOCKS], ids=lambda path: path.stem
)
def test_the_lists_of_these_tests_are_arazzo(path: Path) -> None:
    """What they ask of us is what the specification allows, so that the tests are of Arazzo."""
    told = load_text(path.read_text("utf-8"), path.name)
    assert find_arazzo_faults(told) == []
    told["workflows"][0]["steps"][0]["workflow"] = "a word of no specification"
    assert find_arazzo_faults(told)


def test_arazzo_of_others_binds_by_operation_ids(settings: Settings, tmp_path: Path) -> None:
    """What a workflow calls decides, whatever it is named."""
    partner = load_partner("tavola", settings, run_hooks=False)
    _, operation = partner.operations("availability-write")[0]
    path = tmp_path / "theirs.yaml"
    path.write_text(
        "arazzo: 1.0.1\ninfo: {title: t, version: '1'}\nsourceDescriptions: []\n"
        "workflows:\n- workflowId: x1\n  summary: Certification 7\n  steps:\n"
        f"  - {{stepId: s, operationId: {operation.operation_id}}}\n",
        "utf-8",
    )
    [step] = bind_rows(read_list(path), partner, load_catalogue(), "en")
    assert step.feature == "availability-write"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "one,two\n1,2\n"),
        ("a.md", "no table"),
        ("a.yaml", "openapi: 3.1.0"),
        ("a.csv", ""),
        ("a.csv", f'step\n"{"x" * 200_000}"\n'),
        ("a.yaml", "arazzo: 1.0.1\nworkflows: 5"),
        ("a.yaml", "arazzo: 1.0.1\nworkflows: [{steps: 7, x-waits-for: 5}]"),
    ],
)
def test_a_list_without_rows_is_told(tmp_path: Path, name: str, text: str) -> None:
    """The error says what a list looks like."""
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_list(path)
    assert caught.value.hint


def test_a_list_that_never_ends_is_not_read(tmp_path: Path) -> None:
    """A pipe is refused, and a number of a thousand digits is no time."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="not a file"):
        read_list(tmp_path / "pipe.csv")
    long = tmp_path / "long.csv"
    long.write_text(f"step,minutes\nPay,{'9' * 5000}\n", "utf-8")
    assert read_list(long)[0].minutes == 9999


def test_what_a_list_says_is_inert(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner's rows command no terminal, in whatever form the protocol is shown."""
    monkeypatch.setenv("WORKBENCH_REPORTS", str(settings.reports))
    monkeypatch.setenv("WORKBENCH_ROOT", str(settings.root))
    path = tmp_path / "list.csv"
    path.write_text("step\nlook \x1b]0;owned\x07\u202e<script>here\n", "utf-8")
    asked = ["session", "tavola", "--list", str(path)]
    for form in ("markdown", "html", "arazzo"):
        shown = CliRunner().invoke(main, [*asked, "--as", form])
        assert shown.exit_code == 1, shown.output
        assert not {"\x1b", "\x07", "\u202e"} & set(shown.output)
        assert "<script>here" not in shown.output or form != "html"
        asked = asked[:2]


def test_a_markdown_table_is_a_list(tmp_path: Path) -> None:
    """Columns are found by their heads, in whatever order."""
    path = tmp_path / "list.md"
    path.write_text(
        "# Our tests\n\n| # | Expected result | Test | Minutes |\n|---|---|---|---|\n"
        "| 1 | it is shown | Send the menu | 12 min |\n", "utf-8",
    )  # fmt: skip
    [row] = read_list(path)
    assert (row.title, row.expected, row.minutes) == ("Send the menu", ("it is shown",), 12)


LISTS = {
    "ids.md": (
        "## Orders\n\n| Test Case ID | Test Case | Steps | Expected Results | Pass/Fail |\n"
        "|---|---|---|---|---|\n| TC-01 | **Accept** an order | Open it | The guest sees it | |\n"
        "| TC-02 | Cancel \\| refuse it | Press no | It is gone | ok |\n"
    ),
    "titled.csv": (
        "Partner checklist;;;\nVersion 3;;;\n;Scenario;Expected;Duration\n"
        "1.1;Accept an order;The guest sees it;10 min\n1.2;Cancel | refuse it;It is gone;5\n"
    ),
    "german.csv": "Nr;Testfall;Erwartetes Ergebnis\n1;Accept an order;Gäste sehen es\n"
    "2;Cancel | refuse it;Weg\n",
    "several.html": (
        "<h1>Go live</h1><table><tr><th>#</th><th>What</th><th>Result</th></tr><tr><td>1</td>"
        "<td>Accept an order</td><td>seen</td></tr></table><p>and</p><table><tr><th>Action</th>"
        "<th>Should be</th></tr><tr><td>Cancel | refuse it</td><td>gone</td></tr></table>"
    ),
    "boxes.md": "# Before you go live\n\n- [ ] Accept an order\n- [x] Cancel | refuse it\n",
}


@pytest.mark.parametrize("name", [*LISTS, "book.xlsx"])
def test_lists_have_many_shapes(tmp_path: Path, name: str) -> None:
    """Numbers, titles above the head, other heads and files, boxes to tick: the same two rows."""
    path = tmp_path / name
    if name.endswith(".xlsx"):
        book = pytest.importorskip("openpyxl").Workbook()
        head = (["Certification"], [], ["No.", "Test", "Expected result"])
        for cells in (*head, [1, "Accept an order", "seen"], [2, "Cancel | refuse it", "gone"]):
            book.active.append(cells)
        book.save(path)
    else:
        path.write_bytes(LISTS[name].encode("cp1252" if name == "german.csv" else "utf-8"))
    rows = read_list(path)
    assert [row.title for row in rows] == ["Accept an order", "Cancel | refuse it"]
    assert all(row.expected for row in rows) or name == "boxes.md"
    assert name != "titled.csv" or [row.minutes for row in rows] == [10, 5]


@pytest.mark.slow
def test_a_published_list_is_run_with_tavola(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders, menus, hours and exceptions of a marketplace's list: bound, called, and judged."""
    heard: list[str] = []
    with Sandbox([SIMULATORS["tavola"]]) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        walk = SessionWalk.open("tavola", settings, listing=MARKETPLACE, language="en")
        steps = [step for step in walk.protocol.header.steps if step.origin != "agenda"]
        for step in steps:
            if step.calls or step.feature == "order-created-event":
                walk.confirm(step, seconds=60, allow_writes=True, tell=heard.append)
        unallowed = walk.confirm(steps[1], seconds=60)
        missing = walk.confirm(
            steps[10].model_copy(update={"calls": (STRAY,)}), seconds=60, allow_writes=True
        )
    assert [step.feature for step in steps] == LISTED
    results = walk.protocol.results
    tried = [step.slug for step in steps if step.slug in results]
    assert len(tried) == 11
    assert [slug for slug in tried if results[slug].mark is not StepMark.CONFIRMED] == [
        "list-2", "list-11", "list-13",
    ]  # fmt: skip
    event = results["list-1"]
    assert {line.source for line in event.evidence} == {"receipts"}
    assert "was genuine" in event.seen
    assert len(heard) > len(tried)
    failed = results["list-13"]
    assert failed.mark is StepMark.FAILED
    assert "answered 200, where the list expects $statusCode == 418" in failed.seen
    # What would write is not sent unless that was allowed, nor what the folder does not name.
    assert unallowed.mark is StepMark.SKIPPED
    assert missing.mark is StepMark.SKIPPED
    assert "names it nowhere" in missing.seen
    told = json.loads(write_protocol_json(Report.read(walk.folder.path.absolute(), "en")))
    assert told["steps"][1]["calls"][0]["parameters"] == {"order_id": "$inputs.order"}


@pytest.mark.slow
def test_a_list_waits_for_messages_between_its_calls(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arazzo 1.1: the id of a message goes into a call; a condition, a correlation, a silence."""
    with Sandbox([SIMULATORS["tavola"]]) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        walk = SessionWalk.open("tavola", settings, listing=MESSAGES, language="en")
        steps = walk.protocol.header.steps[:4]
        told = [walk.confirm(step, seconds=60, allow_writes=True) for step in steps]
        unallowed = walk.confirm(steps[1], seconds=1)
    assert [step.feature for step in steps] == [
        "order-created-event", "order-status-event", "order-created-event", "order-created-event",
    ]  # fmt: skip
    # What depends on another step comes behind it, in whatever order they were written.
    assert [call.name for call in steps[0].calls] == ["told", "accept", "look"]
    assert [result.mark for result in told] == [
        StepMark.CONFIRMED, StepMark.CONFIRMED, StepMark.FAILED, StepMark.FAILED,
    ]  # fmt: skip
    assert "webhook:orderCreated, PUT /orders/{order_id}/status → 200" in told[0].seen
    assert "came, and the list expects $message.payload#/event/type == 'order.sung'" in told[2].seen
    assert "did not come within" in told[3].seen
    assert unallowed.mark is StepMark.SKIPPED
    assert "Nobody listens" in unallowed.seen


@pytest.mark.slow
def test_a_list_runs_workflows_within_workflows(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs go in and outputs come out, steps are repeated and left out, and no circle is endless.

    A message that the documents take as a call is one; what is sent elsewhere is told, and so is a
    workflow whose description was not given.
    """
    with Sandbox([SIMULATORS["tavola"]]) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        walk = SessionWalk.open("tavola", settings, listing=NESTED, language="en")
        steps = [step for step in walk.protocol.header.steps if step.origin != "agenda"]
        told = {
            step.title: walk.confirm(step, seconds=20, allow_writes=True)
            for step in steps
            if step.calls
        }
    assert [step.feature for step in steps][:3] == [
        "order-status-write", "order-status-write", "product-write",
    ]  # fmt: skip
    marks = [result.mark for result in told.values()]
    seen = [result.seen for result in told.values()]
    done = StepMark.CONFIRMED
    assert marks == [done, done, done, done, StepMark.FAILED, StepMark.SKIPPED, done], seen
    accept, ready, paused, unknown, refused, circle, _ = seen
    # What was accepted is what is made ready, and what comes first is run for what it puts out.
    assert accept.count("→ 200") == 3
    assert ready.count("PUT /orders/{order_id}/status → 200") == 2
    assert paused.count("PATCH") == 2
    assert unknown.count("→ 404") == 3
    assert unknown.endswith("GET /orders/{order_id} → 200.")
    assert "sung" in refused
    assert "in a circle" in circle
    assert "not given beside the list" in steps[6].action
    assert "no message broker" in steps[8].action


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (
            [
                {"stepId": "a", "dependsOn": ["b"]},
                {"stepId": "b", "outputs": {"y": "$steps.a.outputs.y"}},
            ],
            "a, b",
        ),
        ([{"stepId": "a", "workflowId": "second"}], "in a circle: first, second, first"),
        ([{"stepId": "a", "workflowId": "secund"}], "no workflow 'secund'"),
        ([{"stepId": "a", "onSuccess": [{"type": "goto", "stepId": "b"}]}], "no step 'b'"),
        ([{"stepId": "a", "onFailure": [{"type": "goto"}]}], "leads nowhere"),
        ([{"stepId": "a", "onSuccess": [{"type": "retry"}]}], "leads nowhere"),
    ],
)
def test_a_list_that_leads_nowhere_is_told(
    tmp_path: Path, steps: list[dict[str, object]], told: str
) -> None:
    """Circles, and names of nothing, are errors that say where; no list that never ends."""
    second = {"workflowId": "second", "steps": [{"stepId": "a", "workflowId": "first"}]}
    workflows = [{"workflowId": "first", "steps": steps}, second]
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"arazzo": "1.0.1", "workflows": workflows}), "utf-8")
    with pytest.raises(InputError, match=told):
        read_list(path)


def test_workflows_run_one_another_only_so_deep(tmp_path: Path) -> None:
    """A tower of workflows is refused; many ways through few workflows take no time."""
    names = [f"w{number}" for number in range(12)]

    def write(*, is_wide: bool) -> Path:
        made = [
            {
                "workflowId": name,
                "steps": [
                    {"stepId": f"{other}-{number}", "workflowId": other}
                    for other in names[at + 1 : at + 2]
                    for number in range(40 if is_wide else 1)
                ],
            }
            for at, name in enumerate(names[:9] if is_wide else names)
        ]
        if is_wide:
            made.append({"workflowId": "w9", "steps": [{"stepId": "a", "operationId": "getOrder"}]})
        path = tmp_path / "list.json"
        path.write_text(json.dumps({"arazzo": "1.0.1", "workflows": made}), "utf-8")
        return path

    with pytest.raises(InputError, match="too deep"):
        read_list(write(is_wide=False))
    [row] = read_list(write(is_wide=True))
    assert len(row.flows) == 0  # it says nothing of how it calls: our own checks are asked


ANSWER = Runtime(
    inputs={"order": "7", "deep": {"a": [1, "b"]}},
    outputs={"first": {"id": "x9"}},
    status=201,
    headers={"location": "/orders/7"},
    body={"status": "Ready", "items": [{"price": 5.5}], "none": None},
)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("$statusCode == 201", True),
        ("$statusCode >= 200 && $statusCode < 300", True),
        ("$statusCode == 200 || $response.body#/status == 'ready'", True),
        ("!($response.body.items[0].price > 5)", False),
        ("$response.body#/none == null", True),
        ("$response.body#/absent", False),
        ("$response.body#/absent != 'x'", False),
        ("$response.body#/absent == $response.body#/gone", False),
        ("$response.body#/absent == null", False),
        ("$inputs.deep.a[0] == true", False),
        ("$inputs.deep.a[0] != true", True),
        ("$response.header.Location == '/orders/7'", True),
        ("$steps.first.outputs.id != 'x9'", False),
        ("$inputs.deep.a[1] == 'B'", True),
        ("$response.body#/status < 3", False),
    ],
)
def test_conditions_are_read_as_arazzo_says(condition: str, *, holds: bool) -> None:
    """Comparisons, `&&`, `||`, `!`, parentheses, pointers and paths; texts in either case."""
    assert ANSWER.holds(CallCriterion(condition=condition)) is holds


@pytest.mark.parametrize(
    "condition", ["", "$statusCode ==", "($statusCode == 201", "a b", "$workflows.x", "1 ==== 1"]
)
def test_a_condition_that_is_none_is_told(condition: str) -> None:
    """It cannot be told whether it holds, and nothing is guessed."""
    with pytest.raises(InputError):
        ANSWER.holds(CallCriterion(condition=condition))


def test_patterns_and_paths_are_conditions() -> None:
    """Both are held against a context; a pattern that would run for ever does not."""

    def holds(condition: str, context: str, kind: str) -> bool:
        return ANSWER.holds(CallCriterion(condition=condition, context=context, kind=kind))

    assert holds("^Re", "$response.body#/status", "regex")
    assert not holds("(a+)+$", "$response.header.location", "regex")
    assert holds("$.items[?@.price > 5]", "$response.body", "jsonpath")
    assert not holds("$.items[?@.price > 9]", "$response.body", "jsonpath")
    assert not holds("$.x", "$response.body#/absent", "jsonpath")
    with pytest.raises(InputError):
        holds("//x", "$response.body", "xpath")


def test_values_are_filled_in_wherever_they_stand() -> None:
    """Expressions alone keep their type, in braces they become text; what is missing is told."""
    told = ANSWER.fill({"id": "$inputs.order", "all": ["$inputs.deep.a", "no {$statusCode}", 3]})
    assert told == {"id": "7", "all": [[1, "b"], "no 201", 3]}
    with pytest.raises(InputError, match="has no value"):
        ANSWER.fill("$inputs.nothing")


@pytest.mark.slow
def test_a_person_walks_through_at_a_terminal(settings: Settings) -> None:
    """Try, attest, fail, skip and pause at a real terminal; the same command goes on there."""
    with Sandbox([SIMULATORS["tavola"]]) as sandbox:
        environment = os.environ | sandbox.environment() | {
            "WORKBENCH_REPORTS": str(settings.reports), "WORKBENCH_ROOT": str(settings.root),
            "NO_COLOR": "1", "COLUMNS": "200",
        }  # fmt: skip
        command = ["-m", "workbench", "session", "tavola", "--walk", "--with", "Ana, engineer"]
        command += ["--seconds", "5"]

        def start() -> pexpect.spawn[str]:
            return pexpect.spawn(
                sys.executable, command, env=environment, encoding="utf-8", timeout=120,
                dimensions=(50, 200), cwd=str(settings.root),
                # What starts the tests may ignore it, and that is inherited.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

        first = start()
        for prompt, answer in (
            ("attest", "a"), ("role", "Luis, desk"), ("What was seen", "it is in the list"),
            ("attest", "f"), ("seen", "the old key"), ("attest", "s"), ("Why", "no time"),
        ):  # fmt: skip
            first.expect(prompt)
            first.sendline(answer)
        first.expect("t try")
        first.sendcontrol("c")
        first.expect("Paused; the same command goes on here")
        first.expect(pexpect.EOF)
        again = start()
        again.expect("t try")
        again.sendline("x")  # no such answer
        again.expect("is not one of")
        again.sendline("t")
        again.expect("Tell the platform|Send|Be told|Read|Set|Share")
        again.expect("attest")
        again.sendline("p")
        again.expect("Paused")
        again.expect(pexpect.EOF)
    protocol = read_protocol(RunFolder(settings.reports / "tavola" / "base"))
    assert protocol
    marks = [protocol.results[step.slug].mark for step in protocol.header.steps[:3]]
    assert marks == [StepMark.ATTESTED, StepMark.FAILED, StepMark.SKIPPED]
    assert protocol.results[protocol.header.steps[0].slug].seen == "it is in the list"
    assert protocol.header.steps[3].slug in protocol.results
    assert protocol.pauses == 2
    assert protocol.participants == ("Ana, engineer",)


def test_a_step_rests_on_evidence_of_its_own(settings: Settings) -> None:
    """A refused stranger confirms no accepted order, and half of what is expected is not all."""
    walk = SessionWalk.open("tavola", settings)
    step = walk.step("order-status-read").model_copy(update={"criteria": ("a", "b")})

    def look(outcome: str, *criteria: str) -> Evidence:
        finding = Finding(slug="x", severity="high", summary="It was wrong.")
        return Evidence(
            feature=step.feature,
            source="behaviour",
            outcome=outcome,
            summary="Seen.",
            criteria=criteria,
            findings=(finding,) if outcome == "failed" else (),
        )

    assert walk._judge(step, [look("passed", "c")], 1.0).mark is StepMark.SKIPPED
    assert walk._judge(step, [look("passed", "a")], 1.0).mark is StepMark.SKIPPED
    assert walk._judge(step, [look("passed", "a", "b")], 1.0).mark is StepMark.CONFIRMED
    assert walk._judge(step, [look("passed", "a", "b"), look("failed", "c")], 1.0).mark is (
        StepMark.CONFIRMED
    )
    assert (
        walk._judge(step, [look("passed", "a"), look("failed", "b")], 1.0).mark is StepMark.FAILED
    )


def test_without_credentials_nothing_is_confirmed(settings: Settings) -> None:
    """What could not be asked is not tried, and no failure of the partner."""
    walk = SessionWalk.open("tavola", settings)
    try:
        result = walk.confirm(walk.step("order-read"), seconds=2)
    except CredentialError:
        return
    assert result.mark is StepMark.SKIPPED


def test_a_session_is_paused_and_resumed(settings: Settings) -> None:
    """Another process goes on at the first step without a result; a later result counts."""
    walk = SessionWalk.open("tavola", settings, participants=["Ana, engineer"])
    first, second = walk.protocol.pending[:2]
    walk.attest(first, "Luis, partner desk", "Seen in their dashboard")
    walk.pause()
    again = SessionWalk.open("tavola", settings, participants=["Luis, partner desk"])
    assert again.protocol.pending[0] == second
    assert again.protocol.participants == ("Ana, engineer", "Luis, partner desk")
    again.fail(first, "Not there any more")
    assert again.protocol.results[first.slug].mark is StepMark.FAILED


def test_a_session_that_was_killed_is_searched_next(settings: Settings) -> None:
    """What a session wrote is searched for secrets by the next who touches the run."""
    SessionWalk.open("tavola", settings)
    (note,) = (settings.reports / "tavola").glob(".*.unsearched")
    assert note.read_text().startswith(f"{os.getpid()} ")
    note.write_text(f"{2**22 + 1} {platform.node()}")
    assert [folder.run for folder in list_abandoned(settings.reports, "tavola")] == ["base"]


def test_nothing_is_confirmed_without_evidence() -> None:
    """Confirmed needs evidence, attested a name, failed what was seen."""
    at = "2026-11-20T12:00:00Z"
    assert StepResult(step="x", at=at, mark=StepMark.ATTESTED, by="李").by == "李"  # a whole name
    for wrong in ({"mark": "confirmed"}, {"mark": "attested", "by": " "}, {"mark": "failed"}):
        with pytest.raises(ValidationError):
            StepResult(step="x", at=at, **wrong)  # type: ignore[arg-type]


def test_the_protocol_is_part_of_report_and_seal(settings: Settings) -> None:
    """Steps, decisions, deadlines and both signatures stand in the report, and in the manifest."""
    walk = SessionWalk.open("tavola", settings, participants=["Ana, engineer"])
    walk.attest(walk.protocol.pending[0], "Ana, engineer", "Seen <b>there</b>")
    walk.decide("Tavola mends the pause", "Luis", date(2026, 12, 15))
    walk.sign("us", "accepted", "Ana", "engineer")
    walk.sign("partner", "conditional", "Luis", "desk", conditions=["the pause is mended"])
    report = Report.read(walk.folder.path.absolute(), "en")
    section = report.section("sign_off")._repr_html_()
    for text in ("Ana, engineer", "Tavola mends the pause", "15 December 2026",
                 "the pause is mended", "with conditions", "Seen &lt;b&gt;there"):  # fmt: skip
        assert text in section
    made = [*write_formats(report, choose_formats((), walk.folder.path)[-2:])]
    assert [path.name for path in made] == ["session.md", "session.json", "session.pdf"]
    markdown = made[0].read_text("utf-8")
    paper = " ".join(PdfReader(made[2]).pages[-1].extract_text().split())
    for text in ("Tavola mends the pause", "15 December 2026", "the pause is mended"):
        assert text in markdown
        assert text in paper
    assert "<b>" not in markdown
    assert json.loads(made[1].read_text("utf-8"))["steps"][1]["start"] == "0:04"
    manifest = json.loads(seal(walk.folder).read_text("utf-8"))
    assert {"session.jsonl", *(path.name for path in made)} <= manifest["files"].keys()


@pytest.mark.slow
def test_a_run_with_its_session_verifies(settings: Settings) -> None:
    """An honest protocol belongs to the report; a changed one is told."""
    walk = SessionWalk.open("tavola", settings)
    walk.fail(walk.step("1"), "the old price")
    walk.publish(draft=True)
    assert verify(walk.folder).result == "consistent"
    path = walk.folder.path / "session.jsonl"
    path.write_text(path.read_text("utf-8").replace("the old price", "the new price"), "utf-8")
    assert verify(walk.folder).result == "altered"


def test_a_later_run_that_does_not_show_what_was_signed_says_so_first(settings: Settings) -> None:
    """Nobody asked the partner: that contradicts nothing, and stands on the cover all the same."""
    walk = SessionWalk.open("tavola", settings)
    signed = walk.sign("us", "accepted", "Ana", "engineer", until=date(2027, 1, 1))
    assert signed.verdicts["order-read"] is Status.SUPPORTED
    proved = signed.model_copy(update={"verdicts": {"order-read": Status.CONFIRMED}})
    walk.add(proved)
    later = RunFolder(walk.folder.path.with_name("later"))
    with Validation.open("tavola", settings=settings, run="later") as run:
        run.gather("documents")
    assert remember_sign_offs([walk.folder], later) == (proved,)
    modes = [path.stat().st_mode & 0o077 for path in later.path.glob("signed*")]
    assert modes == [0]
    report = Report.read(later.path.absolute(), "en")
    cover = report.section("cover")._repr_html_()
    assert "not shown again by this run: Read an order" in cover
    assert cover.index("not shown again") < cover.index('class="lead"')
    assert report.meeting.contradicted == ()
    assert "not shown again by this run: Read an order" in write_markdown(report)[:300]
    paper = " ".join(PdfReader(BytesIO(write_pdf(report))).pages[0].extract_text().split())
    assert paper.index("not shown again") < paper.index("Not tested yet")
    # What was signed for a time that is over promises nothing, and that is said as well.
    ended = proved.model_copy(update={"until": date(2026, 1, 31)})
    (later.path / "signed-before.jsonl").write_text(ended.model_dump_json() + "\n", "utf-8")
    report = Report.read(later.path.absolute(), "en")
    assert report.meeting.unshown == ()
    assert "held until 31 January 2026" in report.section("cover")._repr_html_()


def test_only_what_was_accepted_can_be_contradicted() -> None:
    """A refusal promises nothing, and a signature for some features covers no others."""
    base = {"side": "us", "name": "Ana", "role": "engineer", "at": "2026-11-20T12:00:00Z",
            "verdicts": {"a": "confirmed", "b": "confirmed"}}  # fmt: skip
    now = {"a": Status.FAILED, "b": Status.FAILED}
    both = SignOff.model_validate(base | {"decision": Acceptance.ACCEPTED})
    some = SignOff.model_validate(base | {"decision": Acceptance.ACCEPTED, "features": ["b"]})
    none = SignOff.model_validate(base | {"decision": Acceptance.REFUSED})
    assert find_contradictions([both], now) == ("a", "b")
    assert find_contradictions([some], now) == ("b",)
    assert find_contradictions([none], now) == ()
    # What nobody could ask about is not shown to be otherwise.
    doubt = {"a": Status.UNVERIFIED, "b": Status.UNSUPPORTED}
    assert find_contradictions([both], doubt) == ("b",)
    assert find_unshown([both], doubt) == ("a",)
    assert find_unshown([none], doubt) == ()


def test_conditions_belong_to_a_conditional_acceptance(settings: Settings) -> None:
    """The error says what is missing, without a traceback."""
    walk = SessionWalk.open("tavola", settings)
    for decision, conditions in (("conditional", []), ("accepted", ["x"])):
        with pytest.raises(InputError, match="cannot be signed"):
            walk.sign("us", decision, "Ana", "engineer", conditions=conditions)
    with pytest.raises(InputError, match="signed: conditions belong to a conditional acceptance"):
        walk.sign("us", "conditional", "Ana", "engineer")
    for said in (
        lambda: walk.sign("us", "accepted", " ", "engineer"),
        lambda: walk.attest(walk.step("1"), " "),
        lambda: walk.fail(walk.step("1"), ""),
        lambda: walk.decide(""),
        lambda: SessionWalk.open("tavola", settings, participants=[" "]),
    ):
        with pytest.raises(InputError) as caught:
            said()
        assert caught.value.hint
    with pytest.raises(InputError, match="no feature"):
        walk.sign("us", "accepted", "Ana", "engineer", features=["order-reed"])


def test_a_damaged_protocol_is_told(settings: Settings) -> None:
    """The error names file and line."""
    walk = SessionWalk.open("tavola", settings)
    with (walk.folder.path / "session.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match="damaged in line 2"):
        read_protocol(walk.folder)


def test_the_command_tells_steps_with_outcomes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps can be given by number; JSON has an outcome for each, and the exit code is honest."""
    monkeypatch.setenv("WORKBENCH_REPORTS", str(settings.reports))
    monkeypatch.setenv("WORKBENCH_ROOT", str(settings.root))
    run = CliRunner().invoke
    asked = ["session", "tavola", "--step", "1", "--attest", "Ana, engineer", "--json"]
    result = run(main, asked)
    assert result.exit_code == 1, result.output
    told = json.loads(result.output)
    assert told["steps"][0]["outcome"] == "attested"
    assert told["steps"][1]["outcome"] == "pending"
    assert not told["done"]
    wrong = run(main, ["session", "tavola", "--step", "1"])
    assert wrong.exit_code == 2
    assert "A step ends in one way" in wrong.output
    walked = run(main, ["session", "tavola", "--walk"])
    assert walked.exit_code == 2
    assert "at a terminal" in walked.output


def test_the_tables_of_a_session_speak_its_language(settings: Settings) -> None:
    """What is shown while a session is held, in a notebook or at a terminal, is for both sides."""
    walk = SessionWalk.open("tavola", settings, language="es")
    walk.attest(walk.step("1"), "Ana, integraciones", "visto")
    table = walk.overview()
    assert [*table.columns] == ["#", "Resultado", "Quién", "Min.", "Paso", "Qué se hace"]
    assert (table.iloc[0]["Resultado"], table.iloc[0]["Quién"]) == ("avalado", "juntos")
    assert set(walk.pending()["Resultado"]) == {"pendiente"}
    assert [*walk.try_step("").columns] == ["Resultado", "Paso", "Qué se vio"]
    result = StepResult(step="order-read", mark="confirmed", at="2026-11-20T12:00:00Z", evidence=(
        Evidence(feature="order-read", source="behaviour", outcome="passed", summary="x",
                 check="status-agrees"),
    ))  # fmt: skip
    [seen, end] = tabulate_result(walk.report, walk.step("order-read"), result).values.tolist()
    assert seen[:2] == ["funciona", "El mismo estado en las dos lecturas"]
    assert end[:2] == ["confirmado", "Consultar un pedido"]


def test_the_told_protocol_counts_its_marks(settings: Settings) -> None:
    """Counts and steps agree."""
    walk = SessionWalk.open("tavola", settings)
    for step in walk.protocol.pending:
        walk.skip(step, "not today")
    told = tell_protocol(walk.protocol)
    assert told["done"]
    assert told["counts"]["skipped"] == len(told["steps"])
