"""What a person is asked before a command goes on."""

from __future__ import annotations

import sys

import click

from workbench.adapters import MAYBE_PRODUCTION, look_at_places
from workbench.cli.output import Output
from workbench.errors import InputError
from workbench.partners import Partner
from workbench.settings import Settings


def ask_about_production(
    output: Output, partner: Partner, environment: str, settings: Settings
) -> None:
    """Ask before a sandbox is called that may be production; where nobody sits, say it.

    Nothing is written there in any case, unless the folder says who agreed.

    Raises:
        InputError: The answer was no.
    """
    for item in look_at_places(partner, environment, settings):
        if item.slug not in MAYBE_PRODUCTION:
            continue
        output.note(f"{partner.slug}: {item.summary} {item.hint}")
        if sys.stdin.isatty() and not click.confirm("Ask it questions all the same?", err=True):
            raise InputError(
                "Nothing was asked",
                location=f"{partner.slug}/{item.pointer}",
                partner=partner.slug,
                hint=item.hint,
            )
