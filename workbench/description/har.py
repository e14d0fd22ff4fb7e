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
from workbench.description.path_templates import make_template
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning, list_of, mapping_of, text_of
from workbench.secrecy import is_secret_name

_DATA_KIND = re.compile(r"json|/(?:[\w.]+\+)?xml|protobuf|csv|pdf|event-stream", re.IGNORECASE)
_ASSET_KIND = re.compile(
    r"(?:image|font|audio|video)/|text/(?:html|css|javascript|ecmascript)|"
    r"application/(?:x-)?(?:javascript|ecmascript|font|wasm|manifest)",
    re.IGNORECASE,
)
_CALLS = frozenset({"xhr", "fetch", "empty"})
_ASSET_TYPES = frozenset(
    {"document", "stylesheet", "script", "image", "font", "media", "manifest", "texttrack"}
    | {"style", "iframe", "video", "audio", "worker", "serviceworker", "sharedworker", "preflight"}
)
_ASSET_FILE = re.compile(
    r"\.(?:m?js|css|map|html?|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|otf|mp[34]|webm|wasm)$",
    re.IGNORECASE,
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
    assets = 0
    entries = [mapping_of(entry) for entry in list_of(log.get("entries"))]
    called = {_address(entry) for entry in entries if _method(entry) != "OPTIONS"}
    for index, entry in enumerate(entries):
        if is_asset(entry) or (_method(entry) == "OPTIONS" and _address(entry) in called):
            assets += 1
            continue
        draft = _read_entry(entry, servers)
        if draft is not None:
            drafts.append(draft)
            continue
        warnings.append(_unreadable(name, index))
    if assets:
        warnings.append(
            DocumentWarning(
                slug="static-files",
                document=name,
                pointer="/log/entries",
                severity="info",
                summary=f"{assets} recorded requests are for pages and their files; left out.",
            )
        )
    drafted = DraftDocument(
        title=f"Traffic recorded in {name}",
        version=text_of(log.get("version")) or "1",
        drafts=drafts,
        servers=tuple(dict.fromkeys(servers)),
    )
    return drafted, tuple(warnings)


def _unreadable(name: str, index: int) -> DocumentWarning:
    return DocumentWarning(
        slug="unreadable-request",
        document=name,
        pointer=f"/log/entries/{index}",
        severity="info",
        summary="A recorded request has no usable method and URL.",
    )


def _method(entry: dict[str, Any]) -> str:
    return text_of(mapping_of(entry.get("request")).get("method")).upper()


def _address(entry: dict[str, Any]) -> str:
    return text_of(mapping_of(entry.get("request")).get("url")).partition("?")[0]


def is_asset(entry: dict[str, Any]) -> bool:
    """Whether a recorded exchange fetched a page or a file of a page, or asked before a call.

    What the browser and the answer say of it counts before the name of the file.
    """
    request, response = mapping_of(entry.get("request")), mapping_of(entry.get("response"))
    method = _method(entry)
    if method == "OPTIONS" and _header(request, "access-control-request-method"):
        return True
    if method not in {"GET", "HEAD"}:
        return False
    kind = text_of(mapping_of(response.get("content")).get("mimeType")).partition(";")[0].strip()
    path = text_of(request.get("url")).partition("?")[0].partition("#")[0]
    told = text_of(entry.get("_resourceType")).lower() or _header(request, "sec-fetch-dest")
    is_file = bool(_ASSET_FILE.search(path))
    if told in _CALLS and not is_file:
        return False
    if _ASSET_KIND.match(kind):
        return True
    return not _DATA_KIND.search(kind) and (told in _ASSET_TYPES or (not kind and is_file))


def _header(message: dict[str, Any], name: str) -> str:
    for header in map(mapping_of, list_of(message.get("headers"))):
        if text_of(header.get("name")).lower() == name:
            return text_of(header.get("value")).lower()
    return ""


def _read_entry(entry: dict[str, Any], servers: list[str]) -> DraftOperation | None:
    request = mapping_of(entry.get("request"))
    method = _method(entry)
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
        path=make_template(parts.path or "/")[0],
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
