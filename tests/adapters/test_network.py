"""Where connections lead: judged on the address that is connected to, whatever its name says."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from workbench.adapters import egress, network
from workbench.adapters.egress import guard_egress, judge_address
from workbench.adapters.http_client import HttpClient
from workbench.errors import InputError

Opener = Callable[..., HttpClient]
PLACES = {
    "8.8.8.8": "public",
    "2606:4700::1111": "public",
    "127.0.0.1": "loopback",
    "127.8.9.1": "loopback",
    "::1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "10.0.0.1": "private",
    "172.16.4.4": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "198.18.0.1": "private",
    "fd12:3456::1": "private",
    "::ffff:10.0.0.1": "private",
    "64:ff9b::a00:1": "private",
    "2002:a00:1::": "private",
    "169.254.169.254": "forbidden",
    "169.254.170.2": "forbidden",
    "::ffff:169.254.169.254": "forbidden",
    "64:ff9b::a9fe:a9fe": "forbidden",
    "fe80::1%eth0": "forbidden",
    "fd00:ec2::254": "forbidden",
    "100.100.100.200": "forbidden",
    "168.63.129.16": "forbidden",
    "0.0.0.0": "forbidden",
    "::": "forbidden",
    "224.0.0.1": "forbidden",
    "255.255.255.255": "forbidden",
}


@pytest.mark.parametrize(("address", "place"), PLACES.items())
def test_address_is_judged(address: str, place: str) -> None:
    """Every kind of address is known, also inside an IPv6 address."""
    assert judge_address(address) == place


def test_name_is_not_judged() -> None:
    """A name has a place only once it is resolved."""
    assert judge_address("api.partner.example") is None


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Lets a name lead to an address, as a name server would."""
    known: dict[str, str] = {}
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return ask(known.get(host, host), port, *args, **options)

    for module in (network, egress):
        monkeypatch.setattr(module.socket, "getaddrinfo", answer)
    return known.__setitem__


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "0.0.0.0", "fe80::1"])
def test_name_of_metadata_is_never_called(
    open_client: Opener, resolve: Callable[[str, str], None], address: str, method: str
) -> None:
    """A name server that leads to a machine's own secrets leads nowhere."""
    resolve("api.partner.example", address)
    client = open_client(base_url="http://api.partner.example:9")
    with pytest.raises(InputError, match="never called") as caught:
        client.send(method, "/latest/meta-data")
    assert address in str(caught.value)


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0"])
def test_address_of_metadata_is_never_called(open_client: Opener, host: str) -> None:
    """Neither is the address itself, though the folder states it."""
    client = open_client(base_url=f"http://{host}:9", allowed_hosts=frozenset({f"{host}:9"}))
    with pytest.raises(InputError, match="never called"):
        client.send("GET", "/latest/meta-data")


def test_name_that_leads_inside_is_read_but_not_written(
    open_client: Opener, resolve: Callable[[str, str], None], partner: Any
) -> None:
    """By a public name with an inner address nothing is written, nor on what a read left open."""
    resolve("api.partner.example", "127.0.0.1")
    partner.routes["GET /kept"] = lambda _: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}"
    )
    client = open_client(base_url=f"http://api.partner.example:{partner.port}")

    assert client.send("GET", "/kept").status == 200
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(InputError, match=r"Nothing is written to api\.partner\.example"):
            client.send(method, "/kept")
    assert [seen.method for seen in partner.seen] == ["GET"]


