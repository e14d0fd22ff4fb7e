"""The one door for secrets: the names and forms that tell of one, and what stands for it."""

from workbench.secrecy.forms import FORMS, Found, find_secrets, is_placeholder, is_telling
from workbench.secrecy.gate import WITHHELD, guard_folder
from workbench.secrecy.kernel import mask_outputs
from workbench.secrecy.names import is_identifier_name, is_secret_name
from workbench.secrecy.persons import MASK, Persons
from workbench.secrecy.private import open_private, private_umask, tighten
from workbench.secrecy.redactor import Hit, RedactingFilter, Redactor
from workbench.secrecy.spelling import is_searchable

__all__ = [
    "FORMS",
    "MASK",
    "WITHHELD",
    "Found",
    "Hit",
    "Persons",
    "RedactingFilter",
    "Redactor",
    "find_secrets",
    "guard_folder",
    "is_identifier_name",
    "is_placeholder",
    "is_searchable",
    "is_secret_name",
    "is_telling",
    "mask_outputs",
    "open_private",
    "private_umask",
    "tighten",
]
