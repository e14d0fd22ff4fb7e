"""What Bocado's document cannot say of a menu or of hours, but the market must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any


def repeated_ids(card: Mapping[str, Any]) -> list[str]:
    """Ids that name two things of one kind in a `Carta`."""
    groups = card["GruposDeExtras"]
    kinds = (
        [article["ArticuloId"] for article in card["Articulos"]],
        [group["GrupoId"] for group in groups],
        [extra["ExtraId"] for group in groups for extra in group["Extras"]],
    )
    return [name for names in kinds for name, times in Counter(names).items() if times > 1]


def unknown_groups(card: Mapping[str, Any], articles: Iterable[Mapping[str, Any]]) -> list[str]:
    """Groups that articles name but a `Carta` lacks."""
    known = {group["GrupoId"] for group in card["GruposDeExtras"]}
    return [name for one in articles for name in one.get("Grupos", ()) if name not in known]


def has_overlap(hours: Mapping[str, Any]) -> bool:
    """Whether two openings of one day share a minute."""
    for week in hours["Horarios"]:
        days: dict[str, list[tuple[str, str]]] = {}
        for span in week["Tramos"]:
            end = span["Cierra"] if span["Cierra"] > span["Abre"] else "24:00"
            days.setdefault(span["Dia"], []).append((span["Abre"], end))
        for spans in days.values():
            spans.sort()
            if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
                return True
    return False
