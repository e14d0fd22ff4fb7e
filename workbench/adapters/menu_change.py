"""What is different between two catalogues, in an order that never names what is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from workbench.canonical import (
    Catalog,
    Menu,
    MenuSection,
    Option,
    OptionCategory,
    Product,
    ProductVariant,
)
from workbench.model import FeatureSlug

MenuPart = OptionCategory | Option | Product | ProductVariant | MenuSection | Menu
# Children → what they are part of; here and in `compare` what is named comes before what names it.
CHILDREN = {
    FeatureSlug.OPTION_WRITE: (FeatureSlug.OPTION_CATEGORY_WRITE, "options"),
    FeatureSlug.PRODUCT_VARIANT_WRITE: (FeatureSlug.PRODUCT_WRITE, "variants"),
    FeatureSlug.MENU_SECTION_WRITE: (FeatureSlug.MENU_WRITE, "sections"),
}


class ChangeKind(StrEnum):
    """What happens to a part."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class MenuChange:
    """One part of the catalogue that has to be written or removed.

    Attributes:
        feature: The feature that writes such parts.
        part: As it shall be; for a removal, as it was.
        fields: For a change, the fields that differ.
        parents: Entity name → id of what it is part of.
    """

    kind: ChangeKind
    feature: str
    part: MenuPart
    fields: frozenset[str] = frozenset()
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MenuSupport:
    """How the partner takes children, such as options: both questions are asked by feature.

    Attributes:
        is_apart: Whether they can be written by themselves.
        is_carried: Whether they are also written with what they are part of.
    """

    is_apart: Callable[[str], bool]
    is_carried: Callable[[str], bool]


def compare(before: Catalog | None, after: Catalog, ways: MenuSupport) -> list[MenuChange]:
    """The changes from one catalogue to another, in the order in which they can be made.

    Args:
        before: What is there; None: nothing.
        after: What shall be there.
        ways: How the partner takes options, variants and sections.
    """
    known = before or Catalog(restaurant_id=after.restaurant_id, currency=after.currency)
    found = [
        *_family(
            (FeatureSlug.OPTION_CATEGORY_WRITE, FeatureSlug.OPTION_WRITE, "option-category"),
            _sort_categories(known.option_categories),
            _sort_categories(after.option_categories),
            ways,
        ),
        *_family(
            (FeatureSlug.PRODUCT_WRITE, FeatureSlug.PRODUCT_VARIANT_WRITE, "product"),
            known.products,
            after.products,
            ways,
        ),
        *_family(
            (FeatureSlug.MENU_WRITE, FeatureSlug.MENU_SECTION_WRITE, "menu"),
            known.menus,
            after.menus,
            ways,
        ),
    ]
    kept = [change for change in found if change.kind is not ChangeKind.REMOVE]
    return kept + [change for change in reversed(found) if change.kind is ChangeKind.REMOVE]


def _family(
    names: tuple[str, str, str],
    before: Sequence[MenuPart],
    after: Sequence[MenuPart],
    ways: MenuSupport,
) -> Iterator[MenuChange]:
    """Changes of parents, then of their children, where those are written by themselves."""
    own, below, noun = names
    children = CHILDREN[below][1]
    apart = ways.is_apart(below)
    yield from _compare(own, before, after, {}, without=children if apart else "")
    if not apart:
        return
    old = {item.ids.partner_id: item for item in before}
    for item in after:
        was = old.get(item.ids.partner_id)
        if was is None and ways.is_carried(below):
            continue
        yield from _compare(
            below,
            getattr(was, children, ()),
            getattr(item, children),
            {noun: item.ids.partner_id},
        )


def _compare(
    feature: str,
    before: Sequence[MenuPart],
    after: Sequence[MenuPart],
    parents: Mapping[str, str],
    *,
    without: str = "",
) -> Iterator[MenuChange]:
    old = {item.ids.partner_id: item for item in before}
    for item in after:
        was = old.pop(item.ids.partner_id, None)
        if was is None:
            yield MenuChange(ChangeKind.ADD, feature, item, parents=parents)
            continue
        names = type(item).model_fields.keys() - {"ids", without}
        fields = frozenset(name for name in names if getattr(item, name) != getattr(was, name))
        if fields:
            # A field that goes back to its default has to be said, or a PATCH would leave it out.
            said = item.model_copy(update={name: getattr(item, name) for name in fields})
            yield MenuChange(ChangeKind.CHANGE, feature, said, fields, parents)
    for was in old.values():
        yield MenuChange(ChangeKind.REMOVE, feature, was, parents=parents)


def _sort_categories(categories: Sequence[OptionCategory]) -> list[OptionCategory]:
    """Categories that are nested in options come before those that hold the options."""
    by_id = {item.ids.partner_id: item for item in categories}
    graph = {
        name: {inner for option in item.options for inner in option.option_category_ids}
        for name, item in by_id.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:  # what a partner has may be unsound; ours was checked
        return list(categories)
    return [by_id[name] for name in order if name in by_id]
