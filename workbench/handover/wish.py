"""What we would ideally consume, as OpenAPI 3.1 with webhooks: from the catalogue and our entities.

Every service and event that counts for a full integration has its place; what is said of the wire
(login, pages, repeated requests, errors, signatures) is what the receiver and the adapters take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.handover.examples import find_examples
from workbench.handover.phrases import load_words
from workbench.handover.schema import model_schema
from workbench.handover.versions import latest_version
from workbench.model import Access, Aspect, Feature
from workbench.partners import load_catalogue
from workbench.reporting import DEFAULT, Language, load_language, translate

_HOME = "/restaurants/{restaurant_id}"
# Entity of the catalogue → where one of it stands.
_PLACES = {
    "order": f"{_HOME}/orders/{{order_id}}",
    "reservation": f"{_HOME}/reservations/{{reservation_id}}",
    "menu": f"{_HOME}/menu",
    "menu-section": f"{_HOME}/menus/{{menu_id}}/sections/{{section_id}}",
    "product": f"{_HOME}/products/{{product_id}}",
    "product-variant": f"{_HOME}/products/{{product_id}}/variants/{{variant_id}}",
    "option-category": f"{_HOME}/option-categories/{{option_category_id}}",
    "option": f"{_HOME}/option-categories/{{option_category_id}}/options/{{option_id}}",
    "restaurant": f"{_HOME}/availability",
}
_PART = re.compile(r"\{(\w+)\}")
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["status-not-allowed"]},
    },
}


@dataclass(frozen=True)
class _Call:
    """One operation: where, how, for which feature, what goes and what comes."""

    method: str
    path: str
    feature: Feature
    what: str
    sends: str = ""
    brings: str = ""
    is_list: bool = False
    is_partial: bool = False


def write_wish(code: str = DEFAULT) -> str:
    """The description as JSON text, which is YAML as well."""
    return json.dumps(describe_wish(code), ensure_ascii=False, indent=2) + "\n"


def describe_wish(code: str = DEFAULT) -> dict[str, Any]:
    """The description as data."""
    words = load_words(code)
    catalogue = translate(load_catalogue(), load_language(code))
    services = [item for item in catalogue.bindable() if not item.is_event]
    events = [item for item in catalogue.bindable() if item.is_event]
    paths: dict[str, dict[str, Any]] = {}
    for feature in services:
        for call in _list_calls(feature):
            paths.setdefault(call.path, {})[call.method] = _operation(call, words)
    for path, item in paths.items():
        item["parameters"] = [_parameter(name, words) for name in _PART.findall(path)]
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": words.say("openapi.title"),
            "version": latest_version(),
            "description": words.say("openapi.description"),
        },
        "servers": [{"url": "https://api.platform.example/v1"}],
        "security": [{"client": []}],
        "tags": [{"name": catalogue.areas[area]} for area in dict.fromkeys(
            item.area for item in (*services, *events))],
        "paths": paths,
        "webhooks": {_event_name(item): {"post": _event(item, words)} for item in events},
        "components": _components(words, code),
    }  # fmt: skip


def _list_calls(feature: Feature) -> Iterator[_Call]:
    """The operations that serve a feature best."""
    place, entity = _PLACES[str(feature.noun)], str(feature.canonical)
    if feature.aspect is Aspect.LOCATION:
        yield _Call("post", f"{place}/location", feature, "location", sends=entity)
    elif feature.aspect is Aspect.STATUS:
        method = "get" if feature.is_read else "put"
        sends, brings = ("", entity) if feature.is_read else (entity, "")
        yield _Call(method, f"{place}/status", feature, "status", sends, brings)
    elif feature.is_read:
        yield _Call("get", place, feature, "", brings=entity)
        yield _Call("get", _collection(place), feature, "list", brings=entity, is_list=True)
    elif feature.aspect is Aspect.AVAILABILITY:
        yield from _availability(feature, place)
    else:
        yield from _writes(feature, place, entity)


def _writes(feature: Feature, place: str, entity: str) -> Iterator[_Call]:
    yield _Call("get", place, feature, "read", brings=entity)
    yield _Call("put", place, feature, "", sends=entity)
    if place.endswith("}"):
        yield _Call("patch", place, feature, "change", sends=entity, is_partial=True)
        yield _Call("delete", place, feature, "remove")
        collection = _collection(place)
        yield _Call("post", collection, feature, "many", sends=entity, is_list=True)


def _availability(feature: Feature, place: str) -> Iterator[_Call]:
    exception = f"{place}/exceptions/{{exception_id}}"
    yield _Call("get", place, feature, "read", brings="Availability")
    yield _Call("put", place, feature, "", sends="Availability")
    yield _Call("post", _collection(exception), feature, "exception", sends="CalendarException")
    yield _Call("put", exception, feature, "exception-change", sends="CalendarException")
    yield _Call("delete", exception, feature, "exception-remove")
    yield _Call("put", f"{place}/state", feature, "state", sends="AvailabilityState")


def _collection(place: str) -> str:
    return place.rsplit("/", 1)[0]


def _operation(call: _Call, words: Language) -> dict[str, Any]:
    feature = call.feature
    parts = [part for part in (feature.slug, call.what) if part]
    detail = f" ({words.say(f'openapi.calls.{call.what}')})" if call.what else ""
    made: dict[str, Any] = {
        "operationId": "-".join(parts),
        "summary": f"{feature.title}{detail}",
        "description": feature.benefit,
        "tags": [translate(load_catalogue(), load_language(words.code)).areas[feature.area]],
        "responses": {**_success(call, words), **_errors()},
    }
    if call.sends:
        schema = _reference(call.sends, is_list=call.is_list, is_partial=call.is_partial)
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema, **_shown(call)}},
        }
        made["parameters"] = [{"$ref": "#/components/parameters/IdempotencyKey"}]
    elif call.is_list:
        made["parameters"] = [
            {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        ]
    return made


def _success(call: _Call, words: Language) -> dict[str, Any]:
    if not call.brings:
        return {"204": {"description": words.say("openapi.changed")}}
    schema: dict[str, Any] = _reference(call.brings)
    if call.is_list:
        schema = {
            "type": "object",
            "description": words.say("openapi.page"),
            "required": ["items"],
            "properties": {"items": {"type": "array", "items": schema}, "next": {"type": "string"}},
        }
    content = {"application/json": {"schema": schema, **({} if call.is_list else _shown(call))}}
    return {"200": {"description": words.say("openapi.answer"), "content": content}}


def _errors() -> dict[str, Any]:
    refused = {"$ref": "#/components/responses/Refused"}
    return {
        **dict.fromkeys(("401", "404", "409", "422"), refused),
        "429": {"$ref": "#/components/responses/Limited"},
    }


def _reference(entity: str, *, is_list: bool = False, is_partial: bool = False) -> dict[str, Any]:
    name = f"{entity}Change" if is_partial else entity
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {"type": "array", "items": reference} if is_list else reference


def _shown(call: _Call) -> dict[str, Any]:
    examples = find_examples(call.sends or call.brings)
    if not examples or call.is_partial:
        return {}
    value: Any = [examples[0].value] if call.is_list else None
    named = {f"{item.slug}-{n}": {"value": value or item.value} for n, item in enumerate(examples)}
    return {"examples": named if value is None else dict(list(named.items())[:1])}


def _event_name(feature: Feature) -> str:
    aspect = "status-changed" if feature.access is Access.CHANGED else "created"
    return f"{feature.noun}.{aspect}"


def _event(feature: Feature, words: Language) -> dict[str, Any]:
    examples = {item.slug: {"value": item.value} for item in find_examples(str(feature.canonical))}
    return {
        "operationId": feature.slug,
        "summary": feature.title,
        "description": feature.benefit,
        "security": [],
        "parameters": [
            {"$ref": f"#/components/parameters/{name}"}
            for name in ("WebhookId", "WebhookTimestamp", "WebhookSignature")
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _reference(str(feature.canonical)),
                    "examples": examples,
                }
            },
        },
        "responses": {"2XX": {"description": words.say("openapi.received")}},
    }


def _parameter(name: str, words: Language) -> dict[str, Any]:
    key = "openapi.restaurant" if name == "restaurant_id" else "openapi.id"
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": words.say(key),
        "schema": {"type": "string"},
    }


def _components(words: Language, code: str) -> dict[str, Any]:
    schemas: dict[str, Any] = model_schema(code)["$defs"]
    # A part of an entity changes it, so nothing in it is required and nothing has a default.
    for name in [*schemas]:
        if name in {"MenuSection", "Product", "ProductVariant", "OptionCategory", "Option"}:
            schemas[f"{name}Change"] = _loosen(schemas[name])
    text = json.dumps(dict(sorted(schemas.items())))
    header = {"in": "header", "required": True, "schema": {"type": "string"}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    again = {"Retry-After": {"schema": {"type": "integer"}}}
    said = {key: words.say(f"openapi.{key}") for key in ("refused", "limited", "idempotency",
            "webhook_id", "webhook_time", "webhook_signature")}  # fmt: skip
    return {
        "securitySchemes": {
            "client": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
            }
        },
        "parameters": {
            "IdempotencyKey": {**header, "name": "Idempotency-Key", "required": False,
                               "description": said["idempotency"]},
            "WebhookId": {**header, "name": "webhook-id", "description": said["webhook_id"]},
            "WebhookTimestamp": {**header, "name": "webhook-timestamp",
                                 "description": said["webhook_time"]},
            "WebhookSignature": {**header, "name": "webhook-signature",
                                 "description": said["webhook_signature"]},
        },
        "responses": {
            "Refused": {"description": said["refused"], "content": problem},
            "Limited": {"description": said["limited"], "headers": again, "content": problem},
        },
        "schemas": {**json.loads(text.replace("#/$defs/", "#/components/schemas/")),
                    "Problem": _PROBLEM},
    }  # fmt: skip


def _loosen(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {key: part for key, part in value.items() if key != "default"}
        for name, value in schema["properties"].items()
    }
    kept = {key: part for key, part in schema.items() if key not in {"required", "examples"}}
    return {**kept, "properties": properties, "minProperties": 1}
