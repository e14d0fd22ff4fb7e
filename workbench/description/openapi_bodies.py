"""Bodies and examples of OpenAPI: media types of 3.x, body and form parameters of 2.0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.model import Body, list_of, mapping_of, text_of
from workbench.text import write_token

Follow = Callable[[Any], Any]
_JSON = "application/json"


def examples_of(node: dict[str, Any], schema: dict[str, Any], follow: Follow) -> tuple[Any, ...]:
    """Return the examples of a media type or parameter, else those of its schema."""
    found = [node["example"]] if "example" in node else []
    examples = node.get("examples")
    for entry in mapping_of(examples).values():
        value = follow(entry)
        if isinstance(value, dict):
            found += [value[key] for key in ("value", "dataValue") if key in value]
    found += list_of(examples)
    if not found and schema:
        top = mapping_of(follow(schema))
        found = [top["example"]] if "example" in top else list_of(top.get("examples"))
    return tuple(found)


def media_bodies(
    content: Any, pointer: str, follow: Follow, *, required: bool = False
) -> tuple[Body, ...]:
    """Read `content` of 3.x: one body for each media type, in the order documented."""
    bodies = []
    for media_type, entry in mapping_of(content).items():
        media = mapping_of(follow(entry))
        key = "schema" if "schema" in media or "itemSchema" not in media else "itemSchema"
        schema = mapping_of(media.get(key))
        bodies.append(
            Body(
                pointer=pointer + write_token(media_type),
                media_type=media_type,
                schema_=schema,
                required=required,
                examples=examples_of(media, schema, follow),
            )
        )
    return tuple(bodies)


def parameter_bodies(
    parameters: Sequence[tuple[dict[str, Any], str]], consumes: Sequence[str], follow: Follow
) -> tuple[Body, ...]:
    """Read the body and form parameters of 2.0.

    Args:
        parameters: Parameters whose place is `body` or `formData`, with their pointers.
        consumes: Media types of the operation.
        follow: Follows references at the top of a value.
    """
    for node, pointer in parameters:
        if text_of(node.get("in")) == "body":
            schema = mapping_of(node.get("schema"))
            named = mapping_of(node.get("x-examples"))
            return tuple(
                Body(
                    pointer=pointer,
                    media_type=media_type,
                    schema_=schema,
                    required=node.get("required") is True,
                    examples=tuple(named.values())
                    or examples_of(
                        {"example": node["x-example"]} if "x-example" in node else {},
                        schema,
                        follow,
                    ),
                )
                for media_type in consumes or (_JSON,)
            )
    return (_form(parameters, consumes),) if parameters else ()


def _form(parameters: Sequence[tuple[dict[str, Any], str]], consumes: Sequence[str]) -> Body:
    has_file = any(text_of(node.get("type")) == "file" for node, _ in parameters)
    usual = "multipart/form-data" if has_file else "application/x-www-form-urlencoded"
    forms = [media_type for media_type in consumes if "form" in media_type]
    properties = {}
    for node, _ in parameters:
        schema = {
            key: value
            for key, value in node.items()
            if key not in {"name", "in", "required"} and not key.startswith("x-")
        }
        if schema.get("type") == "file":
            schema |= {"type": "string", "format": "binary"}
        properties[text_of(node.get("name"))] = schema
    required = [text_of(node.get("name")) for node, _ in parameters if node.get("required") is True]
    return Body(
        pointer=parameters[0][1],
        media_type=forms[0] if forms else usual,
        schema_={"type": "object", "properties": properties, "required": required},
        required=bool(required),
    )


def response_bodies(
    answer: dict[str, Any], pointer: str, produces: Sequence[str], follow: Follow
) -> tuple[Body, ...]:
    """Read the schema and examples of an answer of 2.0, one body for each media type."""
    if "schema" not in answer:
        return ()
    schema = mapping_of(answer["schema"])
    examples = mapping_of(answer.get("examples"))
    return tuple(
        Body(
            pointer=f"{pointer}/schema",
            media_type=media_type,
            schema_=schema,
            examples=(examples[media_type],)
            if media_type in examples
            else examples_of({}, schema, follow),
        )
        for media_type in produces or tuple(examples) or (_JSON,)
    )
