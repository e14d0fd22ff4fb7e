import hashlib
import shutil
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as configure
from hypothesis import strategies as st

from workbench.canonical import OrderStatus
from workbench.description.guard import load_text
from workbench.drafting import Draft, ReviewSheet, StatedPlace, draft_folder, draft_partner
from workbench.drafting.guesses import guess_environments
from workbench.drafting.logins import guess_auth
from workbench.drafting.names import entity_named, is_sandbox
from workbench.drafting.yaml_text import Noted, comment, write_yaml
from workbench.errors import InputError
from workbench.model.description import ApiDescription, Document, Operation, SecurityScheme
from workbench.partners import load_partner
from workbench.settings import Settings
from workbench.suggest import status_meant

ROOT = Path(__file__).resolve().parents[2]


ORDER_STATUSES = [item.value for item in OrderStatus if item is not OrderStatus.CONFIRMED]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout without partners."""
    (tmp_path / "root/contracts").mkdir(parents=True)
    return Settings(root=tmp_path / "root")


@pytest.fixture
def draft(settings: Settings) -> Callable[..., Draft]:
    """Draft a partner from documents of our fictional ones."""

    def make(slug: str, *documents: str, **keys: Any) -> Draft:
        paths = [ROOT / "contracts" / document for document in documents]
        return draft_partner(slug, paths, settings, **keys)

    return make


@pytest.mark.parametrize(
    ("documents", "bound"),
    [
        (["tavola/openapi.yaml"], {"order-read", "menu-write", "order-created-event"}),
        (["bocado/swagger.json"], {"order-status-write", "availability-write"}),
        (
            ["mesa/mesa.postman_collection.json", "mesa/webhooks.md"],
            {"reservation-read", "reservation-created-event"},
        ),
    ],
)
def test_draft_is_a_whole_folder(
    draft: Callable[..., Draft], settings: Settings, documents: list[str], bound: set[str]
) -> None:
    """Whatever the format, the folder loads, and its documents are the partner's bytes."""
    made = draft("newcomer", *documents)
    assert bound <= set(made.bound)
    assert set(made.bound).isdisjoint(made.open)
    partner = load_partner("newcomer", settings)
    assert made.path == partner.folder
    assert partner.drifted == ()
    for document, source in zip(partner.manifest.documents, documents, strict=True):
        original = (ROOT / "contracts" / source).read_bytes()
        assert (partner.folder / document.path).read_bytes() == original
        assert document.sha256 == hashlib.sha256(original).hexdigest()
    assert partner.translators
    assert set(partner.manifest.questions) == set(made.questions)
    assert all(
        question in (partner.folder / "README.md").read_text() for question in made.questions
    )
    # What a reviewer has still to map is no fault of the draft.
    left = {"mapping-required-unwritten", "mapping-field-unfilled"}
    faults = [item for item in made.findings if item.slug not in left]
    assert [item for item in faults if item.severity == "high"] == []
    assert sorted(path.name for path in settings.contracts.iterdir()) == ["newcomer"]


def test_proposals_carry_score_and_reasons(draft: Callable[..., Draft]) -> None:
    """A comment above each binding says why, and what was not taken."""
    text = draft("newcomer", "tavola/openapi.yaml").manifest
    assert "  # GET /orders/{order_id}: 0.9" in text
    assert "answer holds a status" in text
    assert "  # not taken: " in text
    assert "  # against it: " in text


def test_guesses_of_login_servers_and_webhooks(
    draft: Callable[..., Draft], settings: Settings
) -> None:
    """What a document says of login, addresses and signatures is in the manifest."""
    draft("one", "tavola/openapi.yaml")
    manifest = load_partner("one", settings).manifest
    assert manifest.auth.scheme == "oauth2-client-credentials"
    assert manifest.auth.scopes
    assert manifest.parameters["modifier_group_id"] == "option-category"
    assert manifest.webhooks is not None
    assert manifest.webhooks.signature.header == "X-Tavola-Signature"
    assert manifest.webhooks.events["webhook:orderStatusChanged"].entity_id == "$.order_id"
    draft("two", "bocado/swagger.json")
    manifest = load_partner("two", settings).manifest
    assert (manifest.auth.scheme, manifest.auth.header) == ("api-key", "X-Api-Key")
    operations = manifest.features["order-status-write"].bound_operations()
    assert {status for item in operations for status in item.for_} >= {"accepted", "ready"}


