from .feature_questions import ask_about as ask_about
from .folder import Draft as Draft
from .folder import draft_folder as draft_folder
from .folder import draft_partner as draft_partner
from .review import ReviewSheet as ReviewSheet
from .review import StatedPlace as StatedPlace
from .update import review_folder as review_folder
from .yaml_text import write_yaml as write_yaml
