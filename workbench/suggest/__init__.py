"""Proposals for review: which operation serves which feature, and which field is which."""

from workbench.suggest.drafting import draft_mapping
from workbench.suggest.pairing import ACCEPTED, FieldSuggestion, suggest_mapping
from workbench.suggest.ranking import judge_directions, suggest
from workbench.suggest.scoring import Weights
from workbench.suggest.suggestion import THRESHOLD, Suggestion

__all__ = [
    "ACCEPTED",
    "THRESHOLD",
    "FieldSuggestion",
    "Suggestion",
    "Weights",
    "draft_mapping",
    "judge_directions",
    "suggest",
    "suggest_mapping",
]
