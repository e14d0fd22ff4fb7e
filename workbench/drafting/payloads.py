"""Payloads that the documents show, saved as samples of the features that they belong to."""

from __future__ import annotations

from typing import Any

from workbench.drafting.review import ReviewSheet
from workbench.model import Operation

_MOST = 5  # samples of one feature


def find_payloads(sheet: ReviewSheet) -> dict[str, list[Any]]:
    """Feature → example payloads of what the partner sends, as documented or recorded.

    Only reads and events: a sample of what we send needs our own entity beside it.
    """
    found: dict[str, list[Any]] = {}
    for feature in sheet.features():
        if not feature.is_event and not feature.is_read:
            continue
        kept: list[Any] = []
        for reference in sheet.bound(feature.slug):
            item = sheet.item(reference)
            examples = body_examples(item) if feature.is_event else answer_examples(item)
            kept += [value for value in examples if isinstance(value, dict | list) and value]
        unique = [value for index, value in enumerate(kept) if value not in kept[:index]]
        if unique:
            found[feature.slug] = unique[:_MOST]
    return found


def body_examples(item: Any) -> list[Any]:
    """Example bodies of a request or event."""
    return [value for body in item.bodies for value in body.examples]


def answer_examples(item: Any) -> list[Any]:
    """Example bodies of the successful answers of an operation; a payload of an event."""
    if not isinstance(item, Operation):
        return body_examples(item)
    return [
        value
        for response in item.responses
        if response.is_success
        for body in response.bodies
        for value in body.examples
    ]
