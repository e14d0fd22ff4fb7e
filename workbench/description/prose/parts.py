"""Calls whose method and path stand apart: each on a line, behind a label, or below a heading."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import CodeBlock, bare
from workbench.description.prose.calls import (
    Strength,
    WrittenCall,
)
from workbench.description.prose.labels import label_of, method_in, short_lines
from workbench.description.prose.payload_examples import looks_like_json

_PATH_VALUE = re.compile(r"`?((?:https?://|/|\{\{?\w+\}?\}/|[a-z][\w.-]*/)[^\s`]*)`?(?:\s.*)?")
_PATH_ALONE = re.compile(
    r"[\s`*]*((?:https?://[^\s`]+|\{\{?[\w .-]{1,40}\}?\}|\$\{?[\w.]{1,60}\}?|\[[\w .-]{1,40}\])?"
    r"/[^\s`]*)[\s`*]*"
)
_CARRIED = re.compile(r"[\s`*>-]*(/[\w{:<][^\s`]*)[`*]*(?:\s|$)")
_METHOD_ALONE = re.compile(rf"[\s`*]*({words.METHODS})[\s`*:]*")
_ANNOUNCED = re.compile(  # `Send a GET request to the following URL:`
    rf"(?<![\w-])({words.METHODS})(?![\w-])[^\n/]{{0,60}}\b(?:following|below|this|next|siguiente|"
    r"seguinte|suivante?|folgende\w?)\b[^\n/]{0,40}:\W*$"
)
_TITLE_AND_METHOD = re.compile(rf"(.{{2,80}}?)\s*\(({words.METHODS})\)\W*", re.IGNORECASE)
_METHOD_AND_TITLE = re.compile(rf"[\s`*]*({words.METHODS})[`*]*\s+([^\s/][^/\n]{{1,90}})")
_LONGEST_TITLE = 90


@dataclass
class DraftCall:
    """What was said so far of a call that is not whole yet.

    Attributes:
        label: What a heading says of the first line below it.
        title: Words beside the method.
        base: Address of the API between method and path, as some portals draw it.
        is_badge: Whether the method is the last that was said; a heading below it is its title.
    """

    method: str = ""
    path: str = ""
    title: str = ""
    label: str = ""
    is_badge: bool = False
    base: str = ""
    waiting: str = ""  # the line of a method whose path did not come yet
    lost: dict[str, None] = field(default_factory=dict)  # such lines that never got theirs
    is_inside: bool = False
    carried: str = ""  # method of the line above, for paths that follow it
    ahead: str = ""  # a path on the line above, for a method behind a label
    read: str = ""  # a title above that speaks of reading
    is_reading: bool = False  # whether the heading above speaks of reading
    guessed: list[str] = field(default_factory=list)  # paths of payloads whose method is not stated
    assumed: list[tuple[str, str]] = field(
        default_factory=list
    )  # such titles or none, with an address

    def begin(self, title: str, *, is_inside: bool) -> None:
        """Take what a heading says; a part such as `Request` goes on with what was said before.

        Args:
            title: The heading.
            is_inside: Whether it stands below a call that is whole.
        """
        self.give_up()
        self.carried = self.ahead = ""
        self.is_inside = is_inside
        label = bare(title)
        is_label = any(word.fullmatch(label) for word in (words.METHOD_LABEL, words.TARGET_LABEL))
        self.label = label if is_label else ""
        if self.is_badge and not is_label:
            self.title, self.is_badge = title, False
        elif is_inside or not (is_label or words.PART_TITLE.fullmatch(label)):
            titled = _METHOD_AND_TITLE.fullmatch(title)
            self.method, self.title = (titled[1], titled[2]) if titled else ("", "")
            self.path = ""
        self.announce(title)
        self.is_reading = bool(self.read)

    def announce(self, title: str) -> None:
        """Take what a title says of an address below it: `Place order (POST)`, `List of orders`."""
        stated = _TITLE_AND_METHOD.fullmatch(title)
        if stated and not self.is_inside:
            self.method, self.title, self.path = stated[2].upper(), stated[1], ""
        plain = words.plain(words.MARKS.sub("", title)).strip()
        self.read = title if len(title) < _LONGEST_TITLE and words.READS.match(plain) else ""

    def give_up(self) -> None:
        """Note the method that waits as one whose path nobody states."""
        if self.waiting:
            self.lost.setdefault(self.waiting)
        self.waiting = ""

    def labelled(self, line: str) -> tuple[str, str] | None:
        """Label and value of a line; below a heading that is a label, the line is the value."""
        alone = line.strip("`*_ ")
        if self.label and (_PATH_ALONE.fullmatch(alone) or _METHOD_ALONE.fullmatch(alone)):
            label, self.label = self.label, ""
            return label, alone
        return label_of(line)

    def note(self, line: str, labelled: tuple[str, str] | None) -> dict[str, None]:
        """Remember a method or path that stands on a line of its own, with or without a label.

        Returns:
            What looks like the target of a call, and is none that can be read.
        """
        value = _PATH_VALUE.fullmatch(labelled[1]) if labelled else None
        was_badge, self.is_badge = self.is_badge, False
        ahead, self.ahead = self.ahead, ""
        if labelled and _is_method(*labelled):
            self.give_up()
            self.path = self.path or ahead
            stated = words.METHOD.findall(labelled[1].upper()) or [method_in(labelled[1])]
            is_one = len(stated) == 1 and not self.is_inside
            self.waiting = line.strip()[:160] if is_one else ""
            self.method = " ".join(dict.fromkeys(stated))
        elif labelled and value and words.TARGET_LABEL.fullmatch(labelled[0]):
            is_base = labelled[0] == "api" and words.BASE_ADDRESS.fullmatch(value[1])
            self.path = "" if is_base else value[1]
        elif labelled and value and words.HOOK_LABEL.fullmatch(labelled[0]):
            self.method, self.path = "POST", value[1]
        elif labelled and labelled[1] and self.method and _is_target(labelled[0]):
            self.waiting = ""
            return {f"{self.method} {line.strip()}"[:160]: None}
        elif method := _METHOD_ALONE.fullmatch(line):
            several = f"{self.method} {method[1]}" if was_badge and self.method else method[1]
            self.method, self.path, self.title = several, "", ""
            self.is_badge = True
        elif (titled := _METHOD_AND_TITLE.fullmatch(line)) and "`" in line:
            self.method, self.path, self.title = titled[1], "", titled[2].strip("` *")
        elif announced := _ANNOUNCED.search(line.replace("`", "")):
            self.method, self.path, self.title = announced[1], "", ""
        else:
            self.note_path(line)
        return {}

    def note_path(self, text: str) -> None:
        """Remember a path that stands alone after its method."""
        path = _PATH_ALONE.fullmatch(text)
        base, self.base = self.base, ""
        if self.method and path and not base and words.BASE_ADDRESS.fullmatch(path[1]):
            self.base = path[1].rstrip("/")
        elif self.method and path:
            self.path = f"{base if path[1].startswith('/') else ''}{path[1]}"
        elif path and not words.BASE_ADDRESS.fullmatch(path[1]):
            self.ahead = path[1]
            if path[1].startswith("http"):
                self.assumed.append((self.read, path[1]))
        elif text.strip():
            self.announce(text)

    def carry(self, line: str) -> list[WrittenCall]:
        """The call of a line that begins with a path: its method is that of the line above."""
        method, self.carried = self.carried, ""
        path = _CARRIED.match(line)
        return [WrittenCall(method, path[1], Strength.MENTION)] if method and path else []

    def of_code(self, block: CodeBlock, lead: str) -> list[WrittenCall]:
        """The call that a code block makes whole: it is a path, or states both behind labels.

        Below a path behind a label whose method nobody states, a payload is one that is posted.
        """
        text = block.text
        self.note_path(text.strip())
        is_payload = looks_like_json(block.language, text) and not words.ANSWER.search(
            words.plain(lead)
        )
        if self.path and not (self.method or self.is_inside or self.is_reading) and is_payload:
            self.guessed.append(self.path)
            self.method = "POST"
        stated = [found for line in short_lines(text) if (found := label_of(line))]
        methods = [value for label, value in stated if words.METHOD_LABEL.fullmatch(label)]
        paths = [value for label, value in stated if words.TARGET_LABEL.fullmatch(label)]
        if methods and paths and method_in(methods[0]) and _PATH_VALUE.fullmatch(paths[0]):
            self.method, self.path = method_in(methods[0]), paths[0]
        return self.whole()

    def whole(self) -> list[WrittenCall]:
        """The call, or one for each of its methods, once both are known; then it is forgotten."""
        if not (self.method and self.path):
            return []
        calls = [
            WrittenCall(method, self.path, Strength.ALONE, self.title)
            for method in self.method.split()
        ]
        self.method = self.path = self.title = self.waiting = ""
        return calls


def _is_method(label: str, value: str) -> bool:
    if words.REQUEST_LABEL.fullmatch(label):
        return _METHOD_ALONE.fullmatch(value) is not None
    return bool(words.METHOD_LABEL.fullmatch(label) and method_in(value))


def _is_target(label: str) -> bool:
    return bool(words.TARGET_LABEL.fullmatch(label) or words.HOOK_LABEL.fullmatch(label))
