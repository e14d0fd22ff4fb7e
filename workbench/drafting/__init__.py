"""A partner folder made from documents, with everything that it proposes open to review."""

from workbench.drafting.folder import Draft, draft_folder, draft_partner
from workbench.drafting.review import Place, ReviewSheet

__all__ = ["Draft", "Place", "ReviewSheet", "draft_folder", "draft_partner"]
