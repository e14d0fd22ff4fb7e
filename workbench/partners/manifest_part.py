"""What all parts of `partner.yaml` share, and its part for errors told with a status of success."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from workbench.errors import InputError
from workbench.model import PathError, Takes, compile_path

CredentialName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40),
    Takes("the name of a credential, as `api_key`"),
]


def _is_path(text: str) -> str:
    if text.startswith(HEADER):
        return text
    try:
        compile_path(text)
    except InputError as error:
        raise PathError(error.message, error.hint) from error
    return text


HEADER = "header:"
JsonPath = Annotated[str, AfterValidator(_is_path), Takes("a JSONPath, which begins with `$`")]
Place = Annotated[
    str, AfterValidator(_is_path), Takes("a JSONPath, which begins with `$`, or `header:NAME`")
]


class Statement(BaseModel):
    """Base of the manifest's parts: frozen and closed, so that a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class BodyErrors(Statement):
    """How an answer with a status of success says that it is an error; such an answer has no data.

    Attributes:
        json: JSONPath of what tells it, as `$.ok`.
        values: What stands there then, as text; `false` for a boolean, `*` for anything at all.
        code: JSONPath of the partner's own code.
        statuses: That code → the status that it stands for (`{NO_SUCH_ORDER: 404}`).
        status: The status for every other code.
    """

    json_path: JsonPath = Field(alias="json")
    values: tuple[str, ...] = ("false",)
    code: JsonPath | None = None
    statuses: dict[str, int] = Field(default_factory=dict)
    status: int = Field(default=400, ge=400, le=599)
