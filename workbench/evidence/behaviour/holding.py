"""Holds observations back until answers differ: who answers everything alike proves nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from workbench.adapters import REFUSALS, classify_refusal
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.likeness import Answers, read_form
from workbench.model import REFUSAL, SAME_ANSWER, Evidence, FeatureSlug, Outcome

CHECK = "answers-alike"
_LONGEST = 80  # signs of a shape that a sentence shows
_SETTLED = frozenset({Outcome.PASSED, Outcome.FAILED})


def hold_back(context: CheckContext, lines: Iterator[Evidence], since: int) -> Iterator[Evidence]:
    """Give observations on as soon as the partner answers otherwise than to what they rest on.

    Where it does not, and what nobody documents is answered like all else, something stands in for
    the partner from then on (a login page, a proxy, maintenance), or the address is not that of the
    API. Then what seems proved, or wrong, cannot be told.

    Args:
        context: Of the checks.
        lines: What they say.
        since: Number of the first request that counts.
    """
    held: deque[tuple[int, Evidence]] = deque()
    answers, told = Answers(context.session, since), set[str]()
    for line in lines:
        held.append((answers.count, line))
        if line.outcome is Outcome.FAILED and answers.ask():
            yield from _retell(context, held, answers, told)
        while held and held[0][0] <= answers.alike_since:
            yield held.popleft()[1]
    if any(line.outcome in _SETTLED for _, line in held) and answers.ask():
        yield from _retell(context, held, answers, told)
    yield from (line for _, line in held)


def _retell(
    context: CheckContext, held: deque[tuple[int, Evidence]], answers: Answers, told: set[str]
) -> Iterator[Evidence]:
    """What is held, as what it is; of each feature once, and of what stands in at first."""
    same = answers.find_stand_in()
    if same is None:
        return
    status, shape = read_form(same.status, same.response_body)
    what = f"{status} with {shape if len(shape) <= _LONGEST else f'{shape[:_LONGEST]}…'}"
    is_refused = status in REFUSALS
    detail = {REFUSAL: classify_refusal({status}).__name__ if is_refused else SAME_ANSWER}
    lines = [line for number, line in held if number > answers.alike_since]
    yield from (line for number, line in held if number <= answers.alike_since)
    held.clear()
    if not is_refused and not told:
        seen = finding("answers-alike", observed=what)
        yield context.tell(
            FeatureSlug.TEST_ACCOUNT,
            CHECK,
            seen.summary,
            outcome=Outcome.CANT_TELL,
            findings=[seen.model_copy(update={"exchange": same.exchange})],
            detail=detail,
        )
    words = say("answers-alike.same", what=what)
    for feature in dict.fromkeys(line.feature for line in lines if line.outcome in _SETTLED):
        if feature not in told:
            yield context.tell(feature, CHECK, words, outcome=Outcome.CANT_TELL, detail=detail)
        told.add(feature)
    yield from (line for line in lines if line.outcome not in _SETTLED and not _is_reproach(line))


def _is_reproach(line: Evidence) -> bool:
    """Whether it tells of a thing that is not there, where nothing is."""
    return line.outcome is Outcome.UNTESTED and bool(line.findings)
