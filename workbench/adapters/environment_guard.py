"""Is an environment where it says it is? Production under another name, inner and open addresses.

Looked at by lint, and once more before anything is written. What a name resolves to is judged when
it is connected to, in `network`; here only texts are compared, and nobody is asked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from workbench.adapters.egress import Endpoint, judge_address, read_endpoint
from workbench.partners import Partner

NEVER = "address-never-called"
# Kinds of hindrance that say: this sandbox may be where real restaurants are.
MAYBE_PRODUCTION = frozenset({"sandbox-is-production", "sandbox-named-production"})
SANDBOX = "sandbox"

_TESTS = re.compile(
    r"sandbox|sbx|\bstage|staging|\btest|(?<!la)(?<!con)test\b|\bdev\b|develop|\buat\b|\bqa\b|demo|"
    r"\bint\b|preprod|\bmock|pruebas|homolog|localhost|127 0 0 1"
)
_LIVE = re.compile(r"\b(prod|production|produccion|producao|live)\b")


@dataclass(frozen=True)
class Hindrance:
    """Why nothing is written to an environment.

    Attributes:
        slug: Kind, as of a finding.
        pointer: Where in the folder it is stated.
    """

    slug: str
    summary: str
    pointer: str
    hint: str


def speaks_of_tests(text: str) -> bool:
    """Whether words, or the host and path of an address, say that they are for trying things."""
    return bool(_TESTS.search(_part(text)))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its own name or address."""
    return host == "localhost" or judge_address(host) == "loopback"


def find_hindrances(
    partner: Partner, environment: str, *, base_url: str = "", control_url: str = ""
) -> list[Hindrance]:
    """Everything that speaks against writing to an environment, from its addresses alone.

    Args:
        partner: Its folder states the environments.
        environment: `sandbox` or `production`.
        base_url: Address that is called in place of the stated one; empty: the stated one.
        control_url: Likewise, of the control address.
    """
    stated = partner.environment(environment)
    pointer = f"partner.yaml#/environments/{environment}"
    addresses = [("base_url", base_url or stated.base_url)]
    if control := control_url or stated.control_url:
        addresses.append(("control_url", control))
    addresses += [("hosts", host) for host in stated.hosts]
    found = [
        hindrance
        for field, address in addresses
        for hindrance in _judge(address, f"{pointer}/{field}")
    ]
    if environment == SANDBOX:
        own = [item for item in addresses if item[0] != "hosts"]
        found += _find_production(partner, own, pointer)
    return found


def _judge(address: str, pointer: str) -> Iterator[Hindrance]:
    try:
        host, _ = read_endpoint(address)
    except ValueError:
        return  # told with its place where it is used
    place = judge_address(host)
    if place == "forbidden":
        yield Hindrance(
            NEVER,
            f"{host} is an address at which machines keep their own secrets; it is never called.",
            pointer,
            "Write the partner's own address.",
        )
    elif place == "private":
        yield Hindrance(
            "address-private",
            f"{host} is a private address, so what answers there may be anything; it is only read.",
            pointer,
            "Write the partner's public address; a sandbox on this machine is 127.0.0.1.",
        )
    if urlsplit(address).scheme.lower() == "http" and not is_loopback(host):
        yield Hindrance(
            "address-unencrypted",
            f"{host} is called without encryption, so credentials and guests' data can be read "
            "on the way; nothing is written.",
            pointer,
            "Write https; plain http is for this machine.",
        )


def _find_production(
    partner: Partner, addresses: list[tuple[str, str]], pointer: str
) -> Iterator[Hindrance]:
    """Whether a sandbox's address is that of production, or lies above it."""
    production = partner.manifest.environments.get("production")
    named = {} if partner.environment(SANDBOX).consent else _find_named(partner)
    for field, address in addresses:
        if production and _covers(address, production.base_url):
            yield Hindrance(
                "sandbox-is-production",
                f"The sandbox's {field} {address} is, or covers, the address of production "
                f"({production.base_url}): a test would write to real restaurants.",
                f"{pointer}/{field}",
                "Ask the partner for the address of the sandbox. Where both share one and a "
                "credential tells them apart, leave production out of the manifest.",
            )
        elif place := named.get(_endpoint(address) or ("", 0)):
            yield Hindrance(
                "sandbox-named-production",
                f"{address} is stated as the sandbox, and {place} speaks of it as production.",
                f"{pointer}/{field}",
                "Ask the partner which it is. Where it is for tests all the same, write in "
                "`consent` who said so, and when.",
            )


def _find_named(partner: Partner) -> dict[Endpoint, str]:
    """Servers that a document speaks of as production, with the place where it does.

    It says so in words, or it says of another server that that one is for tests.
    """
    found: dict[Endpoint, str] = {}
    for name, bundle in partner.description.bundles.items():
        servers = [item for item in bundle.get("servers") or () if isinstance(item, dict)]
        words = {
            number: f"{item.get('url', '')} {item.get('description', '')}"
            for number, item in enumerate(servers)
        }
        has_tests = any(speaks_of_tests(text) for text in words.values())
        for number, text in words.items():
            is_live = has_tests or _LIVE.search(_part(text))
            endpoint = _endpoint(str(servers[number].get("url", "")))
            if is_live and not speaks_of_tests(text) and endpoint and not is_loopback(endpoint[0]):
                found[endpoint] = f"{name}#/servers/{number}"
    return found


def _covers(address: str, other: str) -> bool:
    """Whether two addresses are of one server, and the first path is the second or above it."""
    endpoint, above, below = _endpoint(address), _path(address), _path(other)
    return endpoint is not None and endpoint == _endpoint(other) and below[: len(above)] == above


def _endpoint(address: str) -> Endpoint | None:
    """Host and port; http and https of a server are one."""
    try:
        host, port = read_endpoint(address)
    except ValueError:
        return None
    return host, 443 if port == 80 else port


def _path(address: str) -> list[str]:
    """The parts of the path, dots resolved and decoded, in small letters."""
    plain = unquote(urlsplit(address).path).lower()
    resolved = posixpath.normpath(f"/{plain}").strip("/")
    return [part for part in resolved.split("/") if part not in {"", "."}]


def _part(text: str) -> str:
    """The words of a text or an address, in small letters."""
    return re.sub(r"[-._/]", " ", text.lower())
