"""Where things are, and how credentials are found.

A credential is named in `partner.yaml` and held in the environment or the system keyring; its value
lives only in a `SecretStr`, and is never a parameter, an output, or part of a message.
"""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench.errors import CredentialError, InputError
from workbench.secrecy import is_secret_name

PROJECT = "workbench.toml"
_PUBLISHER = ("organisation", "contact", "logo")
_PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_LARGEST_PICTURE = 64 * 1024

UrlKind = Literal["base_url", "control_url"]


class Settings(BaseSettings):
    """Folders of a project; each may be moved by an environment variable `WORKBENCH_<NAME>`.

    Attributes:
        root: The project: the nearest folder upwards that has `contracts/`.
        contracts: One folder per partner.
        reports: Rendered output, one folder per partner and run.
        notebooks: The project's own notebooks; `notebook` says which one is used.
        trusted_proxies: Addresses and networks, with commas between them, of the proxies before the
            receiver that may tell who sent a request and by which URL; `unix` for a Unix socket.
        proxy_prefix: Path that such a proxy leaves before `/{pos-code}`, as `/hooks`.
        public_url: Our address as partners know it, where a proxy stands before the receiver and
            their signatures cover it.
        organisation: Who tests, as reports name it.
        contact: Where partners answer: an address, as text.
        logo: Picture on the cover of reports; a path from the root.

    The last three may also stand in `workbench.toml` at the root; the environment goes first.
    """

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", extra="ignore", frozen=True)

    root: Path = Path()
    contracts: Path = Path("contracts")
    reports: Path = Path("reports")
    notebooks: Path = Path("notebooks")
    trusted_proxies: str = ""
    proxy_prefix: str = ""
    public_url: str | None = None
    organisation: str = ""
    contact: str = ""
    logo: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _find_root(cls, values: dict[str, object]) -> dict[str, object]:
        root = Path(str(values["root"])) if "root" in values else current_root()
        values = {**_read_project(root / PROJECT), **values}
        folders = {
            name: root / str(values.get(name, name))
            for name in ("contracts", "reports", "notebooks")
        }
        return {**values, "root": root, **folders}

    @model_validator(mode="after")
    def _has_contracts(self) -> Self:
        # Finished runs can be looked at without the folders that they are about.
        if not self.contracts.is_dir() and not self.reports.is_dir():
            raise InputError(
                "There is no folder of partners",
                location=str(self.contracts),
                hint="Run `workbench init` here to make a project, go into one, or set "
                "WORKBENCH_ROOT to one.",
            )
        return self

    def notebook(self, name: str) -> Path:
        """The project's own notebook of this name (without ending), else the one that we bring."""
        own = self.notebooks / f"{name}.ipynb"
        return own if own.is_file() else find_shipped() / "notebooks" / own.name

    def credential(self, partner: str, environment: str, name: str) -> SecretStr:
        """Find one credential: in the environment, then in `.env` of the project, then the keyring.

        Raises:
            CredentialError: It is in none; the message names the places, never a value.
        """
        variable = variable_name(partner, environment, name)
        value = self.variable(variable) or _from_keyring(partner, environment, name)
        if not value:
            raise CredentialError(
                f"Credential {name!r} of {partner} ({environment}) is not set",
                partner=partner,
                hint=f"Set {variable} (in .env too), or store it with: "
                f"keyring set workbench/{partner}/{environment} {name}",
            )
        return SecretStr(value)

    def spare_credential(self, partner: str, environment: str, name: str) -> SecretStr | None:
        """A credential that need not be there, as a second identity's; None when it is not."""
        try:
            return self.credential(partner, environment, name)
        except CredentialError:
            return None

    def unset(self, partner: str, environment: str, names: Iterable[str]) -> list[str]:
        """The variables of those credentials that are found nowhere."""
        return [
            variable_name(partner, environment, name)
            for name in names
            if self.spare_credential(partner, environment, name) is None
        ]

    def keep_credential(self, partner: str, environment: str, name: str, value: str) -> bool:
        """Store a credential that the partner has replaced; whether the next run will find it.

        Only the keyring can: a variable of the environment goes before it and stays as it is.
        """
        import keyring  # noqa: PLC0415 - slow to import, and rarely needed
        from keyring.errors import KeyringError  # noqa: PLC0415

        if os.environ.get(variable_name(partner, environment, name)):
            return False
        try:
            keyring.set_password(f"workbench/{partner}/{environment}", name, value)
        except KeyringError:
            return False
        return True

    def secrets(self, partner: str, environment: str, names: Iterable[str] = ()) -> dict[str, str]:
        """Every secret that this machine holds for the workbench: name → value.

        Those of all partners count, because a partner may be told another's by mistake: whatever
        `WORKBENCH_<PARTNER>__<ENVIRONMENT>__…` and `.env` give, the passwords in addresses, the
        signing key, and the named ones from the keyring.

        Args:
            partner: Whose credentials carry their plain name; others that of their variable.
            environment: `sandbox` or `production`.
            names: Credentials to ask the keyring for as well.
        """
        own = variable_name(partner, environment, "")
        found = {
            name.removeprefix(own).lower() if name.startswith(own) else name: value
            for name, value in find_secrets(self.root).items()
        }
        for name in set(names) - found.keys():
            if stored := _from_keyring(partner, environment, name):
                found[name] = stored
        return found

    def publisher(self) -> dict[str, str]:
        """Organisation, contact and logo (as a data URL), for the header of a run.

        Raises:
            InputError: The logo is missing, too large, or of an unknown kind.
        """
        picture = _read_picture(self.root / self.logo) if self.logo else ""
        found = {"organisation": self.organisation, "contact": self.contact, "logo": picture}
        return {name: value for name, value in found.items() if value}

    def url(self, partner: str, environment: str, kind: UrlKind) -> str | None:
        """Address that replaces the manifest's; only for sandboxes, so production stays put."""
        if environment == "production":
            return None
        return self.variable(variable_name(partner, environment, kind))

    def variable(self, name: str) -> str | None:
        """A variable of the environment, else of `.env`; None where it is in neither."""
        return os.environ.get(name) or _read_env_file(self.root / ".env").get(name)


