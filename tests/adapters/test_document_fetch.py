"""Documents given by address, fetched with the files that they name beside them."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.adapters.document_fetch import Collected, collect_documents, follow_pages
from workbench.description import describe
from workbench.drafting import draft_partner
from workbench.errors import InputError
from workbench.partners import load_partner
from workbench.settings import Settings

from .test_download import QUICK, Site

HEAD = "openapi: 3.0.3\ninfo: {title: a, version: '1'}\n"
ORDER = (
    b"get:\n  summary: Get one order\n"
    b"  parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n"
    b"  responses:\n    '200':\n      description: ok\n"
    b"      content: {application/json: {schema: {$ref: 'more/shapes.yaml#/Order'}}}\n"
)
SHAPES = b"Order: {type: object, properties: {id: {type: string}, status: {type: string}}}\n"


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that is up."""
    server = Site()
    yield server
    server.close()


def main(reference: str) -> bytes:
    """A document whose one path is another file."""
    return f"{HEAD}paths: {{'/orders/{{id}}': {{$ref: '{reference}'}}}}\n".encode()


def test_neighbours_of_an_address_are_fetched(site: Site, tmp_path: Path) -> None:
    """Files of the same folder and below are fetched, those they name too, each once."""
    site.pages["/api/v1/openapi.yaml"] = (200, {}, main("order.yaml"))
    site.pages["/api/v1/order.yaml"] = (200, {}, ORDER)
    site.pages["/api/v1/more/shapes.yaml"] = (200, {}, SHAPES)
    found = collect_documents([f"{site.url}/api/v1/openapi.yaml?key=s3cret"], tmp_path)
    description = describe(found.paths, root=found.root)
    assert [item.id for item in description.operations] == ["GET /orders/{id}"]
    assert [path for path, _ in site.seen] == [
        "/api/v1/openapi.yaml?key=s3cret",
        "/api/v1/order.yaml",
        "/api/v1/more/shapes.yaml",
    ]
    assert "dangling-reference" not in [item.slug for item in description.warnings]


@pytest.mark.parametrize("reference", ["../order.yaml", "/order.yaml", "//127.0.0.1/order.yaml"])
def test_nothing_is_fetched_from_elsewhere(site: Site, tmp_path: Path, reference: str) -> None:
    """A reference out of the folder of the address is refused, and asked of nobody."""
    site.pages["/api/openapi.yaml"] = (200, {}, main(reference))
    with pytest.raises(InputError, match="refused"):
        collect_documents([f"{site.url}/api/openapi.yaml"], tmp_path)
    assert [path for path, _ in site.seen] == ["/api/openapi.yaml"]


def test_a_neighbour_that_redirects_away_is_refused(site: Site, tmp_path: Path) -> None:
    """A redirect cannot lead a neighbour out of the folder."""
    site.pages["/api/openapi.yaml"] = (200, {}, main("order.yaml"))
    site.pages["/api/order.yaml"] = (302, {"Location": "/inside/order.yaml"}, b"")
    site.pages["/inside/order.yaml"] = (200, {}, ORDER)
    with pytest.raises(InputError, match="elsewhere"):
        collect_documents([f"{site.url}/api/openapi.yaml"], tmp_path, policy=QUICK)


def test_a_neighbour_that_is_not_there_is_a_dangling_reference(site: Site, tmp_path: Path) -> None:
    """What the site does not have is a warning; the rest is used."""
    site.pages["/api/openapi.yaml"] = (200, {}, main("order.yaml"))
    found = collect_documents([f"{site.url}/api/openapi.yaml"], tmp_path, policy=QUICK)
    slugs = [item.slug for item in describe(found.paths).warnings]
    assert "dangling-reference" in slugs


def split(site: Site) -> str:
    """A document whose parts lie beside its folder; its address."""
    site.pages["/docs/api/openapi.yaml"] = (200, {}, main("../common/order.yaml"))
    site.pages["/docs/common/order.yaml"] = (200, {}, ORDER)
    site.pages["/docs/common/more/shapes.yaml"] = (200, {}, SHAPES)
    return f"{site.url}/docs/api/openapi.yaml"


