from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from workbench.description import find_directions
from workbench.description.prose import read_blocks, read_markdown
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription, Direction

ENGLISH = """# Mesa API

Base URL: `https://api.mesa.example/rest`. Send `Authorization: Bearer <token>`.

## Reservations

### GET /reservations/{id}

Reads one reservation.

| Name | In | Type | Required | Description |
|---|---|---|---|---|
| id | path | string | yes | Its id |
| expand | query | string | no | What to add |

Response 200:

```json
{"id": "R-1", "guests": 4}
```

Response 404:

```json
{"error": "not_found"}
```

### `PATCH` /reservations/{id}/status: change the status

| Field | Type | Required | Description |
|---|---|---|---|
| status | string | yes | New status |
| table.name | string | no | Table |
| seats[].number | integer | no | Seat |

**Request**

```json
{"status": "seated"}
```

**Response**

```json
{"ok": true}
```

### Cancel a reservation

`DELETE https://api.mesa.example/rest/reservations/:id`

| Status | Description |
|---|---|
| 204 | Gone |
| 409 | Too late |

## Webhooks

### Register

`POST /webhooks`

```json
{"url": "https://pos.example/hook"}
```

### Signature

```json
{"not": "an event"}
```

### `reservation.created`

```json
{"event": "reservation.created", "id": "R-1"}
```

### POST /{your-url}/orders

Sent to your server when an order is placed.

```json
{"id": "O-1"}
```
"""

SPANISH = """# API de Bocado

Servidor: https://api.bocado.example/v2

## `POST` /pedidos/{id}/estado

Cambia el estado del pedido.

| Campo | Tipo | Obligatorio | Descripción |
|---|---|---|---|
| estado | cadena | sí | Nuevo estado |
| minutos | entero | no | Espera |

Cuerpo de la petición:

```json
{"estado": "listo"}
```

Respuesta (409):

```json
{"error": "transición no permitida"}
```

## Notificaciones que enviamos (webhooks)

### `POST` /pedidos/nuevo

Enviaremos este aviso a su servidor.

```json
{"pedido": {"id": 7}}
```
"""


def test_english_prose(read: Callable[..., ApiDescription]) -> None:
    """Headings, lines, tables and examples become operations with parameters and bodies."""
    description = read(ENGLISH, "guide.md")
    operations = {item.id: item for item in description.operations}
    assert set(operations) == {
        "GET /reservations/{id}",
        "PATCH /reservations/{id}/status",
        "DELETE /reservations/{id}",
        "POST /webhooks",
    }
    get = operations["GET /reservations/{id}"]
    assert "Reads one reservation." in get.description
    assert [(item.name, item.place, item.required) for item in get.parameters] == [
        ("id", "path", True),
        ("expand", "query", False),
    ]
    assert {item.status: item.bodies[0].examples for item in get.responses} == {
        "200": ({"id": "R-1", "guests": 4},),
        "404": ({"error": "not_found"},),
    }
    assert get.servers == ("https://api.mesa.example/rest",)
    patch = operations["PATCH /reservations/{id}/status"]
    assert patch.summary == "change the status"
    assert patch.bodies[0].examples == ({"status": "seated"},)
    properties = patch.bodies[0].schema_["properties"]
    assert patch.bodies[0].schema_["required"] == ["status"]
    assert properties["table"]["properties"]["name"]["type"] == "string"
    assert properties["seats"]["items"]["properties"]["number"]["type"] == "integer"
    delete = operations["DELETE /reservations/{id}"]
    assert [(item.status, item.description) for item in delete.responses] == [
        ("204", "Gone"),
        ("409", "Too late"),
    ]
    assert [item.scheme for item in description.security] == ["bearer"]
    validate(description.bundles["guide.md"])


def test_a_heading_names_the_family_of_which_an_example_shows_one(
    read: Callable[..., ApiDescription],
) -> None:
    """Below `table.state` an example says `table.freed`; the event is the family of the heading."""
    text = """
### `table.state`

The state of a table changed; `event` ends with the new one.

```json
{"event": "table.freed", "tableId": "t-4"}
```
"""
    names = {event.id for event in read(ENGLISH + text, "guide.md").events}
    assert "webhook:table.state" in names
    assert "webhook:table.freed" not in names


def test_webhook_sections_become_events(read: Callable[..., ApiDescription]) -> None:
    """A payload under a heading about webhooks is an event; registering a webhook is a call."""
    description = read(ENGLISH, "guide.md")
    assert {(item.id, item.source) for item in description.events} == {
        ("webhook:reservation.created", "webhook"),
        ("POST /{your-url}/orders", "path"),
    }
    created = description.exchange("webhook:reservation.created")
    assert created is not None
    assert created.bodies[0].examples[0]["id"] == "R-1"
    assert {
        find_directions(description)[item.document, item.id] for item in description.operations
    } == {Direction.OUTBOUND}


def test_spanish_prose(read: Callable[..., ApiDescription]) -> None:
    """The same document in Spanish gives the same things."""
    description = read(SPANISH, "guia.md")
    (operation,) = description.operations
    assert operation.id == "POST /pedidos/{id}/estado"
    schema = operation.bodies[0].schema_
    assert schema["required"] == ["estado"]
    assert schema["properties"]["minutos"]["type"] == "integer"
    assert [(item.status, bool(item.bodies)) for item in operation.responses] == [("409", True)]
    assert [item.id for item in description.events] == ["POST /pedidos/nuevo"]
    assert operation.servers == ("https://api.bocado.example/v2",)


def test_prose_without_calls_is_refused(read: Callable[..., Any]) -> None:
    """A text that names no call says what was expected."""
    with pytest.raises(DescriptionError, match="no operation") as refusal:
        read("# Welcome\n\nGET in touch with us / call us.", "readme.md")
    assert "GET /orders/{id}" in str(refusal.value.hint)


def test_broken_examples_are_warnings(read: Callable[..., ApiDescription]) -> None:
    """A JSON block that is no JSON is reported and left out."""
    description = read('## GET /a\n\n```json\n{"a": oops]\n```\n', "a.md")
    assert [item.id for item in description.operations] == ["GET /a"]
    assert "unreadable-example" in {item.slug for item in description.warnings}


LINES = st.sampled_from(
    [
        "# GET /a",
        "## Webhooks",
        "`POST /b/{id}`",
        "```json",
        "{}",
        "```",
        "| Name | In |",
        "|---|---|",
        "| x | query |",
        "- item",
        "> quote",
        "### `e.f`",
        "",
        "text",
        "PUT /c?d=1",
    ]
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES | st.text(max_size=20), max_size=20))
def test_any_prose_is_read_or_refused(lines: list[str]) -> None:
    """No prose raises anything but DescriptionError."""
    try:
        prose = read_blocks(*read_markdown("\n".join(lines)), "any.md")
    except DescriptionError:
        return
    assert prose.drafted.drafts
    assert 0 < prose.tally.read <= prose.tally.seen
