"""How to log in, guessed from security schemes and from the call that takes a password."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from workbench.drafting.names import space_words
from workbench.model import (
    ApiDescription,
    Operation,
    SchemaReader,
    SecurityScheme,
    follow_reference,
    list_of,
    mapping_of,
)

_MOST_SCOPES = 12
_USER = ("username", "user name", "login", "email", "e mail", "user", "phone", "account")
_PASSWORD = frozenset({"password", "passwd", "pwd", "pass", "contrasena", "senha", "passwort"})
_TOKEN = re.compile(r"^(?:access |auth |id )?(?:token|jwt|key)$|^access$|^bearer$")
_SIGN_UP = re.compile(r"regist|sign ?up|reset|change|forgot|recover|invite")
_PREFIX = re.compile(r"prefix\W{0,3}[\"'`“]?([A-Za-z][\w-]{1,15})[\"'`”]?", re.IGNORECASE)
_LEVELS = 3
Found = dict[str, Any]


def guess_auth(description: ApiDescription, base_url: str) -> tuple[Found, list[str]]:
    """The `auth` of the manifest, and what is open about it.

    What most operations ask for together; of alternatives, the one that a program can do. Where
    a token is asked for that a documented call gives for a password, that call is the login.
    """
    auth, questions = _guess(description)
    for login in (auth, *auth.get("also", ())):
        if login["scheme"].startswith("oauth2-") and "token_url" in login:
            login["token_url"] = _below(login["token_url"], base_url)
    return auth, questions


def _below(address: str, base_url: str) -> str:
    """An address of a document as the manifest has it: relative to the API's root where it can."""
    root = f"{urlsplit(base_url).path.rstrip('/')}/"
    parts = urlsplit(address)
    if parts.netloc and parts.netloc != urlsplit(base_url).netloc:
        return address
    if not parts.path.startswith("/"):
        return f"/{address}"
    if parts.path.startswith(root):
        return parts._replace(scheme="", netloc="", path=f"/{parts.path[len(root) :]}").geturl()
    return urljoin(base_url, address)


def _guess(description: ApiDescription) -> tuple[Found, list[str]]:
    known = {item.id: item for item in description.security}
    names = _wanted(description, known) or sorted(known)
    login = _find_login(description)
    drafted: list[Found] = []
    for name in sorted(names, key=lambda one: -_ease(known[one], login)):
        auth = _auth_of(known[name], description, login)
        if auth is not None and (not drafted or _wanted(description, known)):
            drafted.append(auth)
    others = sorted(known.keys() - names) if _wanted(description, known) else []
    if not drafted and login is not None:
        asked = f"Does the token that {login[0].id} gives go into the header Authorization?"
        return login[1], [asked]
    if not drafted:
        asked = "How do we log in? The documents describe no way that a program can use."
        return {"scheme": "none"}, [asked]
    questions = []
    if others:
        used = ", ".join(sorted(names))
        questions.append(f"Do we log in with {used}, and not with {', '.join(others)}?")
    elif len(names) > len(drafted):
        questions.append(f"Which of these logins should we use: {', '.join(sorted(names))}?")
    if drafted[0]["scheme"] == "oauth2-authorization-code":
        questions.append("Who agrees once at your login page, so that we get a refresh token?")
    first, *beside = drafted
    return ({**first, "also": beside} if beside else first), questions


def _wanted(description: ApiDescription, known: dict[str, SecurityScheme]) -> tuple[str, ...]:
    """The schemes that most operations ask for at once; empty when none is asked for."""
    counts: Counter[tuple[str, ...]] = Counter()
    for operation in description.operations:
        for choice in _choices(description, operation):
            if choice and all(name in known for name in choice):
                counts[choice] += 1
    if not counts:
        return ()
    # As often: several at once before one, since each of them is asked for.
    ease = {name: max(_ease(known[one], None) for one in name) for name in counts}
    return max(counts, key=lambda names: (counts[names], ease[names], len(names)))


def _choices(description: ApiDescription, operation: Operation) -> list[tuple[str, ...]]:
    """Alternatives of an operation, each the schemes that go together."""
    bundle = description.bundles.get(operation.document, {})
    node = mapping_of(follow_reference(bundle, f"#{operation.pointer}"))
    stated = node.get("security", bundle.get("security"))
    found = [tuple(sorted(map(str, mapping_of(item)))) for item in list_of(stated)]
    return found or [(name,) for name in operation.security]


def _ease(scheme: SecurityScheme, login: tuple[Operation, Found] | None) -> int:
    """How well a scheme serves a program: a token of its own before a key, a key before a user."""
    if scheme.kind == "oauth2":
        return max((_FLOWS[flow][1] for flow in scheme.flows if flow in _FLOWS), default=0)
    if scheme.kind == "apiKey":
        return 2
    return {"bearer": 5 if login else 3, "basic": 1}.get(scheme.scheme or "", 0)