def test_an_address_may_be_the_root(site: Site, tmp_path: Path) -> None:
    """Below a stated address, `../common` is fetched; a document outside of it is refused."""
    address = split(site)
    found = collect_documents([address], tmp_path, root=f"{site.url}/docs")
    assert len(describe(found.paths, root=found.root).operations) == 1
    with pytest.raises(InputError, match="root"):
        collect_documents([address], tmp_path, root=f"{site.url}/other")


def test_a_drafted_folder_keeps_the_shape_below_the_root(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`new` copies documents and neighbours as they lie below the root, and the folder loads."""
    (tmp_path / "contracts").mkdir()
    settings = Settings(root=tmp_path)
    draft = draft_partner("bistro", [split(site)], settings, root=f"{site.url}/docs")
    assert draft.path is not None
    names = sorted(
        path.relative_to(draft.path / "documents").as_posix()
        for path in (draft.path / "documents").rglob("*.yaml")
    )
    assert names == ["api/openapi.yaml", "common/more/shapes.yaml", "common/order.yaml"]
    partner = load_partner("bistro", settings)
    assert [item.id for item in partner.description.operations] == ["GET /orders/{id}"]
    assert partner.drifted == ()


def test_documents_outside_the_root_are_refused(write_text: Callable[[str, str], Path]) -> None:
    """A root that does not hold a document is an error that says so."""
    path = write_text("a/api.yaml", HEAD + "paths: {}\n")
    write_text("b/x.yaml", "a: 1\n")
    with pytest.raises(InputError, match="root"):
        describe([path], root=path.parents[1] / "b")


@pytest.fixture
def write_text(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file below the test's own folder."""

    def to_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return to_file


def shell(address: str) -> bytes:
    """A page that draws a description of another address."""
    return f'<html><redoc spec-url="{address}"></redoc></html>'.encode()


def test_a_page_leads_to_its_own_host(site: Site, tmp_path: Path) -> None:
    """What a fetched page draws is fetched from the host that the page came from."""
    site.pages["/docs/index.html"] = (200, {}, shell("../api.yaml"))
    site.pages["/api.yaml"] = (200, {}, f"{HEAD}paths: {{/orders: {{get: {{}}}}}}\n".encode())
    found = collect_documents([f"{site.url}/docs/index.html"], tmp_path, follow=True, policy=QUICK)
    assert [item.id for item in describe(found.paths).operations] == ["GET /orders"]
    assert [path for path, _ in site.seen] == ["/docs/index.html", "/api.yaml"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/a.json",
        "http://localhost:{port}/a.json",
        "http://localhost.:{port}/a.json",
        "http://[::1]:{port}/a.json",
        "http://[::ffff:127.0.0.1]:{port}/a.json",
        "http://2130706433:{port}/a.json",
        "http://0.0.0.0:{port}/a.json",
        "http://169.254.169.254/latest/a.json",
        "http://10.0.0.7/a.json",
        "http://user@127.0.0.1:{port}/a.json",
    ],
)
def test_a_page_does_not_lead_inside(site: Site, tmp_path: Path, address: str) -> None:
    """A page from elsewhere makes us ask nobody on this machine or in our own network."""
    page = tmp_path / "page.html"
    page.write_bytes(shell(address.format(port=site.url.rpartition(":")[2])))
    with pytest.raises(InputError, match="not followed") as caught:
        follow_pages(Collected((page,)), tmp_path, policy=QUICK)
    assert caught.value.hint
    assert site.seen == []


def test_a_name_that_means_this_machine_is_not_followed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is where a name leads when it is connected to, not how it looks."""
    real = socket.getaddrinfo

    def resolve(host: str | None, port: int, *others: int, **options: int) -> list[Any]:
        """The name server of somebody who means us ill."""
        return real("127.0.0.1" if host == "docs.nido.example" else host, port, *others, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    page = tmp_path / "page.html"
    page.write_bytes(shell(f"http://docs.nido.example:{site.url.rpartition(':')[2]}/a.json"))
    with pytest.raises(InputError, match="no public address"):
        follow_pages(Collected((page,)), tmp_path, policy=QUICK)
    assert site.seen == []
