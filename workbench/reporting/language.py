"""The languages of a report: one file of messages each, and the catalogue in the same language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.description import load_text
from workbench.errors import InputError
from workbench.model import Catalogue, Feature
from workbench.text import suggest_name

DEFAULT = "en"


@dataclass(frozen=True)
class Language:
    """A language in which reports can be written.

    Attributes:
        code: ISO 639-1 code, also the name of its file.
        messages: Dotted key → text with words in braces.
    """

    code: str
    messages: Mapping[str, str]

    def say(self, key: str, **values: Any) -> str:
        """A message as plain text, its words filled in."""
        return self.messages[key].format(**values)

    def count(self, key: str, number: int, **values: Any) -> str:
        """A message that depends on a number: `count.feature`, `sum.failed`."""
        return self.say(f"{key}.{'one' if number == 1 else 'many'}", n=number, **values)

    def date(self, moment: datetime) -> str:
        """A day, as people write it."""
        return self._date("date", moment)

    def moment(self, moment: datetime) -> str:
        """A day with its hour in UTC."""
        return self._date("moment", moment)

    def percent(self, share: float) -> str:
        """A share from 0 to 1 as a whole percentage."""
        return self.say("formats.percent", n=f"{share * 100:.0f}")

    def join(self, parts: list[str]) -> str:
        """Clauses in one sentence."""
        joined = parts[0]
        for part in parts[1:]:
            joined = self.say("formats.and", first=joined, second=part)
        return joined

    def _date(self, form: str, moment: datetime) -> str:
        month = self.messages["formats.months"].split()[moment.month - 1]
        return self.say(
            f"formats.{form}",
            day=moment.day,
            month=month,
            year=moment.year,
            time=f"{moment:%H:%M}",
        )


def name_refusal(kind: str, language: Language) -> str:
    """What kept us from asking, in words; `kind` is the name of an error."""
    key = f"access.{kind}"
    return language.say(key if key in language.messages else "access.PartnerError")


def list_languages() -> list[str]:
    """Codes of the languages that there are."""
    found = files("workbench.reporting").joinpath("languages").iterdir()
    return sorted(item.name.removesuffix(".yaml") for item in found if item.name.endswith(".yaml"))


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
            "workbench/reporting/languages.",
        )
    spoken = str(locale or "").replace("_", "-").split("-")[0].lower()
    return load_language(wanted or (spoken if spoken in known else DEFAULT))


@cache
def load_language(code: str) -> Language:
    """Read the messages of a language."""
    return Language(code, read_messages("workbench.reporting", "languages", code))


def read_messages(package: str, folder: str, code: str) -> dict[str, str]:
    """Dotted key → message, from the file of a language in a folder of a package."""
    name = f"{code}.yaml"
    return _flatten(load_text(files(package).joinpath(folder, name).read_text("utf-8"), name))


@cache
def _read_words(code: str) -> dict[str, dict[str, Any]]:
    name = f"features.{code}.yaml"
    text = files("workbench.model").joinpath(name).read_text("utf-8")
    words: dict[str, dict[str, Any]] = load_text(text, name)
    return words


def translate(catalogue: Catalogue, language: Language) -> Catalogue:
    """The catalogue with its titles, benefits and reasons in a language; verdicts need the first.

    A row that the language does not know (a newer catalogue) keeps its English words.
    """
    if language.code == DEFAULT:
        return catalogue
    words = _read_words(language.code)
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


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
