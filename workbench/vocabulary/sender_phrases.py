"""Phrases in seven languages: who sends a request, and what is promised of deliveries.

Patterns over plain text; those of the first part want it in lower case and without accents. What a
single word means stands in `lexicon.yaml`.
"""

import re

# --- who sends
_US = (
    r"(?:your|the (?:partner|integrator|integration partner|pos|pos provider|merchant|client|"
    r"restaurant|vendor|customer|provider|receiver|subscriber)(?:'?s)?|a partner's)"
)
_THING = (
    r"(?:\w+ ){0,4}"
    r"(?:endpoints?|urls?|servers?|webhooks?|systems?|backend|apis?|services?|callbacks?)"
)
SAYS_INBOUND = re.compile(
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
SENT_TO_US = re.compile(
    r"\b(?:data|payload|message|body|request) (?:that is |you )?(?:received|sent|posted|pushed) "
    r"(?:to you )?when(?:ever)?\b|"
    r"\b(?:pushed|sent|posted|delivered|forwarded|called|made)\b[^.]{0,60}? to you\b|"
    r"\b(?:comes?|arrives?|goes) to you\b|\byou (?:must |need to |have to |should |"
    r"will )?implement\b|"
    r"\bwe (?:will )?(?:send|post|push|deliver|make)\b[^.]{0,60}\b(?:to|on) (?:you|your)\b|"
    r"\b(?:you|your \w+) (?:will )?(?:receive|receives|expose|exposes|host|hosts|provide|"
    r"provides)\b"
    r"[^.]{0,40}\b(?:requests?|webhooks?|calls?|endpoints?|events?)\b"
)
SENT_BY_US = re.compile(
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
ARROW = re.compile(
    r"(?:^|[.:(|]\s*)((?:[\w'-]+ ){0,3}[\w'-]+)\s*(?:-{1,3}>|={1,2}>|[→⇒➜➡⟶►▶]\ufe0f?)\s*"
    r"((?:[\w'-]+ ){0,3}[\w'-]+)"
)
# The side that is ours wherever it stands, and the one that is theirs; the rest depends.
OUR_SIDE = re.compile(
    r"\b(?:pos|till|tills|ecr|pms|kasse\w*|tpv|pdv|caisse|you|your|merchants?|restaurants?|stores?|"
    r"venues?|subscribers?|integrators?|ihr\w*|votre|su|tu|seu)\b"
)
THEIR_SIDE = re.compile(
    r"\b(?:platforms?|market ?places?|aggregators?|we|us|our|api|app|hub|plattform|plataforma|"
    r"plateforme)\b"
)
WEBHOOK_NOUN = re.compile(r"\b(?:webhooks?|web hooks?|callbacks?|notificacion entrante|rueckruf)\b")
MANAGES = re.compile(
    r"\b(?:register|registers|create|creates|subscribe|subscribes|unsubscribe|list|lists|get|gets|"
    r"fetch|retrieve|retrieves|update|updates|delete|deletes|remove|configure|set|sets|change|add|"
    r"test|resend|redeliver|replay|retry|refresh|extend|replace|patch|rotate|enable|disable|activate|manage|verify|ping|simulate|"
    r"registrar?|registra|crear?|crea|suscribir|suscribe|listar?|obtener|obtiene|actualizar?|"
    r"eliminar?|borrar|configurar?|consultar?|alta|baja|modificar|probar|reenviar|criar|obter|"
    r"atualizar|excluir|remover|testar|creer|lister|modifier|supprimer|abonner|anlegen|"
    r"registrieren|loeschen|abrufen|aendern|auflisten|abonnieren)\b"
)
_SUBSCRIPTION = (
    r"(?:^|/)(?:web-?hooks?|callbacks?|hooks?|subscriptions?|suscripciones)"
    r"(?:[-_](?:subscriptions?|config\w*|settings?|urls?|endpoints?))?(?:/\{[^/]+\})*/?$"
)
SUBSCRIPTION_PATH = re.compile(_SUBSCRIPTION, re.IGNORECASE)
MANAGED_PATH = re.compile(rf"{_SUBSCRIPTION}|hooks?/\{{[^/]+\}}|webhookconfig")
SENT_PATH = re.compile(r"(?:^|/)(?:web-?hooks?|callbacks?)/[a-z]")
OUR_URL = re.compile(
    r"^/?\{(?:your|partner|integrator|client|merchant|pos|webhook|callback|target)?[-_]?"
    r"(?:web-?hook|callback|endpoint|notification)?[-_]?ur[li]\}"
)
OUR_HOST = re.compile(
    r"//[^/]*(?:[<{]\w*(?:your|partner|pos|integrator|merchant|client|callback)|"
    r"(?:your|partner|pos|integrator|merchant|client)[-_.]?\w*\.?(?:example|yourdomain|url))",
    re.IGNORECASE,
)
WEBHOOK_URL = re.compile(
    r"^/?\{?\[?(?:\w*(?:web-?hook|callback)\w*)[\s_-]?ur[li]\]?\}?|^/?\{\w*ur[li]\}",
    re.IGNORECASE,
)
DUTY = re.compile(r"\b(?:should|must|have to|need to|deben?|devem?|muss|müssen|doit|doivent)\b")
WEBHOOK_WORD = re.compile(
    r"web-?hook|callback|notif|(?:^|/)hooks?(?:/|$)|/events?(?:/|$)", re.IGNORECASE
)
EVENT_FIELDS = frozenset(
    {"event", "eventtype", "eventid", "type", "topic", "timestamp", "payload", "data"}
)
PARTY_HOST = re.compile(r"//(?:partner|merchant|vendor|pos|integrator)s?[-.]", re.IGNORECASE)

# --- what a sender promises
ABOUT_WEBHOOKS = re.compile(
    r"web-?\s?hook|callback|notif|\bevents?\b|\beventos?\b|ereignis|[ée]v[ée]nement", re.IGNORECASE
)
REPEATS = re.compile(
    r"\bre-?tr(?:y|ies|ied|ying)\b|\bre-?(?:send|sent|sends|deliver\w*|attempt\w*)\b|"
    r"\b(?:sen[dt]|delivered|tried|attempted) again\b|\bre-?inten\w+|\bre-?env[ií]\w*|"
    r"\bvolver\w* a (?:enviar|intentar)|\btentar\w* novamente|\bretentativ\w*|\bnova tentativa|"
    r"\berneut\b|\bwiederhol\w*|\bnouvelles? tentatives?|\br[ée]essa\w*|\bback-?off\b",
    re.IGNORECASE,
)
NEVER = re.compile(
    r"\b(?:no|not|never|without|don't|doesn't|won't|nunca|sin|sem|nicht|keine?|jamais)\b"
    r"[^.]{0,25}$",
    re.IGNORECASE,
)
_NUMBER = r"(\d{1,3}|once|twice|three|four|five|six|eight|ten)"
TIMES = re.compile(
    rf"{_NUMBER} (?:more |further |additional |m[áa]s |weitere )?(?:times|attempts|retries|"
    r"re-?tries|intentos|reintentos|veces|vezes|tentativas|tentatives|fois|mal|versuche)\b|"
    r"\b(once|twice)\b",
    re.IGNORECASE,
)
NUMBERS = {"once": 1, "twice": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}
WITHIN = re.compile(
    r"(?:within|in less than|time-?out (?:of|is)|after|en menos de|dentro de|innerhalb von|"
    r"sous|em at[ée])\s+(?:a maximum of |at most )?(\d{1,4}) ?(ms|milliseconds?|s|secs?|seconds?|"
    r"segundos?|sekunden|secondes?)\b",
    re.IGNORECASE,
)
ANSWERS = re.compile(
    r"respon|answer|acknowledg|repl(?:y|ies)|return|time-?out|contest|antwort|r[ée]pon",
    re.IGNORECASE,
)
