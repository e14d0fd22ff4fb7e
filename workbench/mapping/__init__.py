"""Two-way declarative mapping between a partner's payloads and our entities.

`mapping.yaml` is read by `loading`, checked by `grammar` and `resolving` into a `plan`, and
compiled by `reading` and `writing` to plain Python functions.
"""

from workbench.mapping.batch import translate_many
from workbench.mapping.checking import check_mapping, check_required
from workbench.mapping.loading import load_mappings
from workbench.mapping.locating import KEY, locate_fields
from workbench.mapping.paths import EVERY
from workbench.mapping.tracing import Coverage
from workbench.mapping.translator import Translation, Translator, Untranslation

__all__ = [
    "EVERY",
    "KEY",
    "Coverage",
    "Translation",
    "Translator",
    "Untranslation",
    "check_mapping",
    "check_required",
    "load_mappings",
    "locate_fields",
    "translate_many",
]
