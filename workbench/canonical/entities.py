"""Every canonical entity by its name."""

from __future__ import annotations

from workbench.canonical import availability, base, delivery, menu, order, reservation, restaurant
from workbench.canonical.base import Entity, Ext

ENTITIES: dict[str, type[Entity]] = {
    name: member
    for module in (base, delivery, availability, menu, order, reservation, restaurant)
    for name, member in vars(module).items()
    if isinstance(member, type)
    and issubclass(member, Entity)
    and member.__module__ == module.__name__
    and member not in {Entity, Ext}
}
"""Every canonical entity by its name, for mappings (`into: Order`)."""
