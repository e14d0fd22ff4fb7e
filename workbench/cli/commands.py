"""The group that all commands hang on."""

from __future__ import annotations

import click

from workbench.cli.drafting import new_command, overlay_command
from workbench.cli.inbox import inbox_group, listen_command
from workbench.cli.looking import (
    describe_command,
    features_command,
    lint_command,
    suggest_command,
)
from workbench.cli.mapping import map_command
from workbench.cli.reports import diff_command, portal_command, report_command, verify_command
from workbench.cli.running import (
    check_command,
    demo_command,
    sandbox_command,
    validate_command,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="partner-integration-workbench", prog_name="workbench")
def main() -> None:
    """Import a partner's API documents, prove its features, and render the report."""


for command in (
    demo_command,
    new_command,
    describe_command,
    suggest_command,
    features_command,
    lint_command,
    map_command,
    check_command,
    validate_command,
    report_command,
    portal_command,
    diff_command,
    verify_command,
    listen_command,
    inbox_group,
    sandbox_command,
    overlay_command,
):
    main.add_command(command)