def test_documented_payloads_become_samples(
    draft: Callable[..., Draft], settings: Settings
) -> None:
    """Saved responses and examples of reads and events are kept as samples."""
    draft("newcomer", "mesa/mesa.postman_collection.json", "mesa/webhooks.md")
    partner = load_partner("newcomer", settings)
    assert partner.samples("reservation-read")
    assert partner.samples("reservation-created-event")


def test_split_documents_are_copied_whole(tmp_path: Path, settings: Settings) -> None:
    """A neighbour that a reference pulls in comes along, and is found from there."""
    shared = tmp_path / "given/parts/answer.json"
    shared.parent.mkdir(parents=True)
    shared.write_bytes(orjson.dumps({"description": "ok"}))
    reference = {"$ref": "parts/answer.json"}
    paths = {"/orders": {"get": {"responses": {"200": reference}}}}
    info = {"title": "A", "version": "1"}
    document = tmp_path / "given/api.json"
    document.write_bytes(orjson.dumps({"openapi": "3.1.0", "info": info, "paths": paths}))
    made = draft_partner("newcomer", [document], settings)
    assert made.path is not None
    assert (made.path / "documents/parts/answer.json").read_bytes() == shared.read_bytes()
    shutil.rmtree(tmp_path / "given")
    slugs = {item.slug for item in load_partner("newcomer", settings).description.warnings}
    assert "dangling-reference" not in slugs


@pytest.mark.parametrize("slug", ["Upper", "a b", "../x", "", "x" * 41, "a--b"])
def test_bad_slugs_are_refused(draft: Callable[..., Draft], slug: str) -> None:
    """A name that is no folder name of ours is an error before anything is read."""
    with pytest.raises(InputError, match="cannot be the name"):
        draft(slug, "tavola/openapi.yaml")


def test_nothing_is_overwritten(draft: Callable[..., Draft], settings: Settings) -> None:
    """A partner that exists stays as it is, also when its folder appears meanwhile."""
    sheet = ReviewSheet.open(
        "newcomer", [ROOT / "contracts/bocado/swagger.json"], settings=settings
    )
    (settings.contracts / "newcomer").mkdir()
    (settings.contracts / "newcomer/mine").touch()
    with pytest.raises(InputError, match="There is a partner"):
        draft("newcomer", "bocado/swagger.json")
    with pytest.raises(InputError, match="cannot be made"):
        draft_folder(sheet)
    assert [path.name for path in (settings.contracts / "newcomer").iterdir()] == ["mine"]


def test_a_refused_document_leaves_no_folder(settings: Settings, tmp_path: Path) -> None:
    """Nothing appears in `contracts` when a document cannot be read."""
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(InputError):
        draft_partner("newcomer", [tmp_path / "bad.yaml"], settings)
    assert list(settings.contracts.iterdir()) == []


@pytest.fixture
def sheet(settings: Settings) -> ReviewSheet:
    """The review of one document."""
    path = ROOT / "contracts/tavola/openapi.yaml"
    return ReviewSheet.open("newcomer", [path], settings=settings, title="New <b>")


def test_decisions_reach_the_manifest(sheet: ReviewSheet, settings: Settings) -> None:
    """What a reviewer accepted, rejected or stated is what is written."""
    sheet.accept("order-read", "GET /orders")
    sheet.reject("menu-write").reject("order-read", "GET /orders/{order_id}")
    sheet.absent("delivery-location-write", "R15", "They deliver themselves.")
    sheet.review(accept="menu-write: ", reject="order-status-read; option-write:")
    draft_folder(sheet)
    features = load_partner("newcomer", settings).manifest.features
    assert features["order-read"].operations == ("GET /orders",)
    assert features["menu-write"].operations == ("PUT /restaurants/{restaurant_id}/menu",)
    assert features["order-status-read"].status == "open"
    assert features["menu-write"].reviewed
    assert not features["product-write"].reviewed
    assert features["option-write"].status == "open"
    assert features["delivery-location-write"].reason == "They deliver themselves."


