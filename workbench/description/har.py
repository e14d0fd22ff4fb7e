"""HAR 1.1 and 1.2: operations and samples inferred from recorded traffic.

Path segments that look like ids become parameters. Header values never leave this module,
because recordings hold credentials; only the names of unusual headers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.errors import DescriptionError
from workbench.model.description import DocumentWarning
from workbench.model.untrusted import list_of, mapping_of, text_of
from workbench.secrecy import is_secret_name

_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}|(?=[^/]*\d)[A-Za-z0-9_-]{8,}"
)
_METHOD = re.compile(r"GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS")


def is_har(data: Any) -> bool:
    """Whether this is a HAR recording."""
    return isinstance(mapping_of(mapping_of(data).get("log")).get("entries"), list)


def read_har(data: dict[str, Any], name: str) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a recording into a drafted document; bodies become examples."""
    log = mapping_of(data.get("log"))
    drafts: list[DraftOperation] = []
    servers: list[str] = []
    warnings: list[DocumentWarning] = []
    for index, entry in enumerate(list_of(log.get("entries"))):
        draft = _read_entry(mapping_of(entry), servers)
        if draft is not None:
            drafts.append(draft)
            continue
        warnings.append(
            DocumentWarning(
                slug="unreadable-request",
                document=name,
                pointer=f"/log/entries/{index}",
                severity="info",
                summary="A recorded request has no usable method and URL.",
            )
        )
    drafted = DraftDocument(
        title=f"Traffic recorded in {name}",
        version=text_of(log.get("version")) or "1",
        drafts=drafts,
        servers=tuple(dict.fromkeys(servers)),
    )
    return drafted, tuple(warnings)


def _read_entry(entry: dict[str, Any], servers: list[str]) -> DraftOperation | None:
    request = mapping_of(entry.get("request"))
    method = text_of(request.get("method")).upper()
    try:
        parts = urlsplit(text_of(request.get("url")))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not _METHOD.fullmatch(method) or parts.scheme not in {"http", "https"} or not host:
        return None
    servers.append(f"{parts.scheme}://{host}{f':{port}' if port else ''}")
    draft = DraftOperation(
        method=method,
        path=_template(parts.path or "/"),
        parameters=list(_query(parts.query)),
        request=_payload(request.get("postData")),
    )
    response = mapping_of(entry.get("response"))
    status = text_of(response.get("status"))
    if re.fullmatch(r"[1-5]\d\d", status):
        answer = _payload(response.get("content")) or DraftBody()
        answer.description = text_of(response.get("statusText"))
        draft.answers[status] = answer
    return draft


def _template(path: str) -> str:
    segments: list[str] = []
    for segment in path.split("/"):
        if segment and _ID.fullmatch(segment):
            owner = next((part for part in reversed(segments) if part and "{" not in part), "item")
            name = re.sub(r"\W+", "_", owner.removesuffix("s")) + "_id"
            taken = sum(part.startswith("{" + name) for part in segments)
            segments.append("{" + name + (str(taken + 1) if taken else "") + "}")
        else:
            segments.append(segment.replace("{", "").replace("}", ""))
    return "/".join(segments)


def _query(query: str) -> Iterator[dict[str, Any]]:
    for key, value in dict(parse_qsl(query, keep_blank_values=True)).items():
        parameter = {"name": key, "in": "query", "schema": {"type": "string"}}
        is_secret = is_secret_name(key, parameter=True, proofs=True)
        yield parameter if is_secret else parameter | {"example": value}


def _payload(content: Any) -> DraftBody | None:
    node = mapping_of(content)
    text = text_of(node.get("text"))
    media_type = text_of(node.get("mimeType")).partition(";")[0].strip()
    if not text or "json" not in media_type:
        return None
    try:
        return DraftBody(media_type=media_type, examples=[_mask(load_json(text, "body"))])
    except DescriptionError:
        return None


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "<string>" if isinstance(item, str) and _is_secret(key) else _mask(item)
            for key, item in value.items()
        }
    return [_mask(item) for item in value] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    return is_secret_name(name, proofs=True)
