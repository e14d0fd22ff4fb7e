"""The letter that starts an integration; later the same page says what has come and what has not.

What we ask for is the paperwork of the catalogue, a dashboard, and answers to the open questions of
the partner folder. What has arrived follows from the folder, from the last run, and, for
credentials, from this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.drafting import ask_about
from workbench.errors import CredentialError, InputError
from workbench.handover.answers import read_answers
from workbench.handover.phrases import load_words, speak, text_environment, write_page
from workbench.model import (
    Absence,
    Binding,
    Catalogue,
    CriterionSlug,
    Feature,
    FeatureKind,
    FeatureSlug,
    Open,
    Outcome,
    RunHeader,
    Source,
    StepResult,
)
from workbench.partners import Partner, list_partners, load_catalogue, load_partner
from workbench.reporting import (
    Language,
    Publisher,
    choose_language,
    load_language,
    sentence,
    translate,
)
from workbench.settings import Settings, variable_name
from workbench.store import find_run, read_run

# What a letter asks for, in its order: papers and access. The rest of the paperwork is ours.
_PAPERS = (FeatureSlug.API_DOCS, FeatureSlug.WEBHOOK_DOCS, FeatureSlug.TEST_ACCOUNT)
_ACCESS = {
    FeatureSlug.SANDBOX_CREDENTIALS: "sandbox",
    FeatureSlug.PRODUCTION_CREDENTIALS: "production",
}
# Reasons by which something is still to come, and those by which both sides leave it for now.
_NOT_YET = frozenset({"R2", "R3", "R4", "R20"})
_NOT_NOW = frozenset({"R14", "R15", "R19"})


class RequestState(StrEnum):
    """Whether something that we asked for is there."""

    ARRIVED = "arrived"
    MISSING = "missing"
    NEEDLESS = "needless"  # it does not apply to this platform, or not now
    ABSENT = "none"  # the platform has none
    UNCLEAR = "unclear"  # nobody has judged it yet


@dataclass(frozen=True)
class Wish:
    """One thing that we ask for.

    Attributes:
        slug: Feature of the catalogue, `dashboard`, or `webhook-address`.
        title: In the reader's language.
        why: What it is needed for.
        arrival: Whether it is there.
        detail: What is there, or what keeps it away; as the folder says it.
        missing: Names of credentials that this machine does not have; never a value.
    """

    slug: str
    title: str
    why: str
    arrival: RequestState
    detail: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """Everything that the letter says, in one language."""

    slug: str
    title: str
    language: Language
    publisher: Publisher
    address: str
    wishes: tuple[Wish, ...]
    questions: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    open_features: tuple[str, ...]

    @property
    def is_first(self) -> bool:
        """Whether nothing has come yet, so that this begins the integration."""
        return not any(item.arrival is RequestState.ARRIVED for item in self.wishes)

    @property
    def groups(self) -> list[tuple[RequestState, list[Wish]]]:
        """What is missing first, then what is unclear, arrived, absent, and not needed."""
        order = ("missing", "unclear", "arrived", "none", "needless")
        kinds = map(RequestState, order)
        found = [(kind, [item for item in self.wishes if item.arrival is kind]) for kind in kinds]
        return [(kind, items) for kind, items in found if items]

    @property
    def has_notifications(self) -> bool:
        """Whether the platform may send any, so that our address concerns it."""
        beyond = {RequestState.NEEDLESS, RequestState.ABSENT}
        return not any(
            item.slug == "webhook-address" and item.arrival in beyond for item in self.wishes
        )

    @property
    def is_whole(self) -> bool:
        """Whether everything has come and nothing is open."""
        pending = {RequestState.MISSING, RequestState.UNCLEAR}
        is_there = not any(item.arrival in pending for item in self.wishes)
        return is_there and not self.questions and not self.open_features

    def as_json(self) -> dict[str, Any]:
        """What came and what did not, for other tools."""
        return {
            "partner": self.slug,
            "language": self.language.code,
            "complete": self.is_whole,
            "webhook_address": self.address,
            "items": [
                {
                    "item": item.slug,
                    "outcome": item.arrival.value,
                    "detail": item.detail,
                    "missing": list(item.missing),
                }
                for item in self.wishes
            ],
            "questions": list(self.questions),
            "answered": [{"question": asked, "answer": told} for asked, told in self.answers],
            "open": list(self.open_features),
        }


def compose_letter(slug: str, settings: Settings, *, language: str = "", title: str = "") -> Letter:
    """The letter to a partner: of its folder where there is one, else the very first.

    Args:
        slug: Of the partner; it names our webhook address even before there is a folder.
        settings: Where folders are, who we are, and which credentials are here.
        language: Code such as `es`; empty: that of the partner's locale, else English.
        title: Name of the platform, where there is no folder yet.

    Raises:
        InputError: The folder is not valid; or there is none, and no title either.
    """
    partner = _find_partner(slug, settings, title)
    chosen = choose_language(language, partner.manifest.locale if partner else "")
    words = load_words(chosen.code)
    given = read_answers(partner, settings) if partner else {}
    catalogue = translate(load_catalogue(), load_language(chosen.code))
    return Letter(
        slug=slug,
        title=partner.title if partner else title,
        language=words,
        publisher=Publisher.read({"publisher": settings.publisher()}),
        address=_own_address(slug, settings),
        wishes=tuple(_list_wishes(partner, catalogue, settings, words)),
        questions=_list_questions(partner, words.code, given),
        answers=tuple(
            (speak(asked, partner, words.code), _tell_answer(result, words))
            for asked, result in given.items()
        ),
        open_features=_list_open(partner, catalogue, words.code),
    )


def write_letter(letter: Letter) -> str:
    """The letter as a page."""
    return write_page("request", letter.language.code, letter=letter)


def write_letter_text(letter: Letter, *, is_mail: bool = False) -> str:
    """The letter as Markdown, or as the text of a mail whose first line is its subject."""
    template = text_environment(letter.language.code).get_template("request.txt.j2")
    text = template.render(letter=letter, is_mail=is_mail)
    return text.replace("\n\n\n", "\n\n").strip() + "\n"


def _find_partner(slug: str, settings: Settings, title: str) -> Partner | None:
    if slug in list_partners(settings):
        return load_partner(slug, settings, run_hooks=False)
    if title:
        return None
    raise InputError(
        f"There is no partner folder {slug!r} yet, so the letter does not know to whom it goes",
        location=str(settings.contracts / slug),
        hint="Give the platform's name: --title NAME, and --language CODE where it is not English.",
    )


def _own_address(slug: str, settings: Settings) -> str:
    """Our webhook address as the partner knows it; empty where we have no public one."""
    return f"{settings.public_url.rstrip('/')}/{slug}/webhooks" if settings.public_url else ""


def _list_wishes(
    partner: Partner | None, catalogue: Catalogue, settings: Settings, words: Language
) -> Iterator[Wish]:
    for slug in _PAPERS:
        yield _judge(slug, partner, catalogue, words)
        if slug == FeatureSlug.TEST_ACCOUNT:
            yield _judge_dashboard(partner, words)
    for slug, place in _ACCESS.items():
        yield _judge_access(slug, place, partner, catalogue, settings, words)
    yield _judge_address(partner, settings, words)


def _judge(slug: str, partner: Partner | None, catalogue: Catalogue, words: Language) -> Wish:
    """A paper of the catalogue, by what the folder states of it."""
    feature = catalogue.feature(slug)
    title = feature.title if feature else slug
    stated = partner.statement(slug) if partner else None
    arrival, parts = RequestState.MISSING, [""]
    if isinstance(stated, Binding):
        arrival, parts = RequestState.ARRIVED, [*stated.subjects]
    elif isinstance(stated, Absence):
        arrival = _classify(stated)
        needed = stated.needed if arrival is RequestState.MISSING else ""
        parts = [stated.reason, needed or ""]
    elif isinstance(stated, Open):
        arrival, parts = RequestState.UNCLEAR, [stated.note or ""]
    told = " ".join(sentence(speak(part, partner, words.code)) for part in parts if part)
    return Wish(slug, title, words.say(f"request.ask.{slug}"), arrival, told)


def _classify(stated: Absence) -> RequestState:
    """What is not there yet is asked for; what the platform does not have is not."""
    if stated.status == "exempt" or stated.code in _NOT_NOW:
        return RequestState.NEEDLESS
    return RequestState.MISSING if stated.code in _NOT_YET else RequestState.ABSENT


def _judge_dashboard(partner: Partner | None, words: Language) -> Wish:
    """The platform's own screen of the test restaurant, a criterion of the test account."""
    stated = partner.feature(FeatureSlug.TEST_ACCOUNT) if partner else None
    absent = stated.criteria.get(CriterionSlug.DASHBOARD_ACCESS) if stated else None
    arrival, detail = RequestState.MISSING, ""
    if absent is not None:
        arrival, detail = _classify(absent), absent.reason
    elif stated is not None and stated.given:
        attested = CriterionSlug.DASHBOARD_ACCESS in stated.attested
        arrival = RequestState.ARRIVED if attested else RequestState.UNCLEAR
    told = speak(detail, partner, words.code)
    title, why = words.say("request.dashboard"), words.say("request.ask.dashboard")
    return Wish("dashboard", title, why, arrival, told)


