"""What plain words say of who sends a request: signals for `senders`, which alone judges.

Many partners have no place for webhooks in their format and list them among their paths. These
readings are conservative: only what is said plainly counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.model import Direction
from workbench.text import strip_accents

_SENDING = frozenset({"POST", "PUT", "PATCH"})
_LEAD = 700  # characters of a description that are about the operation itself

_US = (
    r"(?:your|the (?:partner|integrator|integration partner|pos|pos provider|merchant|client|"
    r"restaurant|vendor|customer|provider|receiver|subscriber)(?:'?s)?|a partner's)"
)
_THING = (
    r"(?:\w+ ){0,4}"
    r"(?:endpoints?|urls?|servers?|webhooks?|systems?|backend|apis?|services?|callbacks?)"
)
_SAID = re.compile(
    "|".join(
        (
            # English
            (
                r"\b(?:this|the) (?:webhook|callback|event) (?:will be|is|gets) "
                r"(?:\w+ )?(?:invoked|called|sent|triggered|fired|delivered|posted|raised)\b"
            ),
            (
                r"\b(?:calls?|called|sends?|posts?|invokes?|push(?:es)?|makes?|sent|posted|delivered|"
                rf"forwarded)\b[^.]{{0,80}}\b(?:to|on|at|against) {_US} {_THING}\b"
            ),
            rf"\b(?:calls|call|invokes?|pings?|notif(?:y|ies)) {_US} {_THING}\b",
            rf"\bwe (?:will )?(?:call|invoke|notify|ping) {_US}\b",
            rf"\b(?:implemented|exposed|hosted) (?:by|on|at) {_US}\b",
            r"\b(?:implement|expose|host|provide) this (?:endpoint|operation|webhook|api)\b",
            (
                rf"\b{_US} {_THING} (?:must|should|has to|needs to|will) "
                r"(?:implement|respond|return|answer|reply|receive|accept|acknowledge)\b"
            ),
            r"\bcallback to (?:notify|confirm|inform|tell|report)\b",
            # Spanish and Portuguese (accents are gone by now)
            (
                r"\best[ea] (?:webhook|callback|evento|notificacion|notificacao) (?:se|sera|e|es) "
                r"(?:\w+ )?(?:invoca|envia|llama|dispara|invocad|enviad|llamad|chamad|disparad)\w*"
            ),
            (
                r"\b(?:enviamos|llamamos|notificamos|chamamos|enviaremos|llamaremos|notificaremos|invocaremos|enviara|llamara|invocara|"
                r"notificara|chamaremos|chamara|se envia|se invoca|se llama|envia|llama|invoca)\b"
                r"[^.]{0,80}\b(?:su|tu|vuestro|seu|al|del|do|ao)s? (?:servidor|endpoint|url|"
                r"webhook|sistema|servicio|servico|tpv|pos|integrador|pdv)\b"
            ),
            (
                r"\b(?:implementad|expuest|expost|publicad|alojad|hospedad|servid)[oa]s? "
                r"(?:por|pelo|en|no|na) (?:el |la |su |tu |seu |o |a )?(?:integrador|tpv|pos|pdv|"
                r"cliente|restaurante|partner|comercio|socio|parceiro|servidor)\b"
            ),
            r"\b(?:usted|ustedes|tu|voce) deb\w* (?:implementar|exponer|publicar)\b",
            # French and German
            (
                r"\b(?:implemente|expose|heberge)e? par (?:le |la |l'|votre )?(?:partenaire|"
                r"integrateur|caisse|client|restaurant)\b"
            ),
            (
                r"\b(?:appelle|appelons|envoie|envoyons|envoyee?|notifi(?:e|ons))\w*\b[^.]{0,80}"
                r"\bvotre (?:serveur|endpoint|url|systeme|webhook)\b"
            ),
            (
                r"\b(?:vom|von ihrem|beim) (?:partner|integrator|kassensystem|kunden)\w*\b"
                r"[^.]{0,40}(?:implementiert|bereitgestellt|bereitzustellen)\b"
            ),
            (
                r"\b(?:rufen|ruft|senden|sendet|schickt|schicken)\b[^.]{0,80}\bihre[nm]? "
                r"(?:server|endpunkt|url|webhook|system)\b"
            ),
            # Italian and Dutch
            (
                r"\b(?:inviamo|chiamiamo|notifichiamo|viene inviat[oa])\b[^.]{0,80}"
                r"\b(?:vostr|tu|su)[oa] (?:server|endpoint|url|webhook|sistema|indirizzo)\b"
            ),
            (
                r"\b(?:sturen|versturen|stuurt|roepen|verzonden)\b[^.]{0,80}\b(?:uw|jouw|je) "
                r"(?:server|endpoint|url|webhook|systeem|adres)\b"
            ),
        )
    )
)
_TO_US = re.compile(
    r"\b(?:pushed|sent|posted|delivered|forwarded|called|made)\b[^.]{0,60}? to you\b|"
    r"\b(?:comes?|arrives?|goes) to you\b|\byou (?:must |need to |have to |should |"
    r"will )?implement\b|"
    r"\bwe (?:will )?(?:send|post|push|deliver|make)\b[^.]{0,60}\b(?:to|on) (?:you|your)\b|"
    r"\b(?:you|your \w+) (?:will )?(?:receive|receives|expose|exposes|host|hosts|provide|"
    r"provides)\b"
    r"[^.]{0,40}\b(?:requests?|webhooks?|calls?|endpoints?|events?)\b"
)
_FROM_US = re.compile(
    r"\b(?:we|data we|requests we|calls we|what we) (?:expect|receive|accept|get|"
    r"need)\b[^.]{0,40} from "
    r"(?:you|your|the) ?\b|"
    r"\byou (?:must |can |should |may |need to |have to |will )?(?:call|send|post|push|report|"
    r"notify) "
    r"(?:us\b|[^.]{0,60} to us\b)|\b(?:sent|called|pushed|posted) by (?:you|your \w+|"
    r"the pos)\b(?! to)|"
    r"\byou (?:(?:must|can|should|may|will) )?(?!receive|get|implement|expose|host|accept)\w+ "
    r"(?:\w+ ){0,6}?(?:with|by|via|using|through) (?:an? )?(?:get|post|put|patch|delete)\b"
)
# An arrow between two sides, each a few words: `Marketplace → POS`.
_ARROW = re.compile(
    r"(?:^|[.:(|]\s*)((?:[\w'-]+ ){0,3}[\w'-]+)\s*(?:-{1,3}>|={1,2}>|[→⇒➜➡⟶►▶]\ufe0f?)\s*"
    r"((?:[\w'-]+ ){0,3}[\w'-]+)"
)
# The side that is ours wherever it stands, and the one that is theirs; the rest depends.
_OUR_SIDE = re.compile(
    r"\b(?:pos|till|tills|ecr|pms|kasse\w*|tpv|pdv|caisse|you|your|merchants?|restaurants?|stores?|"
    r"venues?|subscribers?|integrators?|ihr\w*|votre|su|tu|seu)\b"
)
_THEIR_SIDE = re.compile(
    r"\b(?:platforms?|market ?places?|aggregators?|we|us|our|api|app|hub|plattform|plataforma|"
    r"plateforme)\b"
)
_NOUN = re.compile(r"\b(?:webhooks?|web hooks?|callbacks?|notificacion entrante|rueckruf)\b")
_MANAGES = re.compile(
    r"\b(?:register|registers|create|creates|subscribe|subscribes|unsubscribe|list|lists|get|gets|"
    r"fetch|retrieve|retrieves|update|updates|delete|deletes|remove|configure|set|sets|change|add|"
    r"test|resend|redeliver|replay|retry|refresh|extend|replace|patch|rotate|enable|disable|activate|manage|verify|ping|simulate|"
    r"registrar?|registra|crear?|crea|suscribir|suscribe|listar?|obtener|obtiene|actualizar?|"
    r"eliminar?|borrar|configurar?|consultar?|alta|baja|modificar|probar|reenviar|criar|obter|"
    r"atualizar|excluir|remover|testar|creer|lister|modifier|supprimer|abonner|anlegen|"
    r"registrieren|loeschen|abrufen|aendern|auflisten|abonnieren)\b"
)
_MANAGED_TAIL = re.compile(
    r"(?:^|/)(?:web-?hooks?|callbacks?|hooks?|subscriptions?|suscripciones)"
    r"(?:[-_](?:subscriptions?|config\w*|settings?|urls?|endpoints?))?(?:/\{[^/]+\})*/?$"
    r"|hooks?/\{[^/]+\}|webhookconfig"
)
_SENT_PATH = re.compile(r"(?:^|/)(?:web-?hooks?|callbacks?)/[a-z]")
_OUR_URL = re.compile(
    r"^/?\{(?:your|partner|integrator|client|merchant|pos|webhook|callback|target)?[-_]?"
    r"(?:web-?hook|callback|endpoint|notification)?[-_]?ur[li]\}"
)


def manages_webhooks(path: str, summary: str) -> bool:
    """Whether a call registers, lists or removes webhooks rather than being one."""
    name = _plain(_split_words(summary))
    is_about = bool(_NOUN.search(name)) or "subscri" in name or "suscri" in name
    return bool(_MANAGED_TAIL.search(path.lower())) or (is_about and bool(_MANAGES.search(name)))


def said_direction(text: str) -> Direction | None:
    """Who sends, where words say it plainly; None where they do not.

    Args:
        text: A heading with the sentences below it.
    """
    said = _plain(text[:_LEAD])
    arrow = _ARROW.search(said)
    drawn = _points(*arrow.groups()) if arrow else None
    if drawn is not None:
        return drawn
    from_us = _FROM_US.search(said)
    to_us = _TO_US.search(said) or _SAID.search(said)
    if from_us and (not to_us or from_us.start() < to_us.start()):
        return Direction.OUTBOUND
    return Direction.INBOUND if to_us else None


def _points(start: str, end: str) -> Direction | None:
    """Which way an arrow points; None where both sides may be anybody."""
    for ours, theirs in ((_OUR_SIDE, _THEIR_SIDE), (_THEIR_SIDE, _OUR_SIDE)):
        sides = [bool(ours.search(side)) and not theirs.search(side) for side in (start, end)]
        if sides[0] != sides[1]:
            return Direction.INBOUND if sides[1] is (ours is _OUR_SIDE) else Direction.OUTBOUND
    return None


def reads_like_webhook(
    method: str,
    path: str,
    *,
    tags: Sequence[str] = (),
    summary: str = "",
    description: str = "",
    operation_id: str = "",
) -> bool:
    """Whether plain words make a request one that comes to us.

    Args:
        method: HTTP method, in capitals.
        path: Path template as documented.
        tags: Its tags.
        summary: Its one-line summary.
        description: Its description; only the beginning counts.
        operation_id: Its operationId, whose words are read too.
    """
    name = f"{_plain(summary)} . {_plain(_split_words(operation_id))}"
    where = path.lower()
    if _OUR_URL.search(where):
        return True
    manages = bool(_MANAGES.search(name)) or bool(_MANAGED_TAIL.search(where))
    if _SAID.search(f"{_plain(summary)}. {_plain(description[:_LEAD])}"):
        return not manages
    if manages or method not in _SENDING:
        return False
    named = _NOUN.search(name) or any(_NOUN.search(_plain(_split_words(tag))) for tag in tags)
    return bool(named or _SENT_PATH.search(where))


def _split_words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^\w']+|_", " ", spaced)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", strip_accents(text).replace("’", "'")).lower()  # noqa: RUF001 - typographic quote
