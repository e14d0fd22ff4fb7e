"""The words by which prose documents say what a section, a table or an example is about."""

from __future__ import annotations

import re
import unicodedata

METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"

# `GET /orders/{id}`, `POST` /x, **PUT** https://host/x, METHOD: /path, and the same after a title.
CALL = re.compile(
    rf"(?<![A-Za-z])({METHODS})(?![A-Za-z])[\s:*`|]*((?:https?://[^\s`*/|)<]+|\{{\{{?\w+\}}?\}})?"
    r"/[^\s`*|)<>,;\"']*)"
)
WEBHOOK = re.compile(
    r"\b(webhooks?|web hooks?|callbacks?|push notifications?|events? (?:we send|sent to you)|"
    r"notificaciones? (?:entrantes?|push|que (?:enviamos|recib\w+))|"
    r"eventos (?:que (?:enviamos|recib\w+)|enviados)|notificacoes|evenements envoyes)\b"
)
ABOUT_DELIVERY = re.compile(
    r"\b(signature|signing|firma|verif\w+|seguridad|security|retr(?:y|ies)|reintentos|headers?|"
    r"cabeceras|registr\w+|subscri\w+|suscri\w+|overview|introduc\w+|resumen|best practices|"
    r"authenticat\w+|autentica\w+|configur\w+|order of|idempot\w+|delivery|entrega|"
    r"errors?|errores)\b"
)
ANSWER = re.compile(
    r"\b(responses?|returns?|answers?|repl(?:y|ies)|respuestas?|devuelve|retorna|respostas?|"
    r"reponses?|renvoie|antwort(?:en)?|rueckgabe|output|salida)\b"
)
REQUEST = re.compile(
    r"\b(requests?|body|payload|sends?|peticion(?:es)?|solicitud(?:es)?|cuerpo|envia|requisicao|"
    r"corpo|requetes?|corps|anfragen?|input|entrada|carga)\b"
)
STATUS = re.compile(r"(?<![\d.])([1-5]\d\d)(?![\d.])")
NAME_COLUMN = re.compile(
    r"^(?:\w+ )?(?:name|parameter|param|field|property|attribute|key|header|nombre|parametro|"
    r"campo|propiedad|atributo|clave|cabecera|nome|propriedade|chave|nom|parametre|champ|"
    r"propriete|feld|eigenschaft)s?(?: name)?$"
)
TYPE_COLUMN = re.compile(r"^(?:data )?(?:type|tipo|typ|format|formato)(?: of data| de dato)?$")
PLACE_COLUMN = re.compile(
    r"^(?:in|place|location|located in|where|ubicacion|en|lugar|local|ou|ort)$"
)
REQUIRED_COLUMN = re.compile(
    r"^(?:required|mandatory|req|requerido|obligatorio|obrigatorio|requis|obligatoire|"
    r"pflicht(?:feld)?|optional|opcional|optionnel)\??$"
)
DESCRIPTION_COLUMN = re.compile(
    r"^(?:description|notes?|meaning|details?|comments?|descripcion|notas?|significado|descricao|"
    r"remarque|beschreibung|bemerkung)$"
)
STATUS_COLUMN = re.compile(r"^(?:http )?(?:status|code|codigo|estado)(?: code| http)?$")
YES = re.compile(
    r"^(?:yes|y|true|required|mandatory|si|x|✓|✔|✅|obligatorio|sim|oui|ja|1|requerido)\b"
)
PLACES = (
    ("query", re.compile(r"\bquery|consulta\b|querystring")),
    ("path", re.compile(r"\bpath\b|\bruta\b|\burl param|caminho|chemin|pfad")),
    ("header", re.compile(r"\bheaders?\b|cabecera|cabecalho|en-?tete|kopfzeile")),
)
_TYPES = (
    ("integer", re.compile(r"^(?:int|integer|long|entero|inteiro|entier|ganzzahl|epoch)")),
    ("number", re.compile(r"^(?:number|float|double|decimal|numero|nombre|zahl)")),
    ("boolean", re.compile(r"^(?:bool|booleano?)")),
    ("array", re.compile(r"^(?:array|list|lista|\[|.*\[\]$)")),
    ("object", re.compile(r"^(?:object|objeto|objet|map|json)")),
    (
        "string",
        re.compile(r"^(?:string|str|text|texto|cadena|uuid|date|datetime|fecha|enum|char|id)"),
    ),
)
BASE_URL = re.compile(
    r"(?:base ?(?:url|uri|path)|server|host|servidor|endpoint base|url base|sandbox|production|"
    r"producci[oó]n|produ[cç][aã]o)[^\n]{0,60}?(https?://[^\s`)>\]\"'|*,;]+)",
    re.IGNORECASE,
)
BEARER = re.compile(r"authorization:?\s*`?\s*bearer|bearer token|token bearer")
BASIC = re.compile(r"authorization:?\s*`?\s*basic|basic auth|http basic")
KEY_HEADER = re.compile(
    r"\b(x-[a-z0-9-]{0,40}(?:key|token)[a-z0-9-]{0,40}|api-?key)\b\s*[`:]", re.IGNORECASE
)


def plain(text: str) -> str:
    """Return text in lower case without accents, for matching against the words above."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def type_named(word: str) -> str | None:
    """Return the JSON type that a word of a type column means, or None."""
    bare = plain(word).strip("`*_ ")
    return next((kind for kind, pattern in _TYPES if pattern.search(bare)), None)


def place_named(words: str) -> str | None:
    """Return `query`, `path` or `header` when the words name that place, or None."""
    bare = plain(words)
    return next((place for place, pattern in PLACES if pattern.search(bare)), None)
