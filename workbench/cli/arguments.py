"""Arguments and options that several commands share, completed with what the project has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from workbench.errors import InputError, WorkbenchError
from workbench.model import SECONDS, Severity

NEVER = "never"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def complete_slugs(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Partners of the project that begin so; none outside a project."""
    from workbench.settings import current_root  # noqa: PLC0415 - only when a shell asks

    folders = (current_root() / "contracts").glob("*/partner.yaml")
    return sorted(path.parent.name for path in folders if path.parent.name.startswith(incomplete))


def complete_environments(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Environments of the partners that stand on the line so far."""
    from workbench.partners import load_partner  # noqa: PLC0415 - only when a shell asks
    from workbench.settings import load_settings  # noqa: PLC0415

    # The option has no value yet, so click leaves the line before it unread.
    slugs = [word for word in context.args if not word.startswith("-")]
    try:
        settings = load_settings()
        found = {
            name
            for slug in slugs
            for name in load_partner(slug, settings, run_hooks=False).manifest.environments
        }
    except WorkbenchError:
        return []
    return sorted(name for name in found if name.startswith(incomplete))


def complete_operations(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Operations of the partner on the line."""
    from workbench.partners import load_partner  # noqa: PLC0415 - only when a shell asks
    from workbench.settings import load_settings  # noqa: PLC0415

    try:
        partner = load_partner(context.params.get("slug") or "", load_settings(), run_hooks=False)
    except WorkbenchError:
        return []
    return [item.id for item in partner.description.operations if item.id.startswith(incomplete)]


def slug_argument(name: str = "slug", **options: Any) -> Decorator:
    """The partner that a command is about, or several with `nargs=-1`."""
    return click.argument(name, shell_complete=complete_slugs, **options)


environment_option = click.option(
    "--environment",
    default="sandbox",
    show_default=True,
    help="Environment of the manifest.",
    shell_complete=complete_environments,
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice([*(item.value for item in Severity), NEVER]),
    default=None,
    help="Exit with 1 at findings that are this severe or worse; never: 0, whatever is found.",
)


def is_too_bad(severities: Iterable[Severity], fail_on: str | None, *, otherwise: bool) -> bool:
    """Whether what was found makes a command end with 1.

    Args:
        severities: Of all findings.
        fail_on: What was asked for, or None.
        otherwise: What holds where nothing was asked for.
    """
    if fail_on is None:
        return otherwise
    if fail_on == NEVER:
        return False
    return any(item.rank <= Severity(fail_on).rank for item in severities)


def split_value(text: str) -> tuple[str, str]:
    """The name and the value of a `--set`."""
    name, sign, value = text.partition("=")
    if not sign:
        raise InputError(f"--set takes NAME=VALUE, not {text!r}", hint="As in: --set order_id=42")
    return name, value


writes_option = click.option(
    "--allow-writes", is_flag=True, help="Also test what changes data (sandbox only)."
)
seed_option = click.option("--seed", default=1, show_default=True, help="Seed of random tests.")
seconds_option = click.option(
    "--seconds",
    default=SECONDS,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Time that each live source has for its questions.",
)
run_option = click.option("--run", default="", help="Name of the run; default: the time.")