def variable_name(partner: str, environment: str, name: str) -> str:
    """Environment variable of a credential or address: `WORKBENCH_TAVOLA__SANDBOX__CLIENT_ID`."""
    parts = (partner.replace("-", "_"), environment, name)
    return "WORKBENCH_" + "__".join(part.upper() for part in parts)


def find_shipped() -> Path:
    """The folder with the `contracts/` and `notebooks/` that we bring.

    In an installed package they lie inside it; in a checkout, and where it is installed as
    editable, at its root.
    """
    package = Path(__file__).resolve().parent
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards with `contracts/`, else `start` itself."""
    for folder in (start, *start.parents):
        if (folder / "contracts").is_dir():
            return folder
    return start


def current_root() -> Path:
    """The project in use: `WORKBENCH_ROOT`, else the one that the current folder is in."""
    named = os.environ.get("WORKBENCH_ROOT")
    return Path(named).absolute() if named else find_root(Path.cwd())


def load_settings() -> Settings:
    """Settings from the environment and the current folder.

    Raises:
        InputError: There is no folder of partners.
    """
    return Settings()


def find_secrets(root: Path) -> dict[str, str]:
    """Every secret that the environment and `.env` of a project hold, by its variable."""
    held = {**_read_env_file(root / ".env"), **os.environ}
    found = ((name, _secret_part(name, value)) for name, value in held.items())
    return {name: secret for name, secret in found if secret}


def _secret_part(name: str, value: str) -> str:
    """What of a variable's value is secret: all of it, the password of an address, or nothing."""
    if not name.startswith("WORKBENCH_"):
        return ""
    try:
        password = urlsplit(value).password if "://" in value else None
    except ValueError:
        password = None
    if password is not None:
        return unquote(password)
    is_credential = name.count("__") >= 2 and not name.endswith(("__BASE_URL", "__CONTROL_URL"))
    return value if is_credential or is_secret_name(name) else ""


def _read_env_file(path: Path) -> dict[str, str]:
    """Variables of a `.env` file; nothing where there is none."""
    try:
        told = path.stat()
    except OSError:
        return {}
    return _parse_env_file(path, told.st_mtime_ns, told.st_size) if path.is_file() else {}


@lru_cache(maxsize=4)
def _parse_env_file(path: Path, *_: int) -> dict[str, str]:
    """Read once, until it changes: hundreds of partners ask for their keys at once."""
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}


def _read_project(path: Path) -> dict[str, str]:
    """Who publishes, from the project file; empty when there is none."""
    if not path.is_file():
        return {}
    try:
        stated = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(
            f"The project file cannot be read: {error}",
            location=str(path),
            hint='It is TOML, such as: organisation = "Our name".',
        ) from error
    wrong = [name for name, value in stated.items() if name not in _PUBLISHER or not value]
    wrong += [name for name, value in stated.items() if not isinstance(value, str)]
    if wrong:
        raise InputError(
            f"The project file has an entry {wrong[0]!r} that is unknown, empty or no text",
            location=str(path),
            hint=f"Known: {', '.join(_PUBLISHER)}; each is a text.",
        )
    return stated


def _read_picture(path: Path) -> str:
    kind = _PICTURES.get(path.suffix.lower())
    if kind is None or not path.is_file() or path.stat().st_size > _LARGEST_PICTURE:
        raise InputError(
            "The logo cannot be used",
            location=str(path),
            hint=f"Name a file of at most {_LARGEST_PICTURE // 1024} kB: {', '.join(_PICTURES)}.",
        )
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _from_keyring(partner: str, environment: str, name: str) -> str | None:
    import keyring  # noqa: PLC0415 - slow to import, and only needed when the variable is absent
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(f"workbench/{partner}/{environment}", name)
    except KeyringError:
        return None
