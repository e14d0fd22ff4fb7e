"""What partners' words mean: one vocabulary for suggestions, drafts and evidence."""

from workbench.vocabulary.ids import entity_of_id
from workbench.vocabulary.roles import KINDS, count_counterparts, count_roles, managing_words
from workbench.vocabulary.words import (
    STOP,
    Concept,
    concepts,
    entities,
    fold,
    head_noun,
    plain_words,
    split_words,
    stem,
    trailing_concept,
)

__all__ = [
    "KINDS",
    "STOP",
    "Concept",
    "concepts",
    "count_counterparts",
    "count_roles",
    "entities",
    "entity_of_id",
    "fold",
    "head_noun",
    "managing_words",
    "plain_words",
    "split_words",
    "stem",
    "trailing_concept",
]
