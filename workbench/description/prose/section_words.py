"""The words by which prose documents say what a section, a table or an example is about."""

from __future__ import annotations

import re

from workbench.text import strip_accents

LONGEST_LINE = 400  # characters of a line that is read as a label or a rule
METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
METHOD = re.compile(rf"\b(?:{METHODS})\b")
MARKS = re.compile(r"[`*]|(?<!\w)_+|_+(?!\w)|<[^<>]{0,200}>|\\(?=[_\[\](){}<>*.-])")
NUMBER = re.compile(r"^\W*(?:(?:\d+(?:\.\d+)*[.)]?|[A-Za-z][.)])\s+)?\W*")
# Titles of sections that are a part of the operation around them.
PART_TITLE = re.compile(
    r"(?:(?:http |example |sample |api )?(?:requests?|endpoints?|urls?|methods?|calls?|paths?)|"
    r"(?:request |response |query |path |url |body |header |form |json |xml )*(?:url|headers?|body|"
    r"bodies|param(?:eter)?s?|payloads?|examples?|fields?|attributes?|arguments?|schema|responses?|format|"
    r"data|codes?|requests?|method|endpoint)(?: (?:example|body|format|codes?|fields?|headers?|"
    r"object|sample|url|params?|parameters?|schema|payload))*(?: \(?\w{1,8}\)?)?|examples?|"
    r"returns?|errors?|error responses?|definition|description|syntax|usage|notes?|(?:status|"
    r"http) codes?|success(?: response)?|curl|authentication|authorization|auth|requisicao|"
    r"resposta|descricao|corpo|parametros?|exemplos?|peticion|solicitud|respuesta|descripcion|"
    r"cuerpo|ejemplos?|cabeceras?|anfrage|antwort|beschreibung|parameter|beispiele?|requete|"
    r"reponse|parametres?|exemples?|corps)"
)
_METHOD_WORD = (
    r"(?:methods?|verb[eo]?s?|metod[ao]s?|methoden?|methodes?|\w*methode|メソット|(?:请求)?方[法式]|"
    r"\u043c\u0435\u0442\u043e\u0434)"
)
_PATH_WORD = (
    r"(?:urls?|uris?|paths?|endpoints?|routes?|resources?|rutas?|rotas?|pfad|pad|percorso|indirizzo|"
    r"sciezka|adres(?:se)?|caminho|chemin|endpunkte?|direccion|endereco|address|ハス|エントホイント|"
    r"(?:请求|接口)?(?:地址|路径)|\u043f\u0443\u0442\u044c|\u0430\u0434\u0440\u0435\u0441)"
)
METHOD_LABEL = re.compile(
    rf"(?:(?:http|request|api|allowed|available|supported|accepted)[ -]?)?{_METHOD_WORD}"
    r"(?: http| type)?"
)
REQUEST_LABEL = re.compile(
    r"(?:http |api )?(?:requests?|type|call|verb)(?: type)?|http"
)  # of a method
TARGET_LABEL = re.compile(
    r"(?:(?:http|request|api|full|relative|resource|complete) )?"
    rf"(?:{_PATH_WORD}|anfrage ?url|aufruf)(?: (?:path|template|pattern))?|api(?: call)?"
)
# What a title begins with below which an address is read.
READS = re.compile(
    r"(?:\W|\d)*(?:(?:to |all |the )?(?:gets?|lists?|reads?|fetch\w*|retriev\w+|views?|shows?|"
    r"search\w*|finds?|filter\w*|details?|quer(?:y|ies)|obtener|listar?|lista|consultar?|buscar?|detalles?|ver|obter|"
    r"consulter|lister|afficher|abrufen|anzeigen|elenco|ottieni)\b|.{0,60}\babrufen$)"
)
HOOK_LABEL = re.compile(r"(?:web-?hooks?|callbacks?)(?: (?:url|path|endpoint))?")
SERVER_LABEL = re.compile(
    r"(?:(?:api |service |server |root )?(?:base|root|server|service|host|api)(?: ?(?:url|uri|path|"
    r"address|endpoint|host|name))?s?|hosts?|servers?|servidor(?:es)?|url base|endpoint base|"
    r"basis-?url|url de base)"
)
_STAGE = (
    r"(?:test(?:ing|e)?s?|prueba?s?|sand ?box|bac a sable|staging|stage|"
    r"prod(?:u[ck]tion|u[ck]tiv|uctie|uccion|ucao|uzione|ukcyjn\w*)?|live|echt|dev(?:elopment)?|demo|local(?:host)?|"
    r"pre-?prod(?:uction|uccion)?|uat|qa|integration|integracion|acceptance|acceptatie|abnahme|"
    r"homologac(?:ao|ion)|desenvolvimento|desarrollo|entwicklung|ontwikkeling|developpement|recette|"
    r"collaudo|sviluppo|testow\w*)"
)
_PLACE = (
    r"(?:environments?|envs?|entornos?|ambientes?|ambienti|umgebung|environnements?|omgeving|"
    r"srodowisko|servers?|serveur|servidor|systeme?|sistema|api|(?:base ?|basis-?)?url|host|"
    r"endpoint|instance|instanz|platt?form|plateforme)"
)
_LINK = r"(?:the|our|your|of|for|de|del|di|da|do|du|des|la|le|el|van|voor|fuer|fur|en|in)"
ENVIRONMENT = re.compile(
    rf"(?:(?:{_LINK}|{_PLACE})[ /-]){{0,4}}{_STAGE}(?:s|en)?{_PLACE}?"
    rf"(?:[ /-]{{1,3}}(?:{_LINK}|{_PLACE}|{_STAGE})){{0,5}}(?: ?\([^()]{{1,30}}\))?"
)
ABOUT_SERVERS = re.compile(
    r"\b(?:base ?(?:url|uri|path)s?|environments?|servers?|hosts?|infrastructure|ambientes?|"
    r"entornos?|umgebung(?:en)?|environnements?|servidor(?:es)?|basis-?url|url base|root url|"
    r"getting started)\b"
)
SERVER_WORDS = re.compile(
    r"(?:base ?(?:url|uri|path)|server|host|servidor|endpoint base|url base|basis-?url|"
    r"\ball (?:api )?(?:calls?|requests?|methods?|endpoints?)\b|api (?:is|lives|runs) at|"
    r"send (?:all )?requests to)[^\n]{0,60}$"
)
ALL_CALLS = re.compile(
    rf"\ball (?:api )?(?:calls?|requests?|methods?|endpoints?|operations?|"
    rf"commands?)\b[^.\n]{{0,60}}?\b({METHODS})\b",
    re.IGNORECASE,
)
SENDS_POST = re.compile(rf"\b(?:a|an|as|via|using|with|by|http)\s+`?({METHODS})`?\b")
EVENT_COLUMN = re.compile(
    r"^(?:\w+ )?(?:events?|eventos?|topics?|webhooks?|triggers?|evenements?|ereignis(?:se)?|"
    r"notifications?)(?: (?:names?|types?|code|key|id|slug|tipo))?$"
)
ABOUT_EVENTS = re.compile(
    r"\b(?:events?|eventos?|topics?|notifications?|notificacoes|notificaciones|evenements?|"
    r"ereignis(?:se)?|triggers?)\b"
)
EVENT_LIST = re.compile(  # a title below which each item is one
    r"(?:(?:supported|available|possible|list of|all|the|our|webhook|event|notification|tipos? de|"
    r"lista de|types? of) )*(?:events?|topics?|notifications?|webhooks?|eventos?|notificaciones|"
    r"evenements?|ereignisse)"
    r"(?: (?:types?|list|names?|topics?|catalog(?:ue)?|disponibles?|soportados))*"
)
EVENT_LABEL = re.compile(
    r"(?:webhook )?(?:events?|eventos?|topics?|triggers?|evenements?|ereignis)(?: (?:names?|"
    r"types?|code|key))?"
)
SIGNATURE = re.compile(
    r"\b(?:signatures?|signed|signing|hmac|firma|firmado|assinatura|signatur|signiert|signe)\b"
)
RETRY = re.compile(
    r"\b(?:retr(?:y|ies|ied)|resend\w*|redeliver\w*|reattempt\w*|reintent\w+|retentativ\w+|"
    r"tentativas|erneut|wiederhol\w+|nouvelle tentative|more attempts)\b"
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
STATED_STATUS = re.compile(
    r"(?:success\w* |error )?(?:responses?|returns?|status|answers?|http(?:/[\d.]+)?|respuesta|"
    r"resposta|reponse|antwort|devuelve|retorna|renvoie)\b[^\d\n.]{0,20}\b([1-5]\d\d)\b"
    r"(?:[\s:-]+([^\n]{0,200}))?|([1-5]\d\d)\b[ :-]+(ok|created|accepted|no content|bad request|"
    r"unauthori[sz]ed|forbidden|not found|conflict|gone|unprocessable(?: \w+)?|too many requests|"
    r"internal server error|service unavailable)$"
)
STATUS = re.compile(r"(?<![\d.])([1-5]\d\d)(?![\d.])")
NAME_COLUMN = re.compile(
    r"^(?:(?!event|status)\w+ )?(?:name|parameter|param|field|property|attribute|element|tag|key|"
    r"header|nombre|parametro|campo|propiedad|atributo|clave|cabecera|nome|propriedade|chave|nom|parametre|champ|"
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
    r"^(?:description|purpose|summary|action|function|what it does|notes?|meaning|details?|"
    r"comments?|descripcion|notas?|significado|descricao|"
    r"remarque|descrizione|omschrijving|opis|beschreibung|bemerkung|zweck|funktion|accion|acao|uso|usage)$"
)
DIRECTION_COLUMN = re.compile(
    r"^(?:direction|richtung|direccion|direcao|sentido|sens|flow|who calls|caller|called by|sender|"
    r"initiator|from ?(?:/|->|→) ?to)$"
)
STATUS_COLUMN = re.compile(r"^(?:http )?(?:status|code|codigo|estado)(?: code| http)?$")
STATED_REQUIRED = re.compile(
    r"^\W{0,4}(?:required|mandatory|obligator\w+|obrigator\w+|requerido|requis|erforderlich|pflicht\w*)\b"
    r"|\((?:required|mandatory|obligatorio|obrigatorio|requis|erforderlich)\)"
)
STATED_OPTIONAL = re.compile(r"\b(?:optional|opcional|optionnel|facultati\w+)\b")
YES = re.compile(
    r"^(?:yes|y|true|required|mandatory|si|x|✓|✔|✅|☑|obligatorio|sim|oui|ja|1|requerido)(?!\w)"
)
PLACES = (
    ("query", re.compile(r"\bquery|consulta\b|querystring")),
    ("path", re.compile(r"\bpath\b|\bruta\b|\burl param|caminho|chemin|pfad")),
    ("header", re.compile(r"\bheaders?\b|cabecera|cabecalho|en-?tete|kopfzeile")),
)
FIELDS = re.compile(
    r"\b(?:param(?:eter)?s?|fields?|attributes?|properties|arguments?|filters?|parametros?|campos|"
    r"propiedades|atributos|felder|parametres?|champs)\b"
)
BODY_PLACE = re.compile(r"\b(?:body|payload|json|form|corpo|cuerpo)\b")
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
# The address of an API, and of no call.
BASE_ADDRESS = re.compile(r"https?://[^/\s]+(?:/(?:api|rest|v?\d[\w.]*))*/?")
URL = re.compile(r"https?://[^\s`)>\]\"'|*,;]+")
METHOD_COLUMN = re.compile(rf"^(?:http )?{_METHOD_WORD}$")
PATH_COLUMN = re.compile(
    rf"^(?:(?:api|full|relative) )?(?:{_PATH_WORD}|url path)(?: ?\(.{{0,30}}\))?$"
)
GONE = re.compile(
    r"\b(?:deprecated|no longer|removed|retired|obsolete|instead of|replac(?:es|ed)|formerly|"
    r"legacy|discontinued|not (?:yet )?(?:available|supported|implemented)|obsolet[oa]|veraltet)\b"
)
PROCEDURE_COLUMN = re.compile(
    r"(?:api |rpc )?(?:methods?|functions?|commands?|procedures?|operations?|calls?|actions?|"
    r"metod[ao]s?|methoden?|methodes?|funcion(?:es)?|funktion(?:en)?|fonctions?)(?: names?)?"
)
NO = re.compile(
    r"no|n|none|n/?a|nein|non|nao|false|0|.{0,30}\b(?:not (?:allowed|supported|available)|405)\b.*|"
    r"[-\u2013\u2014\u2717\u2718\u274c.]+"
)
BEARER = re.compile(r"authorization:?\s*`?\s*bearer|bearer token|token bearer")
BASIC = re.compile(r"authorization:?\s*`?\s*basic|basic auth|http basic")
KEY_HEADER = re.compile(
    r"\b(x-[a-z0-9-]{0,40}(?:key|token)[a-z0-9-]{0,40}|api-?key)\b\s*[`:]", re.IGNORECASE
)
KEY_QUERY = re.compile(r"[?&](api[-_]?key|apikey|access_token|auth_token)=", re.IGNORECASE)


def plain(text: str) -> str:
    """Return text in lower case without accents, for matching against the words above."""
    return strip_accents(text).lower()


def type_named(word: str) -> str | None:
    """Return the JSON type that a word of a type column means, or None."""
    bare = plain(word).strip("`*_ ")
    return next((kind for kind, pattern in _TYPES if pattern.search(bare)), None)


def place_named(words: str) -> str | None:
    """Return `query`, `path` or `header` when the words name that place, or None."""
    bare = plain(words)
    return next((place for place, pattern in PLACES if pattern.search(bare)), None)
