"""A session as tables, for a notebook and a terminal, in the language of the session."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.handover.phrases import load_words
from workbench.model import Protocol, SessionStep, StepResult
from workbench.reporting import DisplayTable, Report, make_table, name_check


def tabulate_steps(
    report: Report, protocol: Protocol, steps: Sequence[SessionStep]
) -> DisplayTable:
    """Steps with their numbers, how they stand, who acts, minutes, and what is done."""
    say, results = load_words(report.language.code).say, protocol.results
    heads = ("result", "who", "minutes", "step", "action")
    rows = [
        (
            protocol.header.steps.index(step) + 1,
            say(f"session.marks.{results[step.slug].mark if step.slug in results else 'pending'}"),
            say(f"session.persons.{step.who}"),
            step.minutes,
            step.title,
            report.translate(step.action),
        )
        for step in steps
    ]
    return make_table(("#", *(say(f"session.{head}") for head in heads)), rows)


def tabulate_result(
    report: Report, step: SessionStep | None, result: StepResult | None
) -> DisplayTable:
    """What trying a step showed, one observation to a row, and how it ended; empty for none."""
    code = report.language.code
    say = load_words(code).say
    rows: list[tuple[str, ...]] = []
    if step is not None and result is not None:
        rows = [
            (
                say(f"outcomes.{line.outcome}"),
                name_check(line.check or "", code),
                report.translate(line.summary),
            )
            for line in result.evidence
        ]
        seen = report.translate(result.seen)
        rows.append((say(f"session.marks.{result.mark}"), step.title, seen))
    heads = ("result", "step", "seen_head")
    return make_table([say(f"session.{head}") for head in heads], rows)
