"""One partner's operations made ready to be sent: the layer under `Adapter`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.adapters.answer import Answer, SentRequest
from workbench.adapters.binding import translator
from workbench.adapters.parameters import fill_body, fill_parameters
from workbench.adapters.retry import SAFE
from workbench.adapters.session import Session
from workbench.canonical import Entity
from workbench.errors import TranslationError
from workbench.mapping import Translation
from workbench.model import Operation
from workbench.partners import reads_only


@dataclass(frozen=True)
class Request:
    """A request that may be sent or shown.

    Attributes:
        target: Path below `base_url`, or an allowed URL.
        key: Idempotency key: one per logical operation, the same whenever this is sent.
        write: Whether it changes something; None: as its method says.
    """

    method: str
    target: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    key: str | None = None
    write: bool | None = None


class Channel:
    """Fills operations with what is known, and sends them.

    Args:
        session: The opened environment.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.partner = session.partner
        self.client = session.client

    def request(
        self, operation: Operation, ids: Mapping[str, str], payload: Any = None, key: str = ""
    ) -> Request:
        """The request of an operation; a body only where the document says that it takes one.

        Args:
            operation: What to call.
            ids: Entity or parameter name → id of theirs.
            payload: The body.
            key: Idempotency key; a fresh one where the document knows such keys.

        Raises:
            InputError: A parameter has no value.
        """
        filled = fill_parameters(self.partner, self.session.environment, operation, ids, payload)
        is_write = operation.method not in SAFE
        # A key is of use only where the document says that the partner looks at it.
        keyed = filled.key_header if is_write else None
        key = key or str(uuid.uuid4())
        return Request(
            method=operation.method,
            target=filled.path,
            query=filled.query,
            headers={**filled.headers, **({keyed: key} if keyed else {})},
            body=self._body(operation, ids, payload) if operation.bodies and is_write else None,
            key=key if keyed else None,
            write=False if is_write and reads_only(self.partner, operation) else None,
        )

    def _body(self, operation: Operation, ids: Mapping[str, str], payload: Any) -> Any:
        """The body; that of a call which only reads is made of ids."""
        if payload is not None:
            return payload
        return fill_body(self.partner, self.session.environment, operation, ids)

    def send(self, request: Request) -> Answer:
        """Send a request, whatever the answer."""
        return self.client.send(*_line(request), **_rest(request), write=request.write)

    def show(self, request: Request) -> SentRequest:
        """The request as it would be sent, secrets masked; nothing is sent."""
        return self.client.preview(*_line(request), **_rest(request))

    def payload(self, feature: str, entity: Entity, only: set[str] | None = None) -> Any:
        """An entity in the partner's words."""
        return translator(self.partner, feature).untranslate(entity, only=only).payload

    def load(self, feature: str, operation: Operation, ids: Mapping[str, str]) -> Translation:
        """Call a reading operation, and translate its answer with the mapping of a feature."""
        return self.translate(feature, self.send(self.request(operation, ids)).data())

    def translate(self, feature: str, data: Any) -> Translation:
        """An answer of theirs with the mapping of a feature.

        Raises:
            TranslationError: It does not fit; it names the feature.
        """
        try:
            return translator(self.partner, feature).translate(data)
        except TranslationError as error:
            error.feature = feature
            raise


def _line(request: Request) -> tuple[str, str]:
    return request.method, request.target


def _rest(request: Request) -> dict[str, Any]:
    """What the client takes beside method and target."""
    return {
        "query": request.query,
        "json": request.body,
        "headers": request.headers,
        "idempotency_key": request.key,
    }
