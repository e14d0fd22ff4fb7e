"""Mapping speed on one 17 KB order: `python tests/benchmarks/mapping.py [--rounds N] [--memory N]`.

The order is generated: 30 lines and 33 modifiers, some nested. Every contender starts from parsed
JSON and ends in a validated canonical order, or starts from that and ends in plain JSON data; its
result is first compared with ours. Contenders run in turn, round by round, so that a busy machine
is busy for all; CPU time of this process is what counts. jmespath has neither recursion nor enums
and is therefore given less to do. A contender that is not installed is skipped by name.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from mapping_rivals import (
    STATES,
    STATES_BACK,
    TYPES,
    TYPES_BACK,
    AliasedOrder,
    Contender,
    build_glom,
    build_jmespath,
    build_jsonata,
    hand_money,
)

from workbench.canonical.order import Order
from workbench.mapping import Translator, load_mappings

MAPPING = """
mappings:
  order:
    into: Order
    currency: $.payment.currency
    fields:
      ids.partner_id: $.id
      ids.display_code: $.display_id
      restaurant_id: $.store.id
      order_type: {from: $.type, enum: {DELIVERY: delivery, PICK_UP: collection}}
      status: {from: $.current_state, enum: {CREATED: placed, ACCEPTED: accepted, DENIED: rejected}}
      placed_at: {from: $.placed_at, as: instant}
      currency: $.payment.currency
      timing.due_at: {from: $.estimated_ready_at, as: instant}
      totals.total: {from: $.payment.charges.total, as: minor}
      totals.items: {from: $.payment.charges.sub_total, as: minor}
      totals.tax: {from: $.payment.charges.tax, as: minor}
      totals.fees: {from: $.payment.charges.fee, as: minor}
      customer:
        from: $.eater
        fields: {name: $.name, phone: $.phone, email: $.email}
      delivery:
        from: $.drop
        fields:
          address.lines: {each: $.lines, as: string}
          address.city: $.city
          address.postcode: $.postcode
          address.latitude: $.lat
          address.longitude: $.lng
      notes: {each: $.instructions, fields: {text: $.text}}
      lines: {each: $.cart.items, use: line}
  line:
    into: OrderLine
    fields:
      id: $.instance_id
      name: $.title
      quantity: $.quantity
      ref.product_id: $.id
      ref.external_code: $.external_data
      unit_price: {from: $.price.unit_price, as: minor}
      line_total: {from: $.price.total_price, as: minor}
      note: $.special_instructions
      tax: {each: $.taxes, fields: {rate_bp: {from: $.rate, as: basis-points}}}
      children: {each: $.selected, use: line}