def test_read_that_is_told_to_write_is_stopped(
    open_client: Opener, resolve: Callable[[str, str], None], partner: Any
) -> None:
    """What counts is what a call does over there, not its method."""
    resolve("api.partner.example", "127.0.0.1")
    client = open_client(base_url=f"http://api.partner.example:{partner.port}")
    with pytest.raises(InputError, match="Nothing is written"):
        client.send("GET", "/orders/1/cancel", write=True)
    client.send("POST", "/orders/search", write=False).require()
    assert [seen.path for seen in partner.seen] == ["/orders/search"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_by_its_name_is_written(open_client: Opener, partner: Any, host: str) -> None:
    """A sandbox on this machine is what it says it is."""
    client = open_client(base_url=f"http://{host}:{partner.port}")
    assert client.send("POST", "/x").status == 200


def test_system_of_ours_may_be_inside(
    open_client: Opener, resolve: Callable[[str, str], None], partner: Any
) -> None:
    """Where events are forwarded to is our own matter."""
    resolve("pos.internal", "127.0.0.1")
    client = open_client(base_url=f"http://pos.internal:{partner.port}", is_guarded=False)
    assert client.send("POST", "/x").status == 200


def test_guard_of_a_process_judges_answers_of_name_servers(
    resolve: Callable[[str, str], None], partner: Any
) -> None:
    """A program that may write does not get inside by a name, and metadata it never gets."""
    resolve("api.partner.example", "127.0.0.1")
    name, here = f"api.partner.example:{partner.port}", f"localhost:{partner.port}"
    with guard_egress([name]) as reading:
        assert reading.is_allowed("127.0.0.1", partner.port)
    with guard_egress([name], is_public=True) as writing:
        assert not writing.is_allowed("127.0.0.1", partner.port)
    with guard_egress([name, here], is_public=True) as local:
        assert local.is_allowed("127.0.0.1", partner.port)
    with guard_egress(["169.254.169.254:80"]) as stated:
        assert not stated.is_allowed("169.254.169.254", 80)


@pytest.mark.parametrize(
    "path",
    [
        "/orders/../../admin",
        "../admin",
        "/orders/%2e%2e/%2E%2E/admin",
        "/orders/..\\..\\admin",
        "/orders/%252e%252e/admin",
        "/orders/..;/admin",
        "/orders/./x",
        "/orders/..",
        "{url}/v1/../admin",
        "{url}/v1/%2e%2e/admin",
    ],
)
def test_path_does_not_climb(open_client: Opener, partner: Any, path: str) -> None:
    """An id of dots cannot turn one operation into another, however it is spelt."""
    client = open_client(base_url=f"{partner.url}/v1")
    with pytest.raises(InputError, match="leaves the place"):
        client.send("GET", path.format(url=partner.url))
    assert partner.seen == []


@pytest.mark.parametrize("path", ["/a..b/.well-known/x.json", "/orders/...", "/x?next=../y"])
def test_dots_in_names_are_fine(open_client: Opener, partner: Any, path: str) -> None:
    """Only whole parts of dots climb; a query says nothing of folders."""
    assert open_client().send("GET", path).status == 200


# Each would be another machine for some library; {} is the host and port that may be called.
TRICKS = [
    "http://{}@evil.example/x",
    "http://{}%40evil.example/x",
    "http://user:password@{}/x",
    "http://{}.evil.example/x",
    "http://evil.example#@{}/x",
    "http://evil.example?@{}/x",
    "http://evil.example\\@{}/x",
    "http://{}\\@evil.example/x",
    "http://evil.example;{}/x",
    "http://evil.example%00.{}/x",
    "http://127.0.0.1:1/x",
    "http://127.1:{port}/x",
    "http://0x7f.0.0.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://2130706433:{port}/x",
    "http://[::ffff:7f00:1]:1/x",
    "http://[::1%25lo]:{port}/x",
    "http://127。0。0。2:{port}/x",
    "http://①②⑦.0.0.2:{port}/x",
    "http://127.0.0.1.:{port}/x",
    "http:///{}/x",
    "http://\t{}/x",
    "http://{} .evil.example/x",
    "https://{}@169.254.169.254/x",
    "http://localhost:{port}/x",
    "http://evil.example:{port}/x",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_leads_elsewhere(open_client: Opener, partner: Any, trick: str) -> None:
    """What is compared is what is connected to, so every trick is refused, or is our partner."""
    place = f"127.0.0.1:{partner.port}"
    client = open_client()
    url = trick.replace("{port}", str(partner.port)).replace("{}", place)
    with pytest.raises(InputError):
        client.send("GET", url)
    assert partner.seen == []


def test_protocol_relative_address_is_a_path(open_client: Opener, partner: Any) -> None:
    """`//host/x` is put behind the base address, and goes to the partner."""
    open_client().send("GET", "//evil.example/x")
    assert [seen.target for seen in partner.seen] == ["//evil.example/x"]