def test_roles_are_shown_and_can_be_stated(sheet: ReviewSheet) -> None:
    """A stated role ranks all anew and keeps decisions; a name that is not there is refused."""
    sheet.reject("menu-write")
    assert sheet.roles()["orders"]["outbound"] > 0
    assert sheet.bound("order-read") == ("GET /orders/{order_id}",)
    sheet.state_roles(they_send="orders")
    assert sheet.roles()["orders"]["outbound"] == 0
    assert sheet.bound("order-read") == ()
    assert sheet.bound("menu-write") == ()
    assert sheet.bound("reservation-read") == ("GET /reservations/{reservation_id}",)
    with pytest.raises(InputError, match="reference, tag or document"):
        sheet.state_roles(we_send="nothing")


def test_preview_writes_nothing(sheet: ReviewSheet, settings: Settings) -> None:
    """A look at the draft is only a look."""
    seen = draft_folder(sheet, write=False)
    assert seen.path is None
    assert load_text(seen.manifest, "partner.yaml")["title"] == "New <b>"
    assert list(settings.contracts.iterdir()) == []


@pytest.mark.parametrize(
    "decide",
    [
        lambda sheet: sheet.accept("order-reed", "GET /orders"),
        lambda sheet: sheet.accept("order-read", "GET /nothing"),
        lambda sheet: sheet.reject("order-read", "GET /orders"),
        lambda sheet: sheet.absent("order-read", "R99", "No."),
    ],
    ids=["feature", "reference", "not-bound", "code"],
)
def test_slips_of_a_reviewer_are_errors(
    sheet: ReviewSheet, decide: Callable[[ReviewSheet], Any]
) -> None:
    """A misspelt feature, reference or code is refused with what is known."""
    with pytest.raises(InputError) as caught:
        decide(sheet)
    assert str(caught.value.hint).startswith(("Known: ", "Did you mean ", "There are: "))


def test_tables_show_text_of_a_partner_as_text(sheet: ReviewSheet) -> None:
    """Nothing in a document becomes markup in a notebook."""
    table = sheet._repr_html_()
    assert "<td>GET /orders/{order_id}</td>" in table
    assert "<td>yes</td>" in table
    assert "New &lt;b&gt;" in draft_folder(sheet, write=False)._repr_html_()


def test_place_is_kept(draft: Callable[..., Draft], settings: Settings) -> None:
    """Time zone, currency and language are those that a person gave."""
    draft("newcomer", "bocado/swagger.json", place=StatedPlace("Atlantic/Canary", "USD", "es"))
    manifest = load_partner("newcomer", settings).manifest
    assert (manifest.timezone, manifest.currency, manifest.locale) == (
        "Atlantic/Canary",
        "USD",
        "es",
    )


def described(*servers: str, **schemes: dict[str, Any]) -> ApiDescription:
    """A description of nothing but servers and security schemes."""
    document = Document(
        name="a", format="openapi", version="3.1.0", sha256="0", size=1, servers=servers
    )
    security = tuple(
        SecurityScheme(id=name, document="a", **keys) for name, keys in schemes.items()
    )
    return ApiDescription(documents=(document,), security=security)


@pytest.mark.parametrize(
    ("scheme", "auth"),
    [
        ({"kind": "http", "scheme": "bearer"}, {"scheme": "bearer"}),
        ({"kind": "http", "scheme": "basic"}, {"scheme": "basic"}),
        (
            {"kind": "apiKey", "place": "query", "parameter": "key"},
            {"scheme": "api-key", "query": "key"},
        ),
        (
            {"kind": "oauth2", "flows": {"clientCredentials": "/token"}},
            {"scheme": "oauth2-client-credentials", "token_url": "https://api.example/token"},
        ),
        ({"kind": "oauth2", "flows": {"implicit": "https://x"}}, {"scheme": "bearer"}),
        ({"kind": "mutualTLS"}, {"scheme": "none"}),
    ],
)
def test_every_kind_of_login(scheme: dict[str, Any], auth: dict[str, Any]) -> None:
    """Each security scheme has its form in the manifest; what we cannot use is a question."""
    found, questions = guess_auth(described(one=scheme), "https://api.example/v1")
    assert found == auth
    assert bool(questions) == (auth["scheme"] == "none")