"""


def make_line(rng: random.Random, number: int, modifiers: int) -> dict[str, Any]:
    """One line with some modifiers; the first modifier has one of its own."""
    unit = rng.randrange(100, 2500)
    line = {
        "id": f"prod-{rng.randrange(10**6):06}",
        "instance_id": f"{rng.randrange(16**12):012x}-{number}",
        "title": f"Fictional dish number {number}",
        "external_data": f"PLU-{rng.randrange(10**5):05}",
        "quantity": rng.randrange(1, 4),
        "price": {"unit_price": unit, "total_price": unit, "base": unit, "formatted": f"{unit} c"},
        "taxes": [{"rate": 1000, "name": "VAT"}],
    }
    if number % 5 == 0:
        line["special_instructions"] = "No onion, please"
    if modifiers:
        line["selected"] = [make_line(rng, number, modifiers - 1)]
    return line


def make_order(seed: int) -> dict[str, Any]:
    """One of many orders: 30 lines, 33 modifiers."""
    rng = random.Random(seed)
    items = [make_line(rng, number, (2 if number < 3 else 1) if number < 30 else 0)
             for number in range(30)]  # fmt: skip
    return {
        "id": f"ord-{seed}",
        "display_id": "A1B2",
        "store": {"id": "store-1", "name": "Casa Ficticia"},
        "type": "DELIVERY",
        "current_state": "CREATED",
        "placed_at": "2026-11-23T12:00:00+01:00",
        "estimated_ready_at": "2026-11-23T12:40:00+01:00",
        "payment": {
            "currency": "EUR",
            "charges": {"total": 41250, "sub_total": 40000, "tax": 3636, "fee": 1250},
        },
        "eater": {"name": "Ada Example", "phone": "+34600000000", "email": "ada@example.org"},
        "drop": {
            "lines": ["Calle Inventada 1", "2º B"],
            "city": "Vigo",
            "postcode": "36201",
            "lat": 42.24,
            "lng": -8.72,
        },
        "instructions": [{"text": "Ring twice"}],
        "cart": {"items": items},
    }


def hand_read_line(source: dict[str, Any], currency: str) -> dict[str, Any]:
    """One line, as an engineer would write it."""
    price = source["price"]
    line = {
        "id": source["instance_id"],
        "name": source["title"],
        "quantity": source["quantity"],
        "ref": {"product_id": source["id"], "external_code": source["external_data"]},
        "unit_price": {"amount_minor": price["unit_price"], "currency": currency},
        "line_total": {"amount_minor": price["total_price"], "currency": currency},
        "tax": [{"rate_bp": tax["rate"]} for tax in source["taxes"]],
    }
    if source.get("special_instructions") is not None:
        line["note"] = source["special_instructions"]
    if source.get("selected") is not None:
        line["children"] = [hand_read_line(item, currency) for item in source["selected"]]
    return line


def hand_read(source: dict[str, Any]) -> Order:
    """The order, as an engineer would write it, validated by pydantic."""
    payment, eater, drop = source["payment"], source["eater"], source["drop"]
    currency, charges = payment["currency"], payment["charges"]
    address = {
        "lines": drop["lines"],
        "city": drop["city"],
        "postcode": drop["postcode"],
        "latitude": drop["lat"],
        "longitude": drop["lng"],
    }
    return Order.model_validate(
        {
            "ids": {"partner_id": source["id"], "display_code": source["display_id"]},
            "restaurant_id": source["store"]["id"],
            "order_type": TYPES[source["type"]],
            "status": STATES[source["current_state"]],
            "placed_at": datetime.fromisoformat(source["placed_at"]),
            "currency": currency,
            "timing": {"due_at": datetime.fromisoformat(source["estimated_ready_at"])},
            "totals": {
                "total": hand_money(charges["total"], currency),
                "items": hand_money(charges["sub_total"], currency),
                "tax": hand_money(charges["tax"], currency),
                "fees": hand_money(charges["fee"], currency),
            },
            "customer": {"name": eater["name"], "phone": eater["phone"], "email": eater["email"]},
            "delivery": {"address": address},
            "notes": [{"text": note["text"]} for note in source["instructions"]],
            "lines": [hand_read_line(item, currency) for item in source["cart"]["items"]],
        }
    )


def hand_write_line(line: Any) -> dict[str, Any]:
    """One line outward, as an engineer would write it."""
    quantity = line.quantity
    out = {
        "instance_id": line.id,
        "id": line.ref.product_id,
        "external_data": line.ref.external_code,
        "title": line.name,
        "quantity": int(quantity) if quantity == int(quantity) else float(quantity),
        "price": {
            "unit_price": line.unit_price.amount_minor,
            "total_price": line.line_total.amount_minor,
        },
        "taxes": [{"rate": tax.rate_bp} for tax in line.tax],
    }
    if line.note is not None:
        out["special_instructions"] = line.note
    if line.children:
        out["selected"] = [hand_write_line(child) for child in line.children]
    return out


def hand_write(order: Any) -> dict[str, Any]:
    """The order outward, as an engineer would write it."""
    totals, customer, address = order.totals, order.customer, order.delivery.address
    return {
        "id": order.ids.partner_id,
        "display_id": order.ids.display_code,
        "store": {"id": order.restaurant_id},
        "type": TYPES_BACK[order.order_type],
        "current_state": STATES_BACK[order.status],
        "placed_at": order.placed_at.isoformat(),
        "estimated_ready_at": order.timing.due_at.isoformat(),
        "payment": {
            "currency": order.currency,
            "charges": {
                "total": totals.total.amount_minor,
                "sub_total": totals.items.amount_minor,
                "tax": totals.tax.amount_minor,
                "fee": totals.fees.amount_minor,
            },
        },
        "eater": {"name": customer.name, "phone": customer.phone, "email": customer.email},
        "drop": {
            "lines": list(address.lines),
            "city": address.city,
            "postcode": address.postcode,
            "lat": address.latitude,
            "lng": address.longitude,
        },
        "instructions": [{"text": note.text} for note in order.notes],
        "cart": {"items": [hand_write_line(line) for line in order.lines]},
    }


def build_contenders(ours: Translator) -> dict[str, tuple[Contender | None, Contender | None]]:
    """Name → inward and outward function; those that are not installed are named and left out."""
    found: dict[str, tuple[Contender | None, Contender | None]] = {
        "hand-written + pydantic": (hand_read, hand_write),
        "mapping.yaml (ours)": (
            lambda payload: ours.translate(payload).value,
            lambda entity: ours.untranslate(entity).payload,
        ),
        "pydantic aliases (a model per partner)": (AliasedOrder.model_validate, None),
    }
    builders = {"jmespath": build_jmespath, "jsonata": build_jsonata, "glom": build_glom}
    for name, build in builders.items():
        try:
            found[name] = build()
        except ImportError as error:
            say(f"skipped: {name} is not installed ({error.name})")
    return found


def measure(
    contenders: dict[str, Contender], sources: list[Any], rounds: int
) -> dict[str, list[float]]:
    """CPU µs per payload and contender, one figure a round; the first round does not count."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    repeats = {}
    for name, run in contenders.items():
        begin = time.process_time()
        run(sources[0])
        one = time.process_time() - begin
        repeats[name] = max(1, round(0.25 / max(one, 1e-5) / len(sources)))
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            begin = time.process_time()
            for _ in range(repeats[name]):
                for source in sources:
                    run(source)
            spent = time.process_time() - begin
            times[name].append(spent / repeats[name] / len(sources) * 1e6)
    return {name: figures[1:] for name, figures in times.items()}


