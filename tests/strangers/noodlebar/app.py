"""Noodle Bar: a small delivery backend, FastAPI and SQLAlchemy, as a team of two would write it."""

import os
import secrets
from datetime import datetime, timedelta
from enum import Enum

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, relationship, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()

USERS = {
    "kitchen": (os.environ.get("NOODLE_PASSWORD", "noodles"), 1),
    "other": (os.environ.get("NOODLE_OTHER_PASSWORD", "other"), 2),
}
TOKENS = {}


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    branch_id = Column(Integer)
    code = Column(String)
    kind = Column(String)
    status = Column(String)
    created_at = Column(DateTime)
    deliver_at = Column(DateTime)
    customer_name = Column(String)
    customer_phone = Column(String)
    street = Column(String)
    city = Column(String)
    notes = Column(String)
    delivery_fee = Column(Float)
    total = Column(Float)
    items = relationship("OrderItem")


class OrderItem(Base):
    __tablename__ = "order_items"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    dish_id = Column(Integer)
    name = Column(String)
    quantity = Column(Integer)
    price = Column(Float)


class Booking(Base):
    __tablename__ = "bookings"
    id = Column(Integer, primary_key=True)
    branch_id = Column(Integer)
    starts_at = Column(DateTime)
    guests = Column(Integer)
    guest_name = Column(String)
    guest_phone = Column(String)
    status = Column(String)
    notes = Column(String)


class Dish(Base):
    __tablename__ = "dishes"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    description = Column(String)
    price = Column(Float)
    category = Column(String)
    available = Column(Integer)


class OrderStatus(str, Enum):
    pending = "pending"
    accepted = "accepted"
    cooking = "cooking"
    ready = "ready"
    on_the_way = "on_the_way"
    delivered = "delivered"
    cancelled = "cancelled"


class BookingStatus(str, Enum):
    requested = "requested"
    confirmed = "confirmed"
    cancelled = "cancelled"
    seated = "seated"


class OrderItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    dish_id: int
    name: str
    quantity: int
    price: float


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    branch_id: int
    code: str
    kind: str
    status: OrderStatus
    created_at: datetime
    deliver_at: datetime | None
    customer_name: str
    customer_phone: str | None
    street: str | None
    city: str | None
    notes: str | None
    delivery_fee: float
    total: float
    items: list[OrderItemOut]


class OrderPage(BaseModel):
    items: list[OrderOut]
    total: int


class StatusIn(BaseModel):
    status: OrderStatus


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    branch_id: int
    starts_at: datetime
    guests: int
    guest_name: str
    guest_phone: str | None
    status: BookingStatus
    notes: str | None


class BookingStatusIn(BaseModel):
    status: BookingStatus


class DishIn(BaseModel):
    name: str
    description: str | None = None
    price: float
    category: str
    available: bool = True


class DishOut(DishIn):
    model_config = ConfigDict(from_attributes=True)
    id: int


class Token(BaseModel):
    access_token: str
    token_type: str


app = FastAPI(title="Noodle Bar API", version="2.3.0")
oauth2 = OAuth2PasswordBearer(tokenUrl="auth/token")


def get_db():
    with SessionLocal() as db:
        yield db


def current_branch(token: str = Depends(oauth2)) -> int:
    if token not in TOKENS:
        raise HTTPException(401, "Not authenticated", headers={"WWW-Authenticate": "Bearer"})
    return TOKENS[token]


@app.post("/auth/token", response_model=Token, tags=["auth"])
def login(form: OAuth2PasswordRequestForm = Depends()):
    known = USERS.get(form.username)
    if known is None or known[0] != form.password:
        raise HTTPException(401, "Incorrect username or password")
    token = secrets.token_hex(16)
    TOKENS[token] = known[1]
    return {"access_token": token, "token_type": "bearer"}


@app.get("/orders", response_model=OrderPage, tags=["orders"])
def list_orders(
    status: OrderStatus | None = None,
    skip: int = Query(0, ge=0),
    limit: int = Query(20, ge=1, le=100),
    branch: int = Depends(current_branch),
    db: Session = Depends(get_db),
):
    query = db.query(Order).filter(Order.branch_id == branch)
    total = query.count()
    if status:
        query = query.filter(Order.status == status.value)
    return {"items": query.order_by(Order.id).offset(skip).limit(limit).all(), "total": total}


def find_order(db, branch, order_id):
    order = None
    if order_id < 2**31:
        order = db.query(Order).filter(Order.id == order_id, Order.branch_id == branch).first()
    if order is None:
        raise HTTPException(404, "Order not found")
    return order


NOT_FOUND = {401: {"description": "Not authenticated"}, 404: {"description": "Not found"}}


@app.get("/orders/{order_id}", response_model=OrderOut, tags=["orders"], responses=NOT_FOUND)
def read_order(order_id: int, branch: int = Depends(current_branch), db: Session = Depends(get_db)):
    return find_order(db, branch, order_id)