LOGINS: dict[str, dict[str, Any]] = {
    "token": {"kind": "oauth2", "flows": {"clientCredentials": "/token"}},
    "bearer": {"kind": "http", "scheme": "bearer"},
    "key": {"kind": "apiKey", "place": "header", "parameter": "X-Key"},
    "other-key": {"kind": "apiKey", "place": "header", "parameter": "X-Other"},
    "user": {"kind": "http", "scheme": "basic"},
    "cookie": {"kind": "apiKey", "place": "cookie", "parameter": "session"},
}


@pytest.mark.parametrize(
    ("offered", "asked", "chosen"),
    [
        (("user", "key", "bearer", "token"), (), "oauth2-client-credentials"),
        (("user", "key", "bearer"), (), "bearer"),
        (("user", "key", "bearer", "token"), ("user", "user", "key"), "basic"),
        (("user", "key"), ("user", "key"), "api-key"),
        (("key", "other-key"), ("other-key", "other-key", "key"), "X-Other"),
        (("other-key", "key"), ("key", "other-key", "key"), "X-Key"),
    ],
)
def test_the_login_for_a_program_comes_first(
    offered: tuple[str, ...], asked: tuple[str, ...], chosen: str
) -> None:
    """What most operations ask for; of what is alike, a token before a key, a key before a user."""
    operations = tuple(
        Operation(id=f"GET /{n}", method="GET", path=f"/{n}", document="a", security=(name,))
        for n, name in enumerate(asked)
    )
    description = described(**{name: LOGINS[name] for name in offered}).model_copy(
        update={"operations": operations}
    )
    auth, questions = guess_auth(description, "https://api.example/v1")
    assert chosen in {auth["scheme"], auth.get("header")}
    assert len(questions) == 1


def test_servers_are_sorted_by_their_names() -> None:
    """Sandbox and production are told apart; what cannot be called is left out."""
    found, questions = guess_environments(
        described("https://api.example/v1", "https://sandbox.example/v1/", "/v2", "https://{x}.y"),
        {},
    )
    assert found["sandbox"]["base_url"] == "https://sandbox.example/v1"
    assert found["production"]["base_url"] == "https://api.example/v1"
    assert questions == []
    found, questions = guess_environments(described(), {})
    assert found["sandbox"]["base_url"] == "https://sandbox.invalid"
    assert len(questions) == 2


@pytest.mark.parametrize(
    ("parameter", "path", "entity"),
    [
        ("orderId", "/x/{orderId}", "order"),
        ("mId", "/v1/merchants/{mId}/orders", "restaurant"),
        ("pk", "/bookings/{pk}/", "reservation"),
        ("id", "/reservations/{id}", "reservation"),
        ("PedidoId", "/pedidos/{PedidoId}", "order"),
        ("modifier_group_id", "/x/{modifier_group_id}", "option-category"),
        ("productVariantId", "/x/{productVariantId}", "product-variant"),
        ("storeId", "/x/{storeId}", "restaurant"),
        ("zzz", "/x/{zzz}", None),
    ],
)
def test_parameters_name_entities(parameter: str, path: str, entity: str | None) -> None:
    """Names in several styles and languages are understood; others stay open."""
    assert entity_named(parameter, path) == entity


def test_words_of_hosts_and_actions() -> None:
    """A staging host is a sandbox, `latest` is none; the last word of a path names a status."""
    assert is_sandbox("https://api-staging.example")
    assert not is_sandbox("https://api.example/latest")
    assert status_meant("complete", ORDER_STATUSES) == "completed"
    assert status_meant("entregar", ORDER_STATUSES) == "delivered"
    assert status_meant("confirm", ORDER_STATUSES) == "accepted"
    assert status_meant("arrived", ["arrived", "seated"]) == "arrived"
    assert status_meant("rechazar", ORDER_STATUSES) == "rejected"
    assert status_meant("en-cocina", ORDER_STATUSES) == "preparing"
    assert status_meant("items", ORDER_STATUSES) is None
    assert status_meant("acceptCancellation", ORDER_STATUSES) == "cancelled"
    assert status_meant("denyCancellation", ORDER_STATUSES) is None


SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=30)
    | st.floats(-9, 9)
)
DATA = st.dictionaries(
    st.text(min_size=1, max_size=10),
    st.recursive(
        SCALAR,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
        ),
        max_leaves=10,
    ),
)


@configure(max_examples=150, deadline=None)
@given(DATA, st.text(max_size=300))
def test_yaml_reads_back_as_written(data: dict[str, Any], note: str) -> None:
    """Comments hold any text, and never change what the file says."""
    noted = {key: Noted(value, [note]) for key, value in data.items()}
    assert (load_text(write_yaml(noted), "x.yaml") or {}) == data
    assert "\n" not in comment(note)
    assert len(comment(note)) <= 162


def test_yaml_keeps_doubtful_words() -> None:
    """Words that other versions of YAML read as something else stay words."""
    data = {"a": ["no", "12:30", "010", "2026-11-20", "~", "<<"], "on": {"y": "null"}, "n": ""}
    assert load_text(write_yaml(data), "x.yaml") == data


def test_document_at_an_address_is_fetched_and_cited(settings: Settings) -> None:
    """A real server hands the document over; the manifest says where it came from."""
    body = (ROOT / "contracts/bocado/swagger.json").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the document."""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/docs/swagger.json"
        made = draft_partner("newcomer", [f"{address}?key=secret"], settings)
        server.shutdown()
        thread.join()
    document = load_partner("newcomer", settings).manifest.documents[0]
    assert (document.path, document.source) == ("documents/swagger.json", address)
    assert made.path is not None
    assert (made.path / document.path).read_bytes() == body


def test_same_operation_in_two_documents_is_left_to_the_reviewer(
    tmp_path: Path, settings: Settings
) -> None:
    """An id that two documents have is never bound as it stands; each document's can be chosen."""
    info = {"title": "A", "version": "1"}
    node = {"summary": "Read an order", "responses": {"200": {"description": "ok"}}}
    paths = []
    for name in ("one.json", "two.json"):
        paths.append(tmp_path / name)
        content = {"openapi": "3.1.0", "info": info, "paths": {"/orders/{id}": {"get": node}}}
        paths[-1].write_bytes(orjson.dumps(content))
    sheet = ReviewSheet.open("newcomer", paths, settings=settings)
    found = {item.reference for item in sheet.candidates("order-read")}
    assert found == {"one.json#GET /orders/{id}", "two.json#GET /orders/{id}"}
    sheet.reject("order-read").accept("order-read", "two.json#GET /orders/{id}")
    draft_folder(sheet)
    bound = load_partner("newcomer", settings).operations("order-read")
    assert [item.document for _, item in bound] == ["two.json"]


def test_a_recording_enters_the_folder_without_secrets(settings: Settings, tmp_path: Path) -> None:
    """Documents, samples and manifest of a draft hold no login; what was replaced is listed."""
    body = '{"id": "7", "status": "NEW", "api_key": "q1w2e3r4t5y6"}'
    entry = {
        "request": {
            "method": "GET",
            "url": "https://api.bistro.example/orders/7001",
            "headers": [{"name": "Authorization", "value": "Bearer q1w2e3r4t5y6"}],
        },
        "response": {"status": 200, "content": {"mimeType": "application/json", "text": body}},
    }
    path = tmp_path / "traffic.har"
    path.write_bytes(orjson.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    made = draft_partner("bistro", [path], settings)
    assert made.path is not None
    for file in made.path.rglob("*"):
        assert not file.is_file() or b"q1w2e3r4t5y6" not in file.read_bytes()
    assert made.replaced == {"traffic.har": {"Authorization": 1, "api_key": 1}}
    partner = load_partner("bistro", settings)
    (document,) = partner.manifest.documents
    assert document.original_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.replaced == {"Authorization": 1, "api_key": 1}
    assert partner.drifted == ()
