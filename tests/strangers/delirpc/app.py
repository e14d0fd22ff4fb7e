"""Deli RPC: one verb, names instead of paths, and every error with 200."""

import os
from typing import Any, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyQuery
from pydantic import BaseModel

KEYS = {os.environ.get("DELI_KEY", "deli"): "D1", os.environ.get("DELI_OTHER_KEY", "other"): "D2"}

app = FastAPI(
    title="Deli RPC",
    version="7",
    description="All calls are POST and all answers are 200. `ok: false` says that it went wrong.",
)
apikey = APIKeyQuery(name="apikey", auto_error=False)


class Failure(BaseModel):
    code: str
    text: str


class Line(BaseModel):
    lineId: str
    title: str
    count: int
    unitCents: int


class DeliOrder(BaseModel):
    orderId: str
    shopId: str
    state: Literal["NEW", "TAKEN", "READY", "GONE", "VOID"]
    placedAt: int
    wantedAt: int | None = None
    mode: Literal["PICKUP", "COURIER"]
    guest: str
    phone: str | None = None
    lines: list[Line]
    totalCents: int


class OrderAnswer(BaseModel):
    ok: bool
    result: DeliOrder | None = None
    error: Failure | None = None


class OrdersAnswer(BaseModel):
    ok: bool
    result: list[DeliOrder] | None = None
    nextCursor: str | None = None
    error: Failure | None = None


class DoneAnswer(BaseModel):
    ok: bool
    error: Failure | None = None


class GetOrder(BaseModel):
    orderId: str


class ListOrders(BaseModel):
    cursor: str | None = None
    size: int = 10


class SetOrderState(BaseModel):
    orderId: str
    state: Literal["TAKEN", "READY", "GONE", "VOID"]
    comment: str | None = None


class SetSoldOut(BaseModel):
    productId: str
    soldOut: bool


ORDERS = {}
NEXT = {"NEW": {"TAKEN", "VOID"}, "TAKEN": {"READY", "VOID"}, "READY": {"GONE"}}


class Refused(Exception):
    def __init__(self, code, text):
        self.code, self.text = code, text


@app.exception_handler(Refused)
async def refused(_: Request, error: Refused):
    return JSONResponse({"ok": False, "error": {"code": error.code, "text": error.text}})


@app.exception_handler(RequestValidationError)
async def invalid(_: Request, error: RequestValidationError):
    return JSONResponse({"ok": False, "error": {"code": "BAD_REQUEST", "text": "Check the body."}})


def shop(key: str | None = Depends(apikey)) -> str:
    if key not in KEYS:
        raise Refused("NO_ACCESS", "The key is not known.")
    return KEYS[key]


def find(order_id: str, of: str) -> dict[str, Any]:
    order = ORDERS.get(order_id)
    if order is None or order["shopId"] != of:
        raise Refused("NO_SUCH_ORDER", "There is no such order.")
    return order


@app.post("/rpc/getOrder", response_model=OrderAnswer, response_model_exclude_unset=True)
def getOrder(call: GetOrder, of: str = Depends(shop)):
    """Returns one order."""
    return {"ok": True, "result": find(call.orderId, of)}


@app.post("/rpc/listOrders", response_model=OrdersAnswer, response_model_exclude_unset=True)
def listOrders(call: ListOrders, of: str = Depends(shop)):
    """Returns the orders of the shop, page by page."""
    mine = [item for item in ORDERS.values() if item["shopId"] == of]
    start = int(call.cursor) if (call.cursor or "").isdigit() else 0
    end = start + min(max(call.size, 1), 50)
    answer = {"ok": True, "result": mine[start:end]}
    if end < len(mine):
        answer["nextCursor"] = str(end)
    return answer


@app.post("/rpc/setOrderState", response_model=DoneAnswer, response_model_exclude_unset=True)
def setOrderState(call: SetOrderState, of: str = Depends(shop)):
    """Tells how an order is going: TAKEN (accepted), READY, GONE (delivered) or VOID (rejected)."""
    order = find(call.orderId, of)
    if call.state not in NEXT.get(order["state"], set()):
        raise Refused("WRONG_STATE", f"It is {order['state']}.")
    order["state"] = call.state
    return {"ok": True}


def seed():
    for number in range(1, 26):
        name = f"DO-{number:04d}"
        ORDERS[name] = {
            "orderId": name,
            "shopId": "D1" if number <= 23 else "D2",
            "state": ["NEW", "NEW", "TAKEN", "READY", "GONE"][number % 5],
            "placedAt": 1795000000 + number * 420,
            "wantedAt": 1795000000 + number * 420 + 1800,
            "mode": "COURIER" if number % 2 else "PICKUP",
            "guest": f"Guest {number}",
            "phone": f"+4930000{number:04d}",
            "lines": [
                {"lineId": f"{name}-1", "title": "Pastrami", "count": 2, "unitCents": 1290},
                {"lineId": f"{name}-2", "title": "Pickle", "count": 1, "unitCents": 250},
            ],
            "totalCents": 2830,
        }


seed()
