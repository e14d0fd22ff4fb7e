"""Every sentence that our sources can write into a run, read from their programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "workbench"
# What is filled in: a number, since some sentences want one.
FILLED = "7"
_SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")

# Whole rooms, and of those that also speak to engineers the modules whose words reach a report.
ROOMS = ("evidence", "canonical")
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
    "7 of 7 operations of 7 were reached,", "7 s after it was provoked", "7; the document says 7.",
    "; the largest of 7, the others are left out", "Answers to", "The inbox holds no 7 of the last",
    "The key 7 is repeated7; the last one counts.", "What is the 7 of the test restaurant?7",
    "No more than 7 are read of a document.", "and adds up.", "does not keep to the document 7 (7)",
    "(documented at 7)", "has a value 7 that the document does not list", "on line 7",
    "has fields 7 that the document rules out", "is not written 7 as the document says (7)",
    "it overlaps another opening7", "which changed something there)",
    "The YAML tag 7 (line 7) has no meaning here", ", but not with what was asked for.",
    "7; its value was read as text.",
}  # fmt: skip
# Programs, settings of tools, faults of the program, and errors of the command line.
_SILENT_MODULES = {"configuration", "login", "schemathesis_program", "inventing", "delivery_record"}
_SILENT = re.compile(
    r"^(workbench (behaviour|receiver|traces)|Integration test|return |def |if |for )|"
    r"the catalogue has no feature|has no criterion|Every canonical entity|Laws that no function|"
    r"adapters\.|^redaction: |Path parameters that exist|reach of a run|"
    r"Schema at|Invalid component|the document is refused|Traffic recorded in|^user name$|"
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
            if path.stem not in _SILENT_MODULES:
                yield from _read(path)
    for room, names in MODULES.items():
        for name in names:
            for path in (PACKAGE / room).rglob(f"{name}.py"):
                yield from _read(path)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    passed = {id(part) for node in ast.walk(tree) for part in _pass_over(node)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        text = _fill(node)
        if _SENTENCE.search(text) and text not in _PARTS and not _SILENT.search(text):
            yield f"{path.parent.name}/{path.name}:{getattr(node, 'lineno', 0)}", text


def _pass_over(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the parts of a text that is read as a whole."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield part
            if isinstance(part, ast.FormattedValue) and part.format_spec:
                yield part.format_spec


def _fill(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else FILLED for part in node.values]
        return "".join(map(str, parts)).strip()
    return ""
