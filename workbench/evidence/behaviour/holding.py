"""Holds observations back until two answers differ: who answers everything alike proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.adapters import REFUSALS, Recorded, classify_refusal
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.likeness import Answers, ask_nowhere, read_form
from workbench.model import REFUSAL, SAME_ANSWER, Evidence, FeatureSlug, Outcome

CHECK = "answers-alike"
_LONGEST = 80  # signs of a shape that a sentence shows
_SETTLED = frozenset({Outcome.PASSED, Outcome.FAILED})


def hold_back(context: CheckContext, lines: Iterator[Evidence], since: int) -> Iterator[Evidence]:
    """Give observations on as soon as two answers of the partner differ.

    Where none does until the end, and what nobody documents is answered like all else, something
    stands in for the partner (a login page, a proxy, maintenance), or the address is not that of
    the API. Then what seems proved, or wrong, cannot be told.

    Args:
        context: Of the checks.
        lines: What they say.
        since: Number of the first request that counts.
    """
    held: list[Evidence] | None = []
    answers = Answers(context.session, since)
    for line in lines:
        if held is not None and answers.differ():
            yield from held
            held = None
        if held is None:
            yield line
        else:
            held.append(line)
    if held is None:
        return
    same = _find_same(context, answers)
    yield from held if same is None else _retell(context, held, same)


def _find_same(context: CheckContext, answers: Answers) -> Recorded | None:
    if answers.find_stand_in() is None:
        return None
    ask_nowhere(context.session)
    return answers.find_stand_in()


def _retell(context: CheckContext, held: list[Evidence], same: Recorded) -> Iterator[Evidence]:
    status, shape = read_form(same.status, same.response_body)
    what = f"{status} with {shape if len(shape) <= _LONGEST else f'{shape[:_LONGEST]}…'}"
    is_refused = status in REFUSALS
    kind = classify_refusal({status}).__name__ if is_refused else SAME_ANSWER
    words = say("answers-alike.same", what=what)
    if not is_refused:
        told = finding("answers-alike", observed=what)
        yield context.tell(
            FeatureSlug.TEST_ACCOUNT,
            CHECK,
            told.summary,
            outcome=Outcome.CANT_TELL,
            findings=[told.model_copy(update={"exchange": same.exchange})],
            detail={REFUSAL: kind},
        )
    for feature in dict.fromkeys(line.feature for line in held if line.outcome in _SETTLED):
        yield context.tell(feature, CHECK, words, outcome=Outcome.CANT_TELL, detail={REFUSAL: kind})
    yield from (line for line in held if line.outcome not in _SETTLED and not _is_reproach(line))


def _is_reproach(line: Evidence) -> bool:
    """Whether it tells of a thing that is not there, where nothing is."""
    return line.outcome is Outcome.UNTESTED and bool(line.findings)
