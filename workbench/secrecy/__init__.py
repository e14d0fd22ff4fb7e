"""The one door for secrets: which names tell of one, how one may be spelt, and what masks it."""

from workbench.secrecy.gate import WITHHELD, guard_folder
from workbench.secrecy.kernel import mask_outputs
from workbench.secrecy.names import is_identifier_name, is_secret_name
from workbench.secrecy.private import open_private, private_umask, tighten
from workbench.secrecy.redactor import MASK, Hit, RedactingFilter, Redactor
from workbench.secrecy.spelling import is_searchable

__all__ = [
    "MASK",
    "WITHHELD",
    "Hit",
    "RedactingFilter",
    "Redactor",
    "guard_folder",
    "is_identifier_name",
    "is_searchable",
    "is_secret_name",
    "mask_outputs",
    "open_private",
    "private_umask",
    "tighten",
]
