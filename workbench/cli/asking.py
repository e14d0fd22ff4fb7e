"""What a person is asked before a command goes on."""

from __future__ import annotations

import sys
from collections.abc import Collection

import click

from workbench.adapters import MAYBE_PRODUCTION, look_at_places
from workbench.cli.output import Output
from workbench.errors import InputError
from workbench.model import LIVE_SOURCES
from workbench.partners import load_partner
from workbench.settings import load_settings


def ask_about_production(
    output: Output, slug: str, environment: str, sources: Collection[str] = LIVE_SOURCES
) -> None:
    """Ask before a sandbox is called that may be production; where nobody sits, say it.

    Nothing is written there in any case, unless the folder says who agreed.

    Args:
        output: Where it is said.
        slug: The partner.
        environment: `sandbox` or `production`.
        sources: What is to be asked; the offline ones call nobody.

    Raises:
        InputError: The answer was no.
    """
    if not LIVE_SOURCES & set(sources):
        return
    settings = load_settings()
    for item in look_at_places(
        load_partner(slug, settings, run_hooks=False), environment, settings
    ):
        if item.slug not in MAYBE_PRODUCTION:
            continue
        output.note(f"{slug}: {item.summary} {item.hint}")
        if sys.stdin.isatty() and not click.confirm("Ask it questions all the same?", err=True):
            raise InputError(
                "Nothing was asked",
                location=f"{slug}/{item.pointer}",
                partner=slug,
                hint=item.hint,
            )
