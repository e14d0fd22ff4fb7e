"""What must not stand in what a run writes: secrets of a partner, and people in its payloads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.canonical import Address, Courier, Customer, Entity
from workbench.errors import CredentialError
from workbench.mapping import KEY, locate_fields
from workbench.model import EVERY, Evidence, Exchange, Finding, Matter, Outcome, Severity, Source
from workbench.partners.catalogue import load_catalogue
from workbench.partners.folder import Partner
from workbench.secrecy import Persons, Redactor, is_identifier_name, is_searchable, mask_outputs
from workbench.settings import Settings

# What people write, and reports show.
_TEXTS = ("partner.yaml", "mapping.yaml", "hooks.py")


def open_redactor(
    partner: Partner,
    environment: str,
    settings: Settings,
    *,
    names: Iterable[str] = (),
    latest: int | None = None,
) -> Redactor:
    """The one redactor of a run, a session or a receiver: it knows every secret of this machine.

    A user name or another mark of identity that the folder's own texts tell is no secret. In a
    notebook, outputs are masked from now on.

    Args:
        partner: Whose credentials are looked for.
        environment: `sandbox` or `production`.
        settings: Where they are found.
        names: Credentials beside those of the manifest.
        latest: See `Redactor`.

    Raises:
        CredentialError: A secret stands in the folder's own texts; it names secret and file.
    """
    wanted = (*partner.manifest.credential_names(), *names)
    secrets = settings.secrets(partner.slug, environment, wanted)
    public: dict[str, str] = {}
    for path, text in _texts(partner.folder):
        for hit in Redactor(secrets).find(text):
            if not is_identifier_name(hit.credential):
                raise _seen(path, str(hit))
            public[hit.credential] = secrets.pop(hit.credential, "")
    told = b"\n".join(text for _, text in _texts(partner.folder))
    redactor = Redactor(secrets, latest, spared=public, told=told)
    mask_outputs(redactor)
    return redactor


def check_custody(folder: Path, secrets: Mapping[str, str]) -> None:
    """See that secrets do not stand plainly in the texts of a folder; quick, for many folders.

    Raises:
        CredentialError: One does; it names secret and file.
    """
    for path, text in _texts(folder):
        for name, value in secrets.items():
            is_looked_for = is_searchable(value) and not is_identifier_name(name)
            if is_looked_for and value.encode("utf-8", "surrogatepass") in text:
                raise _seen(path, name)


def _seen(path: Path, name: str) -> CredentialError:
    return CredentialError(
        f"Credential {name} stands in {path.name}",
        location=str(path),
        partner=path.parent.name,
        hint="Take it out, and let the partner give you another one: it was seen.",
    )


def _texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in (folder / name for name in _TEXTS):
        if path.is_file():
            yield path, path.read_bytes()


_PERSONAL: dict[type[Entity], frozenset[str]] = {
    Customer: frozenset({"name", "phone", "email", "billing_name"}),
    Courier: frozenset({"name", "phone"}),
    Address: frozenset({"lines", "details"}),
}
_KEPT = 3
_WORD = re.compile(r"[^\W\d_]+")

Tail = tuple[Any, ...]


def open_persons(partner: Partner) -> Persons:
    """What masks the persons of a partner: knows their places, and those of the samples."""
    tails = find_tails(partner)
    names = frozenset(name for tail in tails for name in tail[-2:] if isinstance(name, str))

    @lru_cache(maxsize=8192)
    def judge(end: Tail) -> bool:
        return any(_ends(end, tail) for tail in tails)

    def is_personal(path: Tail) -> bool:
        # Payloads have few kinds of places, and many of each.
        return judge(path[-_KEPT:])

    persons = Persons(is_personal, names=names, key=KEY, ordinary=_find_ordinary(partner))
    for path in sorted((partner.folder / "samples").rglob("*.json")):
        # The canonical side of a sample is ours; its customer is the same.
        if not path.name.endswith(".canonical.json"):
            persons.read(path.read_text("utf-8", "replace"))
    return persons


def find_tails(partner: Partner) -> set[Tail]:
    """The last names of the partner's paths under which personal data stands.

    They come from the resolved mapping, through whatever it uses, and for both directions; `EVERY`
    in them stands for any name, `KEY` at the end for the name of a member as the value.
    """
    plans = [item.plan for item in partner.translators.values()]
    tails = {
        _end(found.path)
        for found in locate_fields(plans)
        if any(_is_personal(*owner) for owner in found.owners)
        # Alone, `name` of a person's mapping would be the name of every dish as well.
        and (len(found.path) > 1 or found.root.model not in _PERSONAL)
    }
    return tails - {()}


def _is_personal(owner: Any, field: Any) -> bool:
    return isinstance(owner, type) and field in _PERSONAL.get(owner, ())


def _end(path: Tail) -> Tail:
    end = path[-2:]
    return path[-_KEPT:] if EVERY in end or KEY in end else end


def _ends(path: Tail, tail: Tail) -> bool:
    end = path[-len(tail) :]
    return len(end) == len(tail) and all(
        name is EVERY or name == own for name, own in zip(tail, end, strict=True)
    )


def _find_ordinary(partner: Partner) -> frozenset[str]:
    """Words of the partner's documents and folder, of our catalogue, and of evidence itself."""
    texts = [load_catalogue().model_dump_json(), *_own_words()]
    for path in partner.folder.rglob("*"):
        is_sample = "samples" in path.relative_to(partner.folder).parts
        if path.is_file() and not is_sample and not path.is_symlink():
            texts.append(path.read_text("utf-8", "replace"))
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def _own_words() -> Iterator[str]:
    for record in (Evidence, Exchange, Finding):
        yield from record.model_fields
    for words in (Matter, Outcome, Severity, Source):
        yield from (word.value for word in words)
