"""The group that all commands hang on."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import click

from workbench.text import suggest_name

# Command → its module, and the first sentence of its help; in the order of the help.
_COMMANDS = {
    "init": ("project", "Lay out a project of one's own: contracts, notebooks, CI templates."),
    "lab": ("project", "Open JupyterLab on the project; with --sandbox, with partners to try."),
    "demo": ("running", "Start the embedded sandbox and validate its partners end to end."),
    "new": (
        "drafting",
        "Make contracts/SLUG from documents: bindings and mappings to review, open questions.",
    ),
    "describe": (
        "looking",
        "List operations, webhooks, security and oddities of documents or of a partner.",
    ),
    "suggest": (
        "looking",
        "Propose which operation or webhook serves which feature, with reasons, for review.",
    ),
    "features": (
        "catalogue",
        "List the feature catalogue: features, criteria, benefits, evidence needed.",
    ),
    "lint": ("looking", "Check a partner folder offline; what blocks a run comes first."),
    "map": ("mapping", "Translate one payload; or a folder, NDJSON or parquet file of payloads."),
    "call": ("calling", "Send one request: answer, schema check, translation."),
    "check": ("observing", "Run evidence sources without a notebook."),
    "validate": (
        "running",
        "Validate partners: run the validation notebook and render the report.",
    ),
    "report": ("reports", "Render the report of a run again, from its folder alone."),
    "portal": ("reports", "Build the static index over all partners and runs."),
    "diff": (
        "reports",
        "Say what changed: between two runs, or between the folder's documents and a newer one.",
    ),
    "model": (
        "handing",
        "Show our entities to a partner's developers: schemas, examples, laws, status machines.",
    ),
    "request": (
        "handing",
        "Write the letter that starts an integration; later, what has arrived and what is missing.",
    ),
    "session": (
        "meeting",
        "Hold the validation session of a run: agenda, steps with evidence, decisions, sign-off.",
    ),
    "keys": ("vouching", "Make the key pair that signs reports, or show its public key."),
    "sign": ("vouching", "Seal a run and sign the seal: FOLDER holds its evidence.jsonl."),
    "verify": (
        "vouching",
        "Say what can be known of a received report: FOLDER holds its evidence.jsonl.",
    ),
    "listen": ("inbox", "Receive partners' webhooks into the durable inbox until interrupted."),
    "inbox": (
        "inbox",
        "Look after received webhooks: list, count, show, replay, retry, export, erase.",
    ),
    "sandbox": ("running", "Run the embedded partner simulator until interrupted."),
    "overlay": (
        "drafting",
        "Make an OpenAPI Overlay of the corrections between a document and an edited copy.",
    ),
}


class Commands(click.Group):
    """Loads a command when it is called: `describe` needs no database, and the help nothing."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of this name, or None."""
        if name not in _COMMANDS:
            return None
        module = import_module(f"workbench.cli.{_COMMANDS[name][0]}")
        found: click.Command = getattr(module, f"{name}_command")
        return found

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; of an unknown one the nearest is named."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            context.fail(f"No such command {args[0]!r}. {suggest_name(args[0], _COMMANDS)}")
        return super().resolve_command(context, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, each with what it does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="partner-integration-workbench", prog_name="workbench")
def main() -> None:
    """Import a partner's API documents, prove its features, and render the report."""
    # Generated tests keep tables of letters; beside the user's other caches, not in each folder.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "workbench" / "hypothesis"))