# Flow → scheme of ours, and how well it serves.
_FLOWS = {
    "clientCredentials": ("oauth2-client-credentials", 4),
    "application": ("oauth2-client-credentials", 4),
    "password": ("oauth2-password", 4),
    "authorizationCode": ("oauth2-authorization-code", 3),
    "accessCode": ("oauth2-authorization-code", 3),
}


def _auth_of(
    scheme: SecurityScheme, description: ApiDescription, login: tuple[Operation, Found] | None
) -> Found | None:
    is_key = scheme.kind == "apiKey" and scheme.place in {"header", "query", "cookie"}
    takes_token = scheme.kind == "http" and scheme.scheme == "bearer"
    if is_key and scheme.parameter:
        prefix = _PREFIX.search(scheme.description)
        beside = {"prefix": f"{prefix[1]} "} if prefix else {}
        if login is not None and scheme.parameter.lower() == "authorization":
            return login[1] | (beside or {"prefix": "Bearer "})
        if login is not None and scheme.place == "cookie":
            # Nobody hands out the cookie of a session: who logs in is given it.
            asked = {key: value for key, value in login[1].items() if key != "token"}
            return asked | {"scheme": "session"}
        return {"scheme": "api-key", str(scheme.place): scheme.parameter, **beside}
    if takes_token and login is not None:
        return login[1]
    if scheme.kind == "http" and scheme.scheme in {"bearer", "basic"}:
        return {"scheme": scheme.scheme}
    if scheme.kind == "oauth2":
        return _oauth2(scheme, description)
    return {"scheme": "bearer"} if scheme.kind == "openIdConnect" else None


def _oauth2(scheme: SecurityScheme, description: ApiDescription) -> Found:
    """The flow that serves best; a bare token where none has an address."""
    flows = [flow for flow, url in scheme.flows.items() if flow in _FLOWS and url]
    if not flows:
        return {"scheme": "bearer"}
    flow = max(flows, key=lambda name: _FLOWS[name][1])
    auth: Found = {"scheme": _FLOWS[flow][0], "token_url": scheme.flows[flow]}
    scopes = _scopes(scheme, description)
    return {**auth, "scopes": scopes} if 0 < len(scopes) <= _MOST_SCOPES else auth


def _scopes(scheme: SecurityScheme, description: ApiDescription) -> list[str]:
    bundle = description.bundles.get(scheme.document, {})
    node = mapping_of(follow_reference(bundle, f"#{scheme.pointer}"))
    flows = [mapping_of(flow) for flow in mapping_of(node.get("flows")).values()]
    return sorted({name for flow in (node, *flows) for name in mapping_of(flow.get("scopes"))})


def _find_login(description: ApiDescription) -> tuple[Operation, Found] | None:
    """The call that takes a user's password and answers with a token."""
    for operation in description.operations:
        words = space_words(f"{operation.path} {operation.operation_id or ''}")
        if operation.method != "POST" or _SIGN_UP.search(words):
            continue
        body = next((body for body in operation.bodies if body.schema_), None)
        if body is None or "{" in operation.path:
            continue
        reader = SchemaReader.of(description, operation.document)
        names = {space_words(name): name for name in reader.properties(body.schema_)}
        password = next((name for name in names if name in _PASSWORD), None)
        user = next((name for name in _USER if name in names), None)
        token = _token_path(reader, operation.response_schema)
        if password and user and (token or _says_login(words)):
            auth: Found = {
                "scheme": "password",
                "token_url": operation.path,
                "fields": {names[user]: "username", names[password]: "password"},
                "token": token or "$.token",
            }
            return operation, auth | ({} if "json" in body.media_type else {"send": "form"})
    return None


def _says_login(words: str) -> bool:
    return bool(re.search(r"\b(?:log ?in|sign ?in|token|auth|authenticate|sessions?)\b", words))


def _token_path(reader: SchemaReader, schema: Any) -> str:
    """JSONPath of the token in an answer; empty when nothing is called so."""
    found = [path for path, words in _texts(reader, schema, "$", _LEVELS) if _TOKEN.search(words)]
    if not found:
        return ""
    return min(found, key=lambda path: ("access" not in path.lower(), path.count(".")))


def _texts(reader: SchemaReader, schema: Any, path: str, levels: int) -> Iterator[tuple[str, str]]:
    for name, child in reader.properties(schema or {}).items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            continue
        yield f"{path}.{name}", space_words(name)
        if levels > 1:
            yield from _texts(reader, child, f"{path}.{name}", levels - 1)
