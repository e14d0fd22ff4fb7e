"""`contracts/<partner>/` → `Partner`: manifest, description, mappings and samples together."""

from workbench.partners.catalogue import load_catalogue
from workbench.partners.context import describe_context
from workbench.partners.custody import open_redactor
from workbench.partners.folder import HOOKS, Partner, Sample, list_partners, load_partner
from workbench.partners.manifest import Manifest
from workbench.partners.persons import open_persons

__all__ = [
    "HOOKS",
    "Manifest",
    "Partner",
    "Sample",
    "describe_context",
    "list_partners",
    "load_catalogue",
    "load_partner",
    "open_persons",
    "open_redactor",
]
