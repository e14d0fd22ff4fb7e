"""Writes the folder of a new partner: documents, manifest, mappings, samples, open questions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from workbench.drafting.delivery_promises import guess_promises
from workbench.drafting.event_match import shares_address
from workbench.drafting.guesses import (
    guess_environments,
    guess_parameters,
    guess_place,
    guess_rule,
    hosts_beside,
)
from workbench.drafting.logins import guess_auth
from workbench.drafting.mappings import DraftedMappings, draft_mappings, find_payloads
from workbench.drafting.review import ReviewSheet, StatedPlace
from workbench.drafting.signatures import guess_signature
from workbench.drafting.statements import ask_about_features, state_features
from workbench.drafting.yaml_text import Noted, write_yaml
from workbench.errors import InputError
from workbench.lint import lint
from workbench.model import ApiDescription, Event, FeatureKind, Finding, Operation, write_json
from workbench.partners import load_partner
from workbench.settings import Settings

_DOCUMENTS = "documents"
_WORDS = {"timezone": "time zone", "currency": "currency"}


@dataclass(frozen=True)
class Draft:
    """A drafted folder.

    Attributes:
        path: The folder; None while nothing was written.
        bound: Features that have a binding to review.
        open: Features for which nothing was found.
        questions: What to ask the partner.
        manifest: Text of `partner.yaml`.
        mapping: Text of `mapping.yaml`; empty when there is none.
        findings: What lint says of the folder.
        description: What the documents say.
        replaced: Document → secrets and people that its copy does not hold, and how often.
    """

    path: Path | None
    bound: tuple[str, ...]
    open: tuple[str, ...]
    questions: tuple[str, ...]
    manifest: str
    mapping: str
    findings: tuple[Finding, ...] = ()
    description: ApiDescription = field(default_factory=ApiDescription, repr=False)
    replaced: dict[str, dict[str, int]] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        where = escape(str(self.path)) if self.path else "nothing is written yet"
        items = "".join(f"<li>{escape(item)}</li>" for item in self.questions)
        counts = f"{len(self.bound)} features bound, {len(self.open)} open"
        return (
            f"<p>{where}: {counts}.</p><p>To ask:</p><ol>{items}</ol>"
            f"<pre>{escape(self.manifest)}</pre>"
        )


def draft_partner(
    slug: str,
    documents: Sequence[str | Path],
    settings: Settings | None = None,
    *,
    title: str = "",
    place: StatedPlace | None = None,
    root: str | Path | None = None,
    follow: bool = False,
    we_are: str | None = None,
) -> Draft:
    """Make `contracts/<slug>` from documents, with everything that is proposed bound for review.

    Args:
        slug: Name of the new folder.
        documents: Paths, or addresses that are fetched.
        settings: Where the folders are.
        title: Name of the partner as people write it; else made from the slug.
        place: Time zone, currency and language of the test restaurant.
        root: Folder or address whose files references may name; else the folder of each document.
        follow: Whether the description that a page draws is fetched and taken instead.
        we_are: `restaurant`, `courier` or `channel`, where the documents do not make it plain.

    Raises:
        InputError: The slug is no slug or taken, or a document is refused.
        PartnerError: A document could not be fetched.
    """
    sheet = ReviewSheet.open(
        slug,
        documents,
        settings=settings,
        title=title,
        place=place,
        root=root,
        follow=follow,
        we_are=we_are,
    )
    return draft_folder(sheet)


def _preview(sheet: ReviewSheet) -> Draft:
    mappings = draft_mappings(sheet)
    manifest, questions = _manifest(sheet, mappings)
    features = sheet.features()
    return Draft(
        path=None,
        bound=tuple(item.slug for item in features if sheet.bound(item.slug)),
        open=tuple(item.slug for item in features if not sheet.bound(item.slug)),
        questions=tuple(questions),
        manifest=manifest,
        mapping=mappings.text if mappings.texts else "",
        description=sheet.description,
        replaced={
            path.relative_to(sheet.staged.folder).as_posix(): counts
            for path, counts in sheet.staged.replaced.items()
        },
    )


def draft_folder(sheet: ReviewSheet, *, write: bool = True) -> Draft:
    """Write the folder of a sheet; it appears whole, and only after it was loaded and linted.

    Args:
        sheet: The decisions.
        write: Whether to write; else only show what would be written.

    Raises:
        InputError: The folder exists by now, or the draft does not load (a fault of ours).
    """
    draft = _preview(sheet)
    if not write:
        return draft
    contracts = sheet.settings.contracts
    target = contracts / sheet.slug
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=contracts) as room:
        folder = Path(room) / sheet.slug
        folder.mkdir()
        shutil.copytree(sheet.staged.folder, folder / _DOCUMENTS)
        (folder / "partner.yaml").write_text(draft.manifest, "utf-8")
        if draft.mapping:
            (folder / "mapping.yaml").write_text(draft.mapping, "utf-8")
        _write_samples(sheet, folder / "samples")
        (folder / "README.md").write_text(_readme(sheet, draft), "utf-8")
        inside = sheet.settings.model_copy(update={"contracts": Path(room)})
        findings = lint(load_partner(sheet.slug, inside, run_hooks=False), sheet.catalogue)
        try:
            folder.rename(target)
        except OSError as error:
            raise InputError(
                f"The folder cannot be made: {error.strerror}",
                location=str(target),
                hint="Choose another name, or move what is there.",
            ) from error
    return replace(draft, path=target, findings=tuple(findings))


def _manifest(sheet: ReviewSheet, mappings: DraftedMappings) -> tuple[str, list[str]]:
    environments, questions = guess_environments(sheet.description, sheet.staged.addresses())
    base_url = environments["sandbox"]["base_url"]
    auth, asked = guess_auth(sheet.description, base_url)
    hosts = hosts_beside(auth, base_url)
    if hosts:
        environments["sandbox"]["hosts"] = hosts
    services, events = _bound(sheet)
    parameters, about = guess_parameters(
        item for reference in services if isinstance(item := sheet.item(reference), Operation)
    )
    questions += [*asked, *about]
    data: dict[str, Any] = {
        "partner": Noted(
            sheet.slug, ["Drafted from the documents. Every line is a proposal: review it."]
        ),
        "title": sheet.title,
        **_place(sheet, questions),
        "documents": _documents(sheet),
        "environments": Noted(
            environments, ["No test_account yet: the restaurant, and ids that exist there."]
        ),
        "auth": auth,
    }
    if events:
        data["webhooks"], about = _webhooks(sheet, events, mappings)
        questions += about
    if parameters:
        data["parameters"] = parameters
    data["features"] = state_features(sheet, mappings)
    questions += ask_about_features(sheet, mappings)
    questions.append("Which test restaurant may we use, and which orders and bookings are in it?")
    data["questions"] = questions
    return write_yaml(data), questions


def _place(sheet: ReviewSheet, questions: list[str]) -> dict[str, Any]:
    """Time zone and currency that a person or the documents state; what is open is asked."""
    told = guess_place(sheet.description)
    given = {"timezone": sheet.place.timezone, "currency": sheet.place.currency}
    found: dict[str, Any] = {}
    for name, stated in given.items():
        words = _WORDS[name]
        if stated:
            found[name] = stated
        elif len(told[name]) == 1:
            found[name] = Noted(told[name][0], ["The documents say so; to be confirmed."])
            questions.append(f"Is {told[name][0]} the {words} of the test restaurant?")
        else:
            listed = f" Your documents speak of {', '.join(told[name])}." if told[name] else ""
            questions.append(f"What is the {words} of the test restaurant?{listed}")
    return {**found, "locale": sheet.place.locale}


def _webhooks(
    sheet: ReviewSheet, events: dict[str, str], mappings: DraftedMappings
) -> tuple[dict[str, Any], list[str]]:
    bound = [sheet.item(reference) for reference in events]
    signature, questions = guess_signature(bound, sheet.description)
    rules = {}
    for reference, slug in events.items():
        item = sheet.item(reference)
        rule = guess_rule(item, sheet.description, _noun(sheet, slug))
        shares = isinstance(item, Event) and shares_address(item, sheet.description)
        if shares and not rule["match"].get("values"):
            questions.append(f"How is {reference} told from the other events at its address?")
        name = mappings.names.get(slug)
        rules[reference] = {**rule, "mapping": name} if name else rule
    promises, about = guess_promises(bound, sheet.description)
    return {"signature": signature, **promises, "events": rules}, [*questions, *about]


def _noun(sheet: ReviewSheet, slug: str) -> str:
    feature = sheet.catalogue.feature(slug)
    return feature.noun or "" if feature is not None else ""


def _bound(sheet: ReviewSheet) -> tuple[list[str], dict[str, str]]:
    """References of services, and those of events with the feature that they serve first."""
    services: list[str] = []
    events: dict[str, str] = {}
    for feature in sheet.features():
        for reference in sheet.bound(feature.slug):
            if feature.kind is FeatureKind.EVENT:
                events.setdefault(reference, feature.slug)
            else:
                services.append(reference)
    return services, events


def _documents(sheet: ReviewSheet) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date().isoformat()
    staged = sheet.staged
    listed: list[dict[str, Any]] = []
    for number, (document, path) in enumerate(
        zip(sheet.description.documents, staged.paths, strict=True)
    ):
        place = f"{_DOCUMENTS}/{staged.place(number)}"
        entry: dict[str, Any] = {"path": place, "sha256": document.sha256}
        if path in staged.replaced:
            entry["original_sha256"] = staged.originals[path]
            entry["replaced"] = staged.replaced[path]
        if path in staged.sources:
            entry["source"] = staged.sources[path]
        listed.append({**entry, "retrieved": today})
    return listed


def _write_samples(sheet: ReviewSheet, folder: Path) -> None:
    for slug, payloads in find_payloads(sheet).items():
        (folder / slug).mkdir(parents=True)
        for number, payload in enumerate(payloads, start=1):
            text = write_json(payload, indent=True)
            (folder / slug / f"documented-{number}.json").write_text(f"{text}\n", "utf-8")


def _readme(sheet: ReviewSheet, draft: Draft) -> str:
    names = ", ".join(f"`{document.name}`" for document in sheet.description.documents)
    lines = [
        f"# {sheet.title}",
        "",
        f"A draft made from {names}. Nothing in it was tried yet.",
        "",
        f"- {len(draft.bound)} features are bound; each line of `partner.yaml` says why.",
        f"- {len(draft.open)} features are open: nobody has judged them yet (`status: open`).",
        "- Samples, where there are some, are examples of the documents; add recorded ones.",
        "",
        "## Questions for the partner",
        "",
        *(f"{number}. {text}" for number, text in enumerate(draft.questions, start=1)),
        "",
        "## Next",
        "",
        f"Review the bindings, then `workbench lint {sheet.slug}`.",
    ]
    return "\n".join(lines) + "\n"