def say(*words: object) -> None:
    """Print a line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def show(direction: str, times: dict[str, list[float]]) -> dict[str, Any]:
    """Print one table; ratios are taken within a round, to what was written by hand."""
    rows = {}
    by_hand = times["hand-written + pydantic"]
    say(f"\n{direction:40} {'CPU µs':>9} {'payloads/s':>11} {'x hand-written (min-max)':>28}")
    for name, figures in times.items():
        ratios = [one / hand for one, hand in zip(figures, by_hand, strict=True)]
        middle, ratio = statistics.median(figures), statistics.median(ratios)
        spread = f"{ratio:7.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        say(f"{name:40} {middle:9.1f} {1e6 / middle:11,.0f} {spread:>28}")
        rows[name] = {"cpu_us": round(middle, 1), "ratio": round(ratio, 3)}
    return rows


def watch_memory(ours: Translator, count: int) -> dict[str, float]:
    """Peak memory in MiB after a tenth and after all of many different payloads, both ways."""
    marks = {}
    for number in range(count):
        value = ours.translate(make_order(number)).value
        ours.untranslate(value)
        if number + 1 in {count // 10, count}:
            marks[f"{number + 1:,}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return marks


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--memory", type=int, default=20_000, help="payloads; 0 to leave it out")
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.yaml"
        path.write_text(MAPPING, encoding="utf-8")
        ours = load_mappings(path, timezone="Europe/Madrid", currency="EUR")["order"]
    payloads = [make_order(seed) for seed in range(20)]
    entities = [ours.translate(payload).value for payload in payloads]
    size = len(json.dumps(payloads[0], separators=(",", ":")))
    say(f"{size:,} bytes of JSON, {len(payloads)} different orders, {options.rounds} rounds")
    contenders = build_contenders(ours)
    written = [ours.untranslate(entity).payload for entity in entities]
    inward = {name: run for name, (run, _) in contenders.items() if run}
    outward = {name: run for name, (_, run) in contenders.items() if run}
    for runs, source, expected in ((inward, payloads, entities), (outward, entities, written)):
        for name, run in runs.items():
            if run(source[0]) != expected[0]:
                say(f"note: the result of {name} is not the same as ours")
    result: dict[str, Any] = {"bytes": size}
    result["inward"] = show("inward", measure(inward, payloads, options.rounds))
    result["outward"] = show("outward", measure(outward, entities, options.rounds))
    if options.memory:
        result["memory_mib"] = watch_memory(ours, options.memory)
        say(
            "\npeak memory:",
            *(f"{n} payloads {m:.1f} MiB" for n, m in result["memory_mib"].items()),
        )
    if options.json:
        say(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
