"""The secrets of a partner: all that must not stand in what a run writes, each with its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.errors import CredentialError
from workbench.partners.folder import Partner
from workbench.secrecy import Redactor, is_identifier_name, mask_outputs
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
                raise CredentialError(
                    f"Credential {hit} stands in {path.name}",
                    location=str(path),
                    partner=partner.slug,
                    hint="Take it out, and let the partner give you another one: it was seen.",
                )
            public[hit.credential] = secrets.pop(hit.credential, "")
    told = b"\n".join(text for _, text in _texts(partner.folder))
    redactor = Redactor(secrets, latest, spared=public, told=told)
    mask_outputs(redactor)
    return redactor


def _texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in (folder / name for name in _TEXTS):
        if path.is_file():
            yield path, path.read_bytes()
