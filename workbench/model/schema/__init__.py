"""The one reader of JSON Schema: every room asks it what a partner's schema says.

`SchemaReader` follows references and joins compositions of one document, safe on any cycle and
bounded; `SchemaNode` walks along paths, and `view` flattens a schema for comparison.
"""

from workbench.model.schema.node import SchemaNode
from workbench.model.schema.plain_schema import COMPOSING, LOWER, UPPER
from workbench.model.schema.reader import ITEMS, LocatedSchema, Omission, SchemaReader
from workbench.model.schema.view import SCHEMA_GROUPS, SCHEMAS, SchemaView, view_schema

__all__ = [
    "COMPOSING",
    "ITEMS",
    "LOWER",
    "SCHEMAS",
    "SCHEMA_GROUPS",
    "UPPER",
    "LocatedSchema",
    "Omission",
    "SchemaNode",
    "SchemaReader",
    "SchemaView",
    "view_schema",
]
