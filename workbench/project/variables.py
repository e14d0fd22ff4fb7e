"""Which environment variables hold the credentials of a partner: names only, never values."""

from __future__ import annotations

from workbench.partners import Partner
from workbench.settings import variable_name


def list_variables(partner: Partner, environment: str = "sandbox") -> dict[str, str]:
    """Credential → name of the variable that holds it, in the order of the manifest."""
    return {
        name: variable_name(partner.slug, environment, name)
        for name in partner.manifest.credential_names()
    }
