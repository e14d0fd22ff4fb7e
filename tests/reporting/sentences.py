"""Every sentence that programs write into a run beside the tables of checks and of findings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "workbench"
# What is filled in: a number, since some sentences want one.
FILLED = "7"
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")

# Whole rooms, and of those that also speak to engineers the modules whose words reach a report.
ROOMS = ("canonical",)
MODULES = {
    "mapping": ("arranging", "checking", "codec", "contacts", "enums", "explaining", "money",
                "runtime", "times"),
    "description": ("asyncapi", "bundle", "composer", "defects", "har", "intake", "limits",
                    "openapi", "postman", "prose_warnings", "raml", "raml_files", "reference",
                    "repairs", "request_drafts", "schema_defects"),
    "drafting": ("folder", "guesses", "logins", "signatures", "statements"),
}  # fmt: skip
# Joined to another text before anybody reads it; the whole is in the table.
_PARTS = {
    "; the largest of 7, the others are left out", "What is the 7 of the test restaurant?7",
    "The key 7 is repeated7; the last one counts.", "No more than 7 are read of a document.",
    "on line 7", "it overlaps another opening7", "The YAML tag 7 (line 7) has no meaning here",
    "7; its value was read as text.",
}  # fmt: skip
# Programs, settings of tools, faults of the program, and errors of the command line.
_SILENT = re.compile(
    r"^(return |def |if |for )|adapters\.|^redaction: |Path parameters that exist|"
    r"Every canonical entity|Laws that no function|"
    r"the document is refused|Traffic recorded in|^user name$|"
    # What stops a document at the intake, or a mapping at its reading, reaches no report.
    r"YAML forbids;? ?$|not valid YAML|\balias|mapping key|asks for a program object|^Quote it|"
    r"limit of 7|nested deeper|document in parts|Correct the document|include each other|"
    r"in one file|Put the file beside|text holds characters|(?:type|amount)\(|finer is None|"
    r"_minor if|"
    r"prefix of a country|digit before a national|write what they send|Name a city|a time zone, as|"
    r"as Python does|can be read back|"
    # The README of a draft, and remarks in its files.
    r"features (?:bound|are bound|are open)|^<p>|A draft made from|^- Samples|^## |"
    r"Drafted from|No test_account yet|folder cannot be made|Choose another name|documents say so|"
    r"^not taken|bound by hand|nothing is written"
)


def list_sentences() -> Iterator[tuple[str, str]]:
    """Where it stands, and each text of at least two words; what is filled in is a number."""
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            yield from _read(path)
    for room, names in MODULES.items():
        for name in names:
            for path in (PACKAGE / room).rglob(f"{name}.py"):
                yield from _read(path)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    passed = {id(part) for node in ast.walk(tree) for part in pass_over(node)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        text = fill(node)
        if SENTENCE.search(text) and text not in _PARTS and not _SILENT.search(text):
            yield f"{path.parent.name}/{path.name}:{getattr(node, 'lineno', 0)}", text


def pass_over(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the parts of a text that is read as a whole."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield part
            if isinstance(part, ast.FormattedValue) and part.format_spec:
                yield part.format_spec


def fill(node: ast.AST) -> str:
    """A text of the program, a number where something is filled in; empty for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else FILLED for part in node.values]
        return "".join(map(str, parts)).strip()
    return ""
