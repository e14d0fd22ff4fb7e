"""Our own codes: what an order names are dishes that can be found by the ids that we gave."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.adapters import pick_operation, pick_read_back
from workbench.canonical import Order, OrderLine, Product
from workbench.errors import InputError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.placing import fresh
from workbench.evidence.relations import last_parameter
from workbench.model import Evidence, FeatureSlug, Outcome

_DISHES = FeatureSlug.PRODUCT_WRITE
_CHECK = "codes-come-back"


def follow_codes(context: CheckContext) -> Iterator[Evidence]:
    """Read a new order, and look up each dish that it names by the id that we write it under."""
    if not (context.has(_DISHES) and context.has(ORDER.read)) or not context.session.allow_writes:
        return
    identity = fresh(context.session, ORDER)
    if identity is None:
        why = say("codes-come-back.no-order")
        yield context.lack(_DISHES, _CHECK, why, shows=["found"])
        return
    try:
        order = context.adapter.read(ORDER.read, identity).value
    except TranslationError:
        return  # told by `read-known`
    if not isinstance(order, Order) or not order.lines:
        return
    found = [line for line in order.lines if _is_ours(context, line)]
    is_whole = len(found) == len(order.lines)
    yield context.tell(
        _DISHES,
        _CHECK,
        say("codes-come-back.found", found=len(found), lines=len(order.lines), identity=identity),
        shows=["found"],
        outcome=Outcome.PASSED if is_whole else Outcome.UNTESTED,
    )


def _is_ours(context: CheckContext, line: OrderLine) -> bool:
    """Whether the dish of a line reads under our id, or carries our code."""
    product = _read(context, line.ref.product_id or "")
    if product is None:
        return False
    told, ours = line.ref.external_code, product.ids.external_code
    if told and ours:
        return told == ours
    # Where the id is in the path of what we write, we chose it.
    writes = pick_operation(context.partner, _DISHES)
    is_chosen = writes.method == "PUT" and last_parameter(writes.path) is not None
    return is_chosen and product.ids.partner_id == line.ref.product_id


def _read(context: CheckContext, identity: str) -> Product | None:
    operation = pick_read_back(context.partner, _DISHES)
    if operation is None or not identity:
        return None
    try:
        answer = context.adapter.channel.send(
            context.adapter.channel.request(operation, {"product": identity})
        )
        translator = context.partner.translator(_DISHES)
        if not answer.is_success or translator is None:
            return None
        value = translator.translate(answer.json()).value
    except (InputError, TranslationError):
        return None
    return value if isinstance(value, Product) else None
