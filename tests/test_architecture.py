"""The house: layers, ceilings, names, and a map that is true."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from workbench.model import FeatureSlug
from workbench.partners import load_catalogue

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}


def code_lines(path: Path) -> int:
    """Lines with code on them: neither blank, nor comment, nor docstring."""
    text = path.read_text("utf-8")
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documented |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    skipped = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    used = {
        number
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in skipped
        for number in range(token.start[0], token.end[0] + 1)
    }
    return len(used - documented)


def rooms() -> dict[str, list[Path]]:
    """Room → its modules; single modules of the package are rooms of their own."""
    found: dict[str, list[Path]] = {}
    for path in MODULES:
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if name not in {"__init__", "__main__"}:
            found.setdefault(name, []).append(path)
    return found


def data_lines(path: Path) -> int:
    """Lines of data or of a template that say something; generated JSON is not counted."""
    lines = path.read_text("utf-8").splitlines()
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)


def size(paths: list[Path], room: str) -> int:
    """Lines of a room: its code, its YAML, and its templates."""
    kinds = (".yaml", ".j2", ".css", ".js", ".typ")
    beside = [path for path in (PACKAGE / room).rglob("*") if path.suffix in kinds]
    return sum(map(code_lines, paths)) + sum(map(data_lines, beside))


def stated_ceilings() -> dict[str, int]:
    """Room → ceiling, from the table in workbench/README.md."""
    text = (PACKAGE / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z]+)/?` \|.*\| ([\d,]+) \|$", text, re.MULTILINE)
    return {name: int(number.replace(",", "")) for name, number in rows}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_stays_small(path: Path) -> None:
    """No module is longer than 400 lines, no function longer than 40."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= LONGEST_FUNCTION, node.name


def test_every_room_is_on_the_map_and_below_its_ceiling() -> None:
    """The table of workbench/README.md names every room, no other, and its size holds."""
    sizes = {name: size(paths, name) for name, paths in rooms().items()}
    ceilings = stated_ceilings()
    assert set(ceilings) == set(sizes)
    assert {name: size for name, size in sizes.items() if size > ceilings[name]} == {}


def imports_within(path: Path, names: set[str]) -> set[str]:
    """Modules of the package that a module names in imports, wherever they stand in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{alias.name}" for alias in node.names} & names
            found |= parts or {node.module} & names
    return found


def test_no_modules_know_each_other_in_a_circle() -> None:
    """Imports, those for types included, lead downward only: no module comes back to itself."""
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES}
    graph = {name: imports_within(path, set(named)) for name, path in named.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_no_module_is_a_drawer() -> None:
    """A name says what the thing is."""
    assert [path for path in MODULES if path.stem in FORBIDDEN_NAMES] == []


# File names that stand in several rooms, and mean the same thing in each. Of the two `report`
# one is Schemathesis'; scripts of users import it.
SHARED_NAMES = frozenset(
    {"calling", "catalogue", "folder", "hooks", "inbox", "money", "report", "server"}
)


def test_a_file_name_means_one_thing() -> None:
    """No module is called as one of another room that is about something else."""
    names = [path.stem for path in MODULES if not path.stem.startswith("__")]
    assert {name for name in names if names.count(name) > 1} <= SHARED_NAMES


def test_a_class_name_means_one_thing() -> None:
    """No two public classes of the package share a name."""
    names = [
        node.name
        for path in MODULES
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert {name for name in names if names.count(name) > 1} <= {"Party"}


def test_nothing_is_left_for_later() -> None:
    """No stub and no note to ourselves in the package."""
    pattern = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b|NotImplemented" + "Error")
    assert [str(path) for path in MODULES if pattern.search(path.read_text("utf-8"))] == []


def test_every_test_says_what_it_shows() -> None:
    """Each test function has a one-sentence docstring."""
    silent = [
        f"{path.name}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_the_top_level_is_the_fixed_seven() -> None:
    """Nothing but the owner's seven entries and dotfiles is tracked at the top."""
    allowed = {
        "pyproject.toml",
        "README.md",
        "notebooks",
        "workbench",
        "contracts",
        "reports",
        "tests",
    }
    git = ROOT / ".git" / "index"
    if not git.exists():
        pytest.skip("needs a git checkout")
    import subprocess  # noqa: PLC0415

    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {name.split("/")[0] for name in listed if name and not name.startswith(".")}
    assert top <= allowed


def test_every_feature_has_its_constant() -> None:
    """`FeatureSlug` names each feature of the catalogue, and nothing else."""
    named = {name: slug for name, slug in vars(FeatureSlug).items() if name.isupper()}
    assert set(named.values()) == {feature.slug for feature in load_catalogue().features}
    assert all(name == slug.upper().replace("-", "_") for name, slug in named.items())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_feature_is_named_by_its_constant(path: Path) -> None:
    """No module but the one of constants and the simulators writes a feature's slug as a text."""
    if path.parent.name == "sandbox" or path.name == "slugs.py":
        return
    slugs = {slug for name, slug in vars(FeatureSlug).items() if name.isupper()} - {"settlement"}
    tree = ast.parse(path.read_text("utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    assert {text for text in texts if isinstance(text, str)} & slugs == set()
