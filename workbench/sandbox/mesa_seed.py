"""What Mesa's test restaurant holds at the start: its shifts, and a reservation in every state."""

from __future__ import annotations

from typing import Any

RESTAURANT: dict[str, Any] = {
    "restaurantId": "lpa-12",
    "name": "Casa Barranquera (test)",
    "city": "Las Palmas de Gran Canaria",
    "timezone": "Atlantic/Canary",
    "covers": 46,
}
FIRST_FREE_RESERVATION = 7100
STATES = ("pending", "confirmed", "refused", "seated", "completed", "noShow", "cancelled")
_SEEDED = 1795600800  # 2026-11-25 10:00 UTC
_DAY = 86400


def availability() -> dict[str, Any]:
    """Lunch every day, dinner from Thursday to Saturday, closed on two days."""
    return {
        "restaurantId": RESTAURANT["restaurantId"],
        "timezone": RESTAURANT["timezone"],
        "shifts": [
            _turn("lunch", 40, range(1, 8), "13:00", "16:00"),
            _turn("dinner", 32, range(4, 7), "20:00", "23:30"),
        ],
        "closures": [
            {
                "kind": "closed",
                "firstDate": "2026-12-24",
                "lastDate": "2026-12-25",
                "reason": "Christmas",
            }
        ],
    }


def reservations() -> dict[str, dict[str, Any]]:
    """One reservation in every state, ids res-7001 to res-7007."""
    found: dict[str, dict[str, Any]] = {}
    for position, state in enumerate(STATES):
        made = reservation(7001 + position, _SEEDED + position * 600)
        made["state"] = state
        found[made["reservationId"]] = made
    return found


def reservation(number: int, created: int) -> dict[str, Any]:
    """A new reservation for dinner, two days after it is made.

    Args:
        number: Number in the reservation's id.
        created: Epoch seconds.
    """
    return {
        "reservationId": f"res-{number}",
        "restaurantId": RESTAURANT["restaurantId"],
        "locator": f"K{number:X}",
        "state": "pending",
        "startsAt": created - created % _DAY + 2 * _DAY + 20 * 3600 + 1800,
        "durationMinutes": 105,
        "guests": {"adults": 3, "children": 1},
        "area": "terrace",
        "tables": ["T4"],
        "contact": {
            "name": "Yeray S.",
            "phone": "+34 928 555 021",
            "email": "yeray@guest.mesa.example",
        },
        "comments": [{"type": "allergy", "text": "One guest does not eat shellfish"}],
        "deposit": {"amount": "20.00 EUR", "state": "paid"},
        "createdAt": created,
        "updatedAt": created,
    }


def _turn(name: str, capacity: int, days: range, opens: str, closes: str) -> dict[str, Any]:
    return {
        "name": name,
        "capacity": capacity,
        "slotMinutes": 30,
        "days": [{"weekday": day, "opens": opens, "closes": closes} for day in days],
    }
