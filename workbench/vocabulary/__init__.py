"""What partners' words mean: one vocabulary for suggestions, drafts and evidence."""

from workbench.vocabulary.ids import entity_of_id
from workbench.vocabulary.words import (
    STOP,
    Concept,
    concepts,
    entities,
    fold,
    head,
    party,
    plain_words,
    split,
    stem,
    trailing,
)

__all__ = [
    "STOP",
    "Concept",
    "concepts",
    "entities",
    "entity_of_id",
    "fold",
    "head",
    "party",
    "plain_words",
    "split",
    "stem",
    "trailing",
]
