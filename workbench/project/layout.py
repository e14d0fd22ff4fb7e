"""Lays out a project from what the package brings; what is already there stays as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from workbench.errors import InputError
from workbench.partners import Partner, list_partners, load_partner
from workbench.settings import PROJECT, Settings, find_shipped, variable_name


def list_variables(partner: Partner, environment: str = "sandbox") -> dict[str, str]:
    """Credential → name of the variable that holds it, in the order of the manifest."""
    return {
        name: variable_name(partner.slug, environment, name)
        for name in partner.manifest.credential_names()
    }


DISTRIBUTION = "partner-integration-workbench"
# Template → where it goes in the project.
_TEMPLATES = {
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "workbench.toml": PROJECT,
    "requirements.txt": "requirements.txt",
    "github/action.yml": ".github/actions/validate/action.yml",
    "github/run.sh": ".github/actions/validate/run.sh",
    "github/workflow.yml": ".github/workflows/partners.yml",
    "gitlab/validate.yml": "templates/validate.yml",
}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.pyc")


@dataclass(frozen=True)
class Laid:
    """A project as it was laid out.

    Attributes:
        path: Its folder.
        made: Files and folders that are new, as paths from there.
        kept: What was there before, and was left alone.
        partners: Slugs of all partners in it.
    """

    path: Path
    made: tuple[str, ...]
    kept: tuple[str, ...]
    partners: tuple[str, ...]


def lay_out(folder: Path, *, examples: bool = False) -> Laid:
    """Make a project in `folder`: contracts, notebooks, credentials to fill in, CI templates.

    Nothing that exists is changed, so it may be run again after an update.

    Args:
        folder: Where; made where it is missing.
        examples: Also bring the three fictional partners, which the embedded sandbox plays.

    Raises:
        InputError: The folder cannot be written, or lies in what we bring ourselves.
    """
    if folder.resolve().is_relative_to(find_shipped().resolve() / "contracts"):
        raise InputError("A project cannot lie in the package", location=str(folder))
    made: list[str] = []
    kept: list[str] = []
    try:
        for name, source in _sources(examples=examples):
            target = folder / name
            (kept if target.exists() else made).append(name)
            if not target.exists():
                _copy(source, target)
        partners = tuple(list_partners(Settings(root=folder)))
        (kept if (folder / ".env.example").exists() else made).append(".env.example")
        if ".env.example" in made:
            (folder / ".env.example").write_text(_name_variables(folder, partners), "utf-8")
    except OSError as error:
        raise InputError(
            f"The project cannot be written: {error.strerror}",
            location=str(error.filename or folder),
            hint="Name a folder that you may write to.",
        ) from error
    return Laid(folder, tuple(made), tuple(kept), partners)


def _sources(*, examples: bool) -> Iterator[tuple[str, Path | str]]:
    """(path in the project, file or folder to copy, or text to write)."""
    shipped = find_shipped()
    yield "contracts/README.md", shipped / "contracts" / "README.md"
    if examples:
        for manifest in sorted((shipped / "contracts").glob("*/partner.yaml")):
            yield f"contracts/{manifest.parent.name}", manifest.parent
    for path in sorted((shipped / "notebooks").iterdir()):
        if path.suffix in {".ipynb", ".md"}:
            yield f"notebooks/{path.name}", path
    templates = files("workbench.project").joinpath("templates")
    for name, target in _TEMPLATES.items():
        text = templates.joinpath(name).read_text("utf-8")
        yield target, text.replace("{{version}}", version(DISTRIBUTION))


def _copy(source: Path | str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, str):
        target.write_text(source, "utf-8")
    elif source.is_dir():
        shutil.copytree(source, target, ignore=_LEFT_OUT, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target)


def _name_variables(folder: Path, partners: tuple[str, ...]) -> str:
    """Text of `.env.example`: the variable of each credential, without a value."""
    text = files("workbench.project").joinpath("templates", "env.example").read_text("utf-8")
    settings = Settings(root=folder)
    for slug in partners:
        names = list_variables(load_partner(slug, settings, run_hooks=False)).values()
        text += "\n" + "".join(f"{name}=\n" for name in names)
    return text
