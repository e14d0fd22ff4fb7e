"""Signals about the sender in words, with the place of the document in which they were seen."""

from __future__ import annotations

import re

from workbench.model import Event, Operation

LEAD = 1500  # characters of a text that are about the thing itself
_QUOTED = 80  # characters of a text that a reason quotes
_SENTENCE_END = re.compile(r"(?<=[a-z)][.!?])\s")


def say(name: str, item: Operation | Event) -> str:
    """A signal in words, with what was seen."""
    place, _, what = name.partition(":")
    where = {"own": "its text", "tag": "the text of its tag", "all": "the preface"}.get(place)
    seen = _seen(name, item)
    quoted = f" (“{seen}”)" if seen else ""
    if where is None:
        return name.replace(":", " ").replace("-", " ") + quoted
    side, _, act = what.partition("-")
    if "hook" in what:
        return f"{where} speaks of a webhook{quoted}"
    who = "we are" if side == "us" else "they are"
    said = {"sends": "the sender", "gets": "the one that is called", "hosts": "the host"}
    return f"{where} says that {who} {said.get(act, 'spoken to')}{quoted}"


def _seen(name: str, item: Operation | Event) -> str:
    """The words in which a signal was seen."""
    if name.startswith(("own:", "text ", "first sentence", "plain words")):
        text = first_sentence(item.description) or item.summary
    elif name.startswith(("tag:", "tag ", "neighbours by tag", "stands among")):
        text = item.tags[0] if item.tags else ""
    elif name.startswith(("path ", "neighbours by path")):
        text = item.name if isinstance(item, Event) else item.path
    elif name.startswith("name "):
        text = item.summary
    elif name.startswith("server ") and not isinstance(item, Event):
        text = ", ".join(item.servers[:1])
    else:
        text = ""
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else f"{plain[: _QUOTED - 1]}…"


def first_sentence(text: str) -> str:
    """What a description says first, which is about the thing itself."""
    plain = next((line for line in text[:LEAD].splitlines() if any(map(str.isalpha, line))), "")
    return _SENTENCE_END.split(plain, maxsplit=1)[0]