def _judge_access(
    slug: str,
    place: str,
    partner: Partner | None,
    catalogue: Catalogue,
    settings: Settings,
    words: Language,
) -> Wish:
    """Credentials have arrived when this machine holds each of them, whatever the folder says."""
    wish = _judge(slug, partner, catalogue, words)
    if partner is None or place not in partner.manifest.environments:
        return wish
    login = partner.manifest.auth
    spare = {*login.optional_names()} - {*login.credential_names()}
    names = [name for name in partner.manifest.credential_names() if name not in spare]
    missing = tuple(name for name in names if not _is_held(partner.slug, place, name, settings))
    if not missing and names:
        # What was noted while they were awaited is not so any more.
        detail = wish.detail if wish.arrival is RequestState.ARRIVED else ""
        return Wish(slug, wish.title, wish.why, RequestState.ARRIVED, detail)
    if wish.arrival in {RequestState.NEEDLESS, RequestState.ABSENT}:
        return wish
    return Wish(slug, wish.title, wish.why, RequestState.MISSING, wish.detail, missing)


def _is_held(slug: str, place: str, name: str, settings: Settings) -> bool:
    try:
        settings.credential(slug, place, name)
    except CredentialError:
        return False
    return True


def _judge_address(partner: Partner | None, settings: Settings, words: Language) -> Wish:
    """Whether our address is entered at their side is told by a person alone.

    A notification that came in a run shows that they reached us then; a run may have entered an
    address of its own and taken it back, so this is asked about and not taken for granted.
    """
    arrival, detail = RequestState.MISSING, ""
    title, why = words.say("request.address"), words.say("request.ask.webhook-address")
    if partner is not None and _sends_nothing(partner):
        return Wish(
            "webhook-address", title, why, RequestState.NEEDLESS, words.say("request.silent")
        )
    stated = partner.feature(FeatureSlug.WEBHOOK_ENDPOINT) if partner else None
    attested = stated.attested.get(CriterionSlug.WEBHOOK_ENDPOINT_REACHABLE) if stated else None
    reached = _find_receipt(partner, settings) if partner else None
    if attested is not None:
        day = words.date(attested.on)
        arrival = RequestState.ARRIVED
        detail = words.say("request.attested", name=attested.by, date=day)
    elif reached is not None:
        where = words.say(f"request.places.{reached.environment}")
        arrival = RequestState.UNCLEAR
        has_one = partner is not None and bool(_own_address(partner.slug, settings))
        told = "received" if has_one else "received_before"  # ours is not named below yet
        detail = words.say(f"request.{told}", date=words.date(reached.started_at), place=where)
    return Wish("webhook-address", title, why, arrival, detail)


