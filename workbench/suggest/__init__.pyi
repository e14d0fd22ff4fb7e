from .mapping_draft import draft_mapping as draft_mapping
from .ranking import judge_directions as judge_directions
from .ranking import suggest as suggest
from .scoring import Weights as Weights
from .suggestion import THRESHOLD as THRESHOLD
from .suggestion import Suggestion as Suggestion
from .thesaurus import status_meant as status_meant
