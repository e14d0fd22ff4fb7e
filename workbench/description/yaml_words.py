"""What libyaml says of a broken text, in words for the person who has to mend it."""

from __future__ import annotations

_QUOTES = "Put text with `[ ] { } , : #` in it in quotes, and close every bracket, brace and quote."
_INDENT = "Indent what belongs together alike; nothing stands below a value of one line."
_UNCLOSED = "a bracket, a brace or a comma is missing, or a sign of YAML's own has no quotes"

# What libyaml says, as far as it begins so → what is wrong, and what to do.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("did not find expected ',' or", _UNCLOSED, _QUOTES),
    ("did not find expected node content", _UNCLOSED, _QUOTES),
    ("did not find expected key", "this line is indented unlike those it stands with", _INDENT),
    ("did not find expected '-'", "this line is indented unlike those it stands with", _INDENT),
    ("mapping values are not allowed", "a `:` stands where no key can be", _INDENT),
    ("block sequence entries are not allowed", "a dash stands where no list can be", _INDENT),
    ("found unexpected end of stream", "a quote is not closed", "Close it."),
    ("found unexpected ':'", "a `:` stands where no key can be", _QUOTES),
    ("could not find expected ':'", "a key has no `:` after it", _INDENT),
    (
        "found character that cannot start any token",
        "a value begins with a sign that YAML keeps for itself",
        "Put the value in quotes; indent with spaces, not with tabs.",
    ),
    ("found unknown escape", "`\\` begins no sign that YAML knows", "Use single quotes."),
    ("found undefined alias", "`*` names an anchor that is not there", "Put the value in quotes."),
    ("did not find expected <document start>", "text stands behind the end of the file", _INDENT),
)


def explain_yaml(problem: str) -> tuple[str, str | None]:
    """What is wrong, and what to do where that is known.

    Args:
        problem: As libyaml says it.
    """
    for said, words, hint in _WORDS:
        if problem.startswith(said):
            return words, hint
    return problem, None