def _sends_nothing(partner: Partner) -> bool:
    """Whether the folder states of every notification that the platform does not send it."""
    events = [item.slug for item in load_catalogue().bindable() if item.kind is FeatureKind.EVENT]
    return all(isinstance(partner.statement(slug), Absence) for slug in events)


def _find_receipt(partner: Partner, settings: Settings) -> RunHeader | None:
    """The latest run, where a notification of theirs reached us in it."""
    try:
        log, _ = read_run(find_run(settings.reports, partner.slug), load_catalogue())
    except InputError:
        return None
    reached = any(
        line.source is Source.RECEIPTS and line.outcome is Outcome.PASSED for line in log.evidence
    )
    return log.header if reached else None


def _tell_answer(result: StepResult, words: Language) -> str:
    return words.say(
        "request.answered_by", seen=result.seen, name=result.by, date=words.date(result.at)
    )


def _list_questions(
    partner: Partner | None, code: str, given: Mapping[str, StepResult]
) -> tuple[str, ...]:
    """What the folder asks and nobody has answered.

    Which service serves a feature is asked with the feature.
    """
    if partner is None:
        return ()
    asked = tuple(ask_about(feature) for feature in _find_open(partner))
    left = (
        item
        for item in partner.manifest.questions
        if not item.startswith(asked) and item not in given
    )
    return tuple(speak(item, partner, code) for item in left)


def _find_open(partner: Partner) -> list[Feature]:
    """Services and notifications that nobody has judged, in English."""
    stated = ((item, partner.statement(item.slug)) for item in load_catalogue().bindable())
    return [feature for feature, found in stated if isinstance(found, Open | None)]


def _list_open(partner: Partner | None, catalogue: Catalogue, code: str) -> tuple[str, ...]:
    """What nobody could judge from the documents: its title, and what came near it."""
    if partner is None:
        return ()
    found = []
    for feature in _find_open(partner):
        asked, named = ask_about(feature), catalogue.feature(feature.slug)
        near = [
            item.removeprefix(asked).strip()
            for item in partner.manifest.questions
            if item.startswith(asked)
        ]
        title = named.title if named else feature.title
        told = [speak(text, partner, code) for text in near[:1] if text]
        found.append(". ".join([title, *told]))
    return tuple(found)


def variables(letter: Letter) -> tuple[str, ...]:
    """Where the credentials go that are missing here, for the engineer."""
    return tuple(
        variable_name(letter.slug, _ACCESS[item.slug], name)
        for item in letter.wishes
        for name in item.missing
    )