@app.patch(
    "/orders/{order_id}/status", response_model=OrderOut, tags=["orders"], responses=NOT_FOUND
)
def change_order_status(
    order_id: int,
    change: StatusIn,
    branch: int = Depends(current_branch),
    db: Session = Depends(get_db),
):
    order = find_order(db, branch, order_id)
    order.status = change.status.value
    db.commit()
    db.refresh(order)
    return order


@app.get("/bookings", response_model=list[BookingOut], tags=["bookings"])
def list_bookings(branch: int = Depends(current_branch), db: Session = Depends(get_db)):
    return db.query(Booking).filter(Booking.branch_id == branch).order_by(Booking.id).all()


@app.get(
    "/bookings/{booking_id}", response_model=BookingOut, tags=["bookings"], responses=NOT_FOUND
)
def read_booking(booking_id: int, db: Session = Depends(get_db)):
    booking = db.get(Booking, booking_id) if booking_id < 2**31 else None
    if booking is None:
        raise HTTPException(404, "Booking not found")
    return booking


@app.patch(
    "/bookings/{booking_id}", response_model=BookingOut, tags=["bookings"], responses=NOT_FOUND
)
def change_booking(
    booking_id: int,
    change: BookingStatusIn,
    branch: int = Depends(current_branch),
    db: Session = Depends(get_db),
):
    booking = db.get(Booking, booking_id) if booking_id < 2**31 else None
    if booking is None or booking.branch_id != branch:
        raise HTTPException(404, "Booking not found")
    if booking.status == "cancelled":
        raise HTTPException(409, "The booking is cancelled")
    booking.status = change.status.value
    db.commit()
    db.refresh(booking)
    return booking


@app.get("/dishes", response_model=list[DishOut], tags=["menu"])
def list_dishes(branch: int = Depends(current_branch), db: Session = Depends(get_db)):
    return db.query(Dish).order_by(Dish.id).all()


@app.post("/dishes", response_model=DishOut, status_code=201, tags=["menu"])
def create_dish(dish: DishIn, branch: int = Depends(current_branch), db: Session = Depends(get_db)):
    row = Dish(**dish.model_dump())
    db.add(row)
    db.commit()
    db.refresh(row)
    return row


@app.put("/dishes/{dish_id}", response_model=DishOut, tags=["menu"], responses=NOT_FOUND)
def replace_dish(
    dish_id: int,
    dish: DishIn,
    branch: int = Depends(current_branch),
    db: Session = Depends(get_db),
):
    row = db.get(Dish, dish_id) if dish_id < 2**31 else None
    if row is None:
        raise HTTPException(404, "Dish not found")
    for name, value in dish.model_dump().items():
        setattr(row, name, value)
    db.commit()
    db.refresh(row)
    return row


@app.delete("/dishes/{dish_id}", status_code=204, tags=["menu"], responses=NOT_FOUND)
def delete_dish(dish_id: int, branch: int = Depends(current_branch), db: Session = Depends(get_db)):
    row = db.get(Dish, dish_id) if dish_id < 2**31 else None
    if row is None:
        raise HTTPException(404, "Dish not found")
    db.delete(row)
    db.commit()


def seed():
    Base.metadata.create_all(engine)
    start = datetime(2026, 11, 20, 18, 0)
    with SessionLocal() as db:
        for number in range(1, 31):
            states = list(OrderStatus)
            lines = [
                OrderItem(dish_id=1, name="Ramen", quantity=2, price=11.5),
                OrderItem(dish_id=2, name="Gyoza", quantity=1, price=6.9),
            ]
            db.add(
                Order(
                    branch_id=1 if number <= 28 else 2,
                    code=f"N{number:03d}",
                    kind="delivery" if number % 2 else "pickup",
                    status=states[number % 2 if number < 20 else number % 7].value,
                    created_at=start + timedelta(minutes=7 * number),
                    deliver_at=start + timedelta(minutes=7 * number + 40),
                    customer_name=f"Guest {number}",
                    customer_phone=f"+3491000{number:04d}",
                    street="Calle Mayor 1" if number % 2 else None,
                    city="Madrid" if number % 2 else None,
                    notes=None,
                    delivery_fee=2.5 if number % 2 else 0.0,
                    total=32.4 if number % 2 else 29.9,
                    items=lines,
                )
            )
        for number in range(1, 9):
            db.add(
                Booking(
                    branch_id=1 if number < 8 else 2,
                    starts_at=start + timedelta(days=number, hours=2),
                    guests=2 + number % 3,
                    guest_name=f"Diner {number}",
                    guest_phone=f"+3492000{number:04d}",
                    status="requested",
                    notes=None,
                )
            )
        for name, price in (("Ramen", 11.5), ("Gyoza", 6.9), ("Udon", 10.25)):
            db.add(Dish(name=name, description=None, price=price, category="Food", available=1))
        db.commit()


seed()
