"""`workbench session`: the agenda, the live walk, decisions, and the sign-off of both sides."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from workbench.cli.arguments import slug_argument, split_value
from workbench.cli.output import FINDINGS, Output, speaks
from workbench.errors import InputError, WorkbenchError
from workbench.handover import (
    SessionWalk,
    read_steps,
    write_arazzo,
    write_bindings,
    write_messages,
    write_protocol,
)
from workbench.model import SessionStep, StepKind, StepMark
from workbench.partners import Partner, load_partner
from workbench.reporting import Report, tell_protocol, tell_signature, write_protocol_markdown
from workbench.settings import load_settings
from workbench.store import find_run

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("session")
@slug_argument()
@click.option("--run", default=None, help="Which run it is about; default: the latest.")
@click.option("--language", default="", help="`en` or `es`; default: the partner's.")
@click.option(
    "--list",
    "listing",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The partner's own certification list: Arazzo, or a table (CSV, Markdown, Excel, "
    "Word, PDF, or a page).",
)
@click.option(
    "--bindings",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --list: a table (Step, Feature) that says which row is about which feature or "
    "criterion.",
)
@click.option(
    "--propose",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --list: write such a table with what the words of the rows point to, to look "
    "through and give back with --bindings; no session is begun.",
)
@click.option("--with", "participants", multiple=True, metavar="NAME, ROLE", help="Who takes part.")
@click.option("--step", default="", metavar="STEP", help="A step by its number or slug.")
@click.option("--confirm", is_flag=True, help="Try the step now; evidence decides.")
@click.option("--by-hand", is_flag=True, help="Somebody else acts; wait for the notification.")
@click.option(
    "--agree",
    default="",
    metavar="NAME, ROLE",
    help="With --confirm: who agrees that a row of the list asks for what its words point to.",
)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --confirm: an input of the partner's list; may be repeated.",
)
@click.option("--attest", default="", metavar="NAME, ROLE", help="A person vouches for the step.")
@click.option("--failed", default="", metavar="SEEN", help="The step failed; what was seen.")
@click.option("--skip", default="", metavar="WHY", help="The step is not tried.")
@click.option("--note", default="", metavar="TEXT", help="What an attested step showed.")
@click.option("--decide", default="", metavar="TEXT", help="Note a decision.")
@click.option("--who", default="", metavar="NAME", help="Whose decision or deadline it is.")
@click.option("--due", type=_DAY, default=None, help="With --decide: the day that was agreed to.")
@click.option("--sign", type=click.Choice(["us", "partner"]), default=None, help="A side signs.")
@click.option(
    "--decision",
    type=click.Choice(["accepted", "conditional", "refused"]),
    default="accepted",
    help="With --sign: what it says.",
)
@click.option("--name", default="", help="With --sign: who signs.")
@click.option("--role", default="", help="With --sign: in what role.")
@click.option("--condition", "conditions", multiple=True, help="With --sign; may be repeated.")
@click.option("--feature", "features", multiple=True, help="With --sign: for which features.")
@click.option("--until", type=_DAY, default=None, help="With --sign: last day on which it holds.")
@click.option("--seconds", default=60.0, show_default=True, help="To try a step, or to wait.")
@click.option("--allow-writes", is_flag=True, help="Write to the test account of a sandbox.")
@click.option("--walk", is_flag=True, help="Walk through the steps here, asking for each.")
@click.option("--finish", is_flag=True, help="Render the report again with the protocol; seal it.")
@click.option("--draft", is_flag=True, help="With --finish: although statements are open.")
@click.option(
    "--as", "form", type=click.Choice(["markdown", "html", "arazzo", "arazzo-1.1"]), default=None
)
@click.option("--output", "target", type=click.Path(dir_okay=False, path_type=Path), default=None)
@speaks
def session_command(output: Output, slug: str, **options: Any) -> int:
    """Hold the validation session of a run: agenda, steps with evidence, decisions, sign-off.

    Without a step it begins the session, or shows how far it is. It may be left at any time.
    """
    if options["propose"]:
        return _propose(output, slug, options)
    if options["bindings"] and not options["listing"]:
        raise InputError("There is no list to bind", hint="Give it with --list FILE.")
    walk = SessionWalk.open(
        slug, load_settings(), run=options["run"], language=options["language"],
        participants=options["participants"], listing=options["listing"],
        bindings=options["bindings"],
    )  # fmt: skip
    if options["step"]:
        _take_step(output, walk, walk.step(options["step"]), options)
    if options["decide"]:
        walk.decide(options["decide"], options["who"], _day(options["due"]))
    if options["sign"]:
        signed = walk.sign(
            options["sign"], options["decision"], options["name"], options["role"],
            conditions=options["conditions"], features=options["features"],
            until=_day(options["until"]),
        )  # fmt: skip
        output.text(". ".join(tell_signature(signed, walk.report.language, walk.report.name)))
    if options["walk"]:
        _walk_through(output, walk, options)
    if options["finish"]:
        for path in walk.publish(draft=options["draft"]):
            output.text(path)
    _show(output, walk, options["form"], options["target"])
    failed = walk.protocol.counts.get(StepMark.FAILED, 0)
    return FINDINGS if failed or not walk.protocol.is_done else 0


def _propose(output: Output, slug: str, options: dict[str, Any]) -> int:
    """Write what the rows of a list would be bound to."""
    if options["listing"] is None:
        raise InputError("There is no list to bind", hint="Give it with --list FILE.")
    settings = load_settings()
    folder = find_run(settings.reports, slug, options["run"])
    report = Report.read(folder.path.absolute(), options["language"])
    steps = read_steps(
        options["listing"], options["bindings"], load_partner(slug, settings, run_hooks=False),
        report.catalogue, report.language.code,
    )  # fmt: skip
    options["propose"].write_text(output.redact(write_bindings(steps)), "utf-8")
    open_ones = [step for step in steps if step.is_proposed or not step.feature]
    output.document({"path": str(options["propose"]), "rows": len(steps), "open": len(open_ones)})
    output.text(options["propose"])
    return FINDINGS if open_ones else 0


def _take_step(
    output: Output, walk: SessionWalk, step: SessionStep, options: dict[str, Any]
) -> None:
    chosen = [name for name in ("confirm", "attest", "failed", "skip") if options[name]]
    if len(chosen) != 1:
        raise InputError(
            "A step ends in one way",
            hint="Give one of --confirm, --attest NAME, --failed SEEN, --skip WHY.",
        )
    if options["confirm"]:
        result = walk.confirm(
            step, by_hand=options["by_hand"], seconds=options["seconds"],
            allow_writes=options["allow_writes"], tell=output.text,
            inputs=dict(map(split_value, options["values"])), agreed=options["agree"],
        )  # fmt: skip
    elif options["attest"]:
        result = walk.attest(step, options["attest"], options["note"])
    elif options["failed"]:
        result = walk.fail(step, options["failed"])
    else:
        result = walk.skip(step, options["skip"])
    output.text(walk.tell_result(step, result))


def _walk_through(output: Output, walk: SessionWalk, options: dict[str, Any]) -> None:
    """Ask for each step that has no result yet; Ctrl-C pauses."""
    if output.as_json or not sys.stdin.isatty():
        raise InputError(
            "Only a person at a terminal can walk through a session",
            hint="Name single steps instead: --step 1 --confirm.",
        )
    pending = walk.protocol.pending
    for step in pending:
        minutes = walk.say("session.ask.minutes", count=step.minutes)
        output.text(f"\n{step.title} · {minutes}", style="bold")
        output.text(step.action)
        for text in step.expected:
            output.text(f"  - {text}")
        try:
            _ask(output, walk, step, options)
        except (KeyboardInterrupt, click.Abort):
            walk.pause()
            output.text(walk.say("session.ask.paused"))
            return


_ASKED = ("name", "seen", "why", "answer", "agrees")


def _ask(output: Output, walk: SessionWalk, step: SessionStep, options: dict[str, Any]) -> None:
    keys = {"a": "attest", "f": "failed", "s": "skip", "p": "pause"}
    if step.feature:
        keys = {"t": "try", **keys}
    if step.kind is StepKind.EVENT:
        keys = {"w": "wait", **keys}
    words = {name: walk.say(f"session.ask.{name}") for name in (*keys.values(), *_ASKED)}
    shown = ", ".join(f"{key} {words[name]}" for key, name in keys.items())
    answer = click.prompt(shown, type=click.Choice(list(keys)), show_choices=False)
    if answer == "p":
        raise click.Abort
    told = dict.fromkeys(("confirm", "attest", "failed", "skip", "by_hand"), "")
    if answer in {"t", "w"}:
        told |= {"confirm": "yes", "by_hand": "yes" if answer == "w" else ""}
        if step.is_proposed and not options["agree"]:
            told["agree"] = click.prompt(words["agrees"], default="", show_default=False)
    else:
        asked = words[{"a": "name", "f": "seen", "s": "why"}[answer]]
        told[keys[answer]] = click.prompt(asked)
    if answer == "a":
        asked = words["answer" if step.kind is StepKind.QUESTION else "seen"]
        told["note"] = click.prompt(asked, default="", show_default=False)
    try:
        _take_step(output, walk, step, {**options, **told})
    except WorkbenchError as error:
        output.text(f"{error} {error.hint or ''}", style="yellow")


def _show(output: Output, walk: SessionWalk, form: str | None, target: Path | None) -> None:
    protocol = walk.protocol
    output.document(tell_protocol(protocol))
    if form is not None or target is not None:
        partner = load_partner(protocol.header.partner, walk.settings, run_hooks=False)
        text = {
            "html": lambda: write_protocol(walk.report, protocol),
            "arazzo": lambda: write_arazzo(protocol.header.steps, partner),
            "arazzo-1.1": lambda: _write_both(output, protocol.header.steps, partner, target),
        }.get(form or "", lambda: write_protocol_markdown(_read_again(walk)))()
        if target is None:
            click.echo(output.clean(text), err=output.as_json)
        else:
            target.write_text(output.redact(text), "utf-8")
            output.text(target)
        return
    table = walk.overview()
    title = f"{protocol.header.title} {protocol.header.run}"
    output.table(title, [*table.columns][:-1], [row[:-1] for row in table.itertuples(index=False)])


def _write_both(
    output: Output, steps: tuple[SessionStep, ...], partner: Partner, target: Path | None
) -> str:
    """Arazzo 1.1, and beside its file the AsyncAPI description that its steps wait by."""
    name = f"{target.name.partition('.')[0] if target else partner.slug}.asyncapi.json"
    if target is not None:
        beside = target.with_name(name)
        beside.write_text(output.redact(write_messages(steps, partner)), "utf-8")
        output.text(beside)
    return write_arazzo(steps, partner, beside=name)


def _read_again(walk: SessionWalk) -> Report:
    """The report with the session as it stands now."""
    return Report.read(walk.folder.path.absolute(), walk.report.language.code)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
