"""What a partner is asked about a feature; letters and sessions ask it as drafts do."""

from __future__ import annotations

from workbench.model import Feature, FeatureKind


def ask_about(feature: Feature) -> str:
    """The question of a draft which service or event serves a feature; what is near follows it."""
    what = "event" if feature.kind is FeatureKind.EVENT else "service"
    return f"Which {what} of yours serves this: {feature.title[:1].lower()}{feature.title[1:]}?"
