"""The group that all commands hang on."""

from __future__ import annotations

from importlib import import_module

import click

_HOMES = {  # command → its module, in the order of the help
    "demo": "running",
    "new": "drafting",
    "describe": "looking",
    "suggest": "looking",
    "features": "looking",
    "lint": "looking",
    "map": "mapping",
    "check": "running",
    "validate": "running",
    "report": "reports",
    "portal": "reports",
    "diff": "reports",
    "verify": "reports",
    "listen": "inbox",
    "inbox": "inbox",
    "sandbox": "running",
    "overlay": "drafting",
}


class Commands(click.Group):
    """Loads a command when it is called: `describe` needs no database, and `map` no notebook."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All names, in the order of the help."""
        return list(_HOMES)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of this name, or None."""
        if name not in _HOMES:
            return None
        module = import_module(f"workbench.cli.{_HOMES[name]}")
        found: click.Command = getattr(module, f"{name}_command")
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="partner-integration-workbench", prog_name="workbench")
def main() -> None:
    """Import a partner's API documents, prove its features, and render the report."""
