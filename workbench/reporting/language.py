"""The languages of everything that we hand over: one file each, with days and numbers by CLDR.

The file of a language holds the words of reports, of what is handed over beside them, of the
catalogue, of findings and of what our sources say. English stands where things are made, so its
file has the first two only. A project may bring further languages in its folder `languages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from workbench.errors import InputError
from workbench.evidence import check_kinds, list_sentences
from workbench.model import Catalogue, Feature, finding_kinds
from workbench.partners import load_catalogue
from workbench.settings import current_root
from workbench.text import suggest_name

DEFAULT = "en"
OTHER = "other"  # the plural form that every language of CLDR has
# Parts of a language's file that are no messages of a report.
BESIDE = ("handover", "catalogue", "checks", "findings", "phrases")
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every value is a text
_FOLDER = "languages"
_OURS = frozenset({DEFAULT, "es"})  # a test of ours has looked for what they lack
_FORMS = frozenset({"zero", "one", "two", "few", "many"})
_ROW_WORDS, _REASON_WORDS = ("title", "benefit"), ("title", "sentence", "needed")


@dataclass(frozen=True)
class Language:
    """A language in which reports can be written.

    Attributes:
        code: ISO 639-1 code, also the name of its file.
        messages: Dotted key → text with words in braces.
    """

    code: str
    messages: Mapping[str, str]

    @cached_property
    def locale(self) -> Locale:
        """Whose customs its days, numbers and plural forms follow; its file may name another."""
        return _find_locale(self.messages.get("locale", self.code))

    def say(self, key: str, **values: Any) -> str:
        """A message as plain text, its words filled in."""
        return self.messages[key].format(**values)

    def count(self, key: str, number: int, **values: Any) -> str:
        """A message that depends on a number, in the plural form that CLDR gives for it."""
        form = f"{key}.{self.locale.plural_form(number)}"
        found = form if form in self.messages else f"{key}.{OTHER}"
        return self.say(found, n=self.number(number), **values)

    def date(self, moment: date) -> str:
        """A day, as people write it."""
        return str(format_date(moment, "long", locale=self.locale))

    def moment(self, moment: datetime) -> str:
        """A day with its hour in UTC."""
        hour = format_time(moment.astimezone(UTC), "HH:mm", locale=self.locale)
        return f"{self.date(moment.astimezone(UTC))}, {hour} UTC"

    def number(self, value: float) -> str:
        """A number with the signs of the language."""
        return str(format_decimal(value, locale=self.locale))

    def percent(self, share: float) -> str:
        """A share from 0 to 1 as a whole percentage."""
        return str(format_percent(share, locale=self.locale))

    def money(self, minor: int, currency: str) -> str:
        """An amount in the smallest unit of a currency (ISO 4217), as people write it."""
        amount = Decimal(minor).scaleb(-get_currency_precision(currency))
        return str(format_currency(amount, currency, locale=self.locale))

    def join(self, parts: list[str]) -> str:
        """Clauses in one sentence."""
        return str(format_list(parts, locale=self.locale))


def name_refusal(kind: str, language: Language) -> str:
    """What kept us from asking, in words; `kind` is the name of an error."""
    key = f"access.{kind}"
    return language.say(key if key in language.messages else "access.PartnerError")


def list_languages() -> list[str]:
    """Codes of the languages that there are: ours, and those of the project."""
    return sorted(_find_files())


def choose_language(wanted: str, locale: object = "") -> Language:
    """The language that was asked for, else that of the partner's locale, else English.

    Args:
        wanted: Code of a language, or empty.
        locale: Locale of the partner, such as `es-ES`; one that we do not speak is passed over.

    Raises:
        InputError: There is no such language.
    """
    known = list_languages()
    if wanted and wanted not in known:
        raise InputError(
            f"There are no reports in {wanted!r}",
            hint=f"{suggest_name(wanted, known)} A further language is a further file in "
            "the folder `languages` of the project, with the keys of "
            "workbench/reporting/languages/es.yaml.",
        )
    spoken = str(locale or "").replace("_", "-").split("-")[0].lower()
    return load_language(wanted or (spoken if spoken in known else DEFAULT))


@cache
def load_language(code: str) -> Language:
    """Read the messages of reports in a language.

    Raises:
        InputError: The file of a project's own language cannot be read, or lacks sentences.
    """
    tree = read_words(code)
    messages = _flatten({key: part for key, part in tree.items() if key not in BESIDE})
    if missing := (list_missing(code) if code not in _OURS else []):
        raise InputError(
            f"The language {code!r} lacks {len(missing)} sentences, as {', '.join(missing[:5])}",
            location=str(_find_files()[code]),
            hint="Its keys are those of workbench/reporting/languages/es.yaml.",
        )
    return Language(code, messages)


@cache
def read_words(code: str) -> Mapping[str, Any]:
    """All of a language's file as it is written; every value is a text.

    Raises:
        InputError: It is no YAML.
    """
    path = _find_files()[code]
    try:
        tree = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - texts only
    except yaml.YAMLError as error:
        raise InputError(
            f"The file of the language {code!r} is no YAML", location=str(path), hint=str(error)
        ) from error
    if not isinstance(tree, dict):
        raise InputError(f"The file of the language {code!r} has no keys", location=str(path))
    return tree


def read_part(code: str, part: str) -> dict[str, str]:
    """Dotted key → text, of one of the parts beside the messages of reports."""
    found = read_words(code).get(part, {})
    return _flatten(found) if isinstance(found, dict) else {}


def translate(catalogue: Catalogue, language: Language) -> Catalogue:
    """The catalogue with its titles, benefits and reasons in a language; verdicts need the first.

    A row that the language does not know (a newer catalogue) keeps its English words.
    """
    if language.code == DEFAULT:
        return catalogue
    words = read_words(language.code)["catalogue"]
    features = tuple(_translate_feature(feature, words) for feature in catalogue.features)
    reasons = tuple(
        reason.model_copy(update=words["reasons"].get(reason.code, {}))
        for reason in catalogue.reasons
    )
    areas = catalogue.areas | words["areas"]
    return catalogue.model_copy(update={"features": features, "reasons": reasons, "areas": areas})


def _translate_feature(feature: Feature, words: dict[str, dict[str, Any]]) -> Feature:
    criteria = tuple(
        item.model_copy(update=words["criteria"].get(item.slug, {})) for item in feature.criteria
    )
    return feature.model_copy(
        update={**words["features"].get(feature.slug, {}), "criteria": criteria}
    )


def list_missing(code: str) -> list[str]:
    """What a language lacks: dotted keys of messages, of the catalogue, of checks and findings.

    Of what depends on a number, the form `other` is enough; a language has what forms it has.
    """
    parts = {part: read_part(code, part) for part in BESIDE}
    own = {
        **_flatten({key: item for key, item in read_words(code).items() if key not in BESIDE}),
        **{f"{part}.{key}": text for part, texts in parts.items() for key, text in texts.items()},
    }
    return [key for key in _list_needed(code) if not own.get(key) and not own.get(_other(key))]


def _list_needed(code: str) -> Iterator[str]:
    plain = read_words(DEFAULT)
    messages = {key: part for key, part in plain.items() if key not in BESIDE}
    beside = {"handover": plain["handover"]}
    yield from (key for key, text in _flatten({**messages, **beside}).items() if text)
    if code == DEFAULT:
        return
    catalogue = load_catalogue()
    yield from (f"catalogue.areas.{area}" for area in catalogue.areas)
    for reason in catalogue.reasons:
        yield from (f"catalogue.reasons.{reason.code}.{name}" for name in _REASON_WORDS)
    for kind, rows in (("features", catalogue.features), ("criteria", catalogue.criteria())):
        yield from (f"catalogue.{kind}.{row.slug}.{name}" for row in rows for name in _ROW_WORDS)
    titles = {f"{check}.title": row.title for check, row in check_kinds().items()}
    said = titles | dict(list_sentences())
    yield from (f"checks.{key}" for key, told in said.items() if code not in told)
    for row in finding_kinds().values():
        for name in ("title", "says", "expected", "hint"):
            words = getattr(row, name)
            if words and code not in words:
                yield f"findings.{row.id}.{name}"


def _other(key: str) -> str:
    """The key that stands in for one form of a number."""
    head, _, form = key.rpartition(".")
    return f"{head}.{OTHER}" if form in _FORMS else key


def _find_files() -> dict[str, Traversable | Path]:
    """Code → file: those of the package, then those of the project that we do not have."""
    own: Path = current_root() / _FOLDER
    found: list[Traversable | Path] = [*own.iterdir()] if own.is_dir() else []
    found += files("workbench.reporting").joinpath(_FOLDER).iterdir()
    return {item.name.removesuffix(".yaml"): item for item in found if item.name.endswith(".yaml")}


def _find_locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise InputError(
            f"CLDR knows no locale {name!r}",
            hint="Name a related one with `locale:` in the file of the language.",
        ) from error


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
