"""Lines that tell of a delivery to the receiver's own address, and payloads inside of sentences.

`POST {your URL}`, `Ruta: {su URL}` and `order.paid → your endpoint` name no path: what is sent
there is an event, named by the line, by its payload, or by the title above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.description.prose import section_words as words
from workbench.description.prose.labels import label_of

_OURS = (
    r"(?:(?:il|la|el|lo|der|die|das|den|de|het|o|a|le|the)[\s_-])?"
    r"(?:your?|my|(?:partner|merchant|receiver|subscriber|client|customer|integrator|pos|restaurant|"
    r"vendor|kunde|partenaire|integrador|integrateur|integratore|parceiro|socio|comercio|cliente|"
    r"esercente|empfaenger|receptor|destinataire)(?:'?[sn])?|"
    r"sus?|tus?|vuestr[oa]|seus?|sua|teu|votre|vos|ton|ihr(?:e[nrsm]?)?|dein\w{0,2}|eure?\w{0,2}|"
    r"vostr[oa]|tu[oa]|suo|uw|jouw|je|jullie|twoj\w{0,3}|panstwa)"
)
_ADDRESS = (
    r"(?:web-?hooks?|callbacks?|endpoints?|ur[li]s?|servers?|servidor|serveur|server[es]?|addresse?s?|"
    r"adress\w{0,2}|adres|direccion|endereco|indirizzo|endpunkte?|systeme?|sistema|hosts?|apis?|"
    r"listener|tpv|pos|pdv|kasse|caisse|cassa|kassa)"
)
_OWN = (
    rf"(?:{_OURS}[\s_-]{{0,2}}(?:\w{{2,20}}[\s_-]){{0,2}}?{_ADDRESS}(?:[\s_-]?\w{{2,20}}){{0,3}}|"
    rf"{_ADDRESS}[\s_-](?:\w{{2,9}}[\s_-]){{0,3}}?{_OURS}(?:[\s_-]\w{{2,20}}){{0,2}}|"
    rf"(?<=[{{<\[])(?:\w{{2,20}}[\s_-])?(?:web-?hook|callback|listener|notification)[\s_-]?"
    rf"(?:ur[li]|endpoint|address))"
)
_OWN_ADDRESS = re.compile(rf"[\s`*\"'{{<\[($/]{{0,6}}{_OWN}[\s`*\"'}}>\])./]{{0,6}}")
_SENT = re.compile(
    rf"(?:^|[:\u2013\u2014|]|-{{1,2}}>|=>|[→⇒➜➡⟶►])[\s`*]{{0,4}}(?:(?:post|put|patch)[\s`*:]{{1,4}}"
    rf"(?:(?:to|an|a|al|vers|naar|para|do|na)\s)?)?(?={_OWN_ADDRESS.pattern}$)"
)
_STARTS_SENT = re.compile(
    r"(?:-{1,2}>|=>|[→⇒➜➡⟶►])|(?:^|[:\u2013\u2014|])[\s`*]*(?:post|put|patch)\b"
)
_MAY_BE_SENT = re.compile(r"->|=>|[→⇒➜➡⟶►]|\b(?:POST|PUT|PATCH)\b", re.IGNORECASE)
_SPAN = re.compile(r"(?<!`)`\s*(\{[^`]{3,4000}\})\s*`(?!`)")
_LABELLED = re.compile(r"^([^\n:{}`]{1,60}:)[ \t]*(\{.{3,3000}?\})[ \t]*(?=\n[^\n{}\"]{1,60}:|\Z)",
                       re.MULTILINE | re.DOTALL)  # fmt: skip
_MOST_READ = 6_000  # characters of a paragraph
_MOST_BRACES = 60


def words_of_delivery(line: str) -> str | None:
    """What a line says before it names our own address as the target; None for other lines.

    Args:
        line: Such as `Hook: order.paid → POST your-endpoint`, or a label of an address.
    """
    if len(line) > words.LONGEST_LINE:
        return None
    labelled = label_of(line)
    if labelled and (words.TARGET_LABEL.fullmatch(labelled[0]) or _is_hook(labelled[0])):
        value = words.plain(re.sub(r"^[\s`*]*(?:POST|PUT|PATCH)\b", "", labelled[1]))
        if _OWN_ADDRESS.fullmatch(value):
            return ""
    if not _MAY_BE_SENT.search(line):
        return None
    line = _SPAN.sub("", line)
    plain = words.plain(line.strip())
    sent = _SENT.search(plain)
    if sent is None or not _STARTS_SENT.search(sent[0]):
        return None
    return (
        line.strip()[: sent.start()] if len(plain) == len(line.strip()) else plain[: sent.start()]
    )


def _is_hook(label: str) -> bool:
    return bool(words.HOOK_LABEL.fullmatch(label))


def payloads_within(text: str) -> Iterator[tuple[str, str, str]]:
    """JSON inside of words, in a code span or behind a label, with what is before and behind it."""
    if not 0 < text.count("{") <= _MOST_BRACES or len(text) > _MOST_READ:
        return
    for form in (_SPAN, _LABELLED):
        for found in form.finditer(text):
            if '"' in found[found.re.groups]:
                before = found[1] if form is _LABELLED else text[: found.start()]
                behind = text[found.end() :].partition(". ")[0] if form is _SPAN else ""
                yield found[found.re.groups], before[-300:], behind[:300]
