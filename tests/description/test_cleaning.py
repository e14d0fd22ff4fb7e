"""Documents without secrets and recorded people: what is replaced, and that all else stays."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest
import yaml

from workbench.description.cleaning import Cleaned, clean_document
from workbench.secrecy import MASK

from . import office

LIVE = "q1w2e3r4t5y6"


def har(**entry: Any) -> bytes:
    """A recording of one exchange."""
    request = {"method": "GET", "url": "https://a.example/orders", **entry.pop("request", {})}
    response = {"status": 200, "content": {}, **entry.pop("response", {})}
    return json.dumps({"log": {"entries": [{"request": request, "response": response}]}}).encode()


def entry_of(data: bytes) -> dict[str, Any]:
    """The exchange of a recording."""
    found = json.loads(data)["log"]["entries"][0]
    assert isinstance(found, dict)
    return found


def test_recorded_headers_cookies_and_queries_are_masked() -> None:
    """Whatever carries a login is masked; the scheme, the names and the rest stay."""
    cleaned = clean_document(
        har(
            request={
                "url": f"https://a.example/orders?access_token={LIVE}&page=2",
                "headers": [
                    {"name": "authorization", "value": f"Bearer {LIVE}"},
                    {"name": "Cookie", "value": "sid=8d2f1c9a7b; theme=dark"},
                    {"value": "8d2f1c9a", "name": "X-Api-Key"},
                    {"name": "Accept", "value": "application/json"},
                ],
                "cookies": [{"name": "sid", "value": "8d2f1c9a7b"}],
                "queryString": [{"name": "access_token", "value": LIVE}],
            }
        ),
        "a.har",
    )
    request = entry_of(cleaned.data)["request"]
    assert request["url"] == f"https://a.example/orders?access_token={MASK}&page=2"
    assert [item["value"] for item in request["headers"]] == [
        f"Bearer {MASK}",
        f"sid={MASK}; theme={MASK}",
        MASK,
        "application/json",
    ]
    assert request["cookies"][0]["value"] == request["queryString"][0]["value"] == MASK
    assert LIVE.encode() not in cleaned.data
    assert cleaned.replaced["authorization"] == 1
    assert LIVE not in str(cleaned.replaced)


def test_recorded_bodies_are_looked_into() -> None:
    """JSON inside a text, a form, and a body in base64 are cleaned and packed again."""
    body = {
        "client_secret": "h0rse-battery",
        "guest": {"name": "Ana Lopez", "phone": "+34611222333"},
    }
    packed = base64.b64encode(json.dumps(body).encode()).decode()
    cleaned = clean_document(
        har(
            request={"postData": {"text": f"grant_type=password&password={LIVE}&n=1"}},
            response={"content": {"encoding": "base64", "text": packed}},
        ),
        "a.har",
    )
    found = entry_of(cleaned.data)
    assert found["request"]["postData"]["text"] == f"grant_type=password&password={MASK}&n=1"
    inner = json.loads(base64.b64decode(found["response"]["content"]["text"]))
    assert inner["client_secret"] == MASK
    assert inner["guest"] == {"name": "Guest Example", "phone": "+34000000000"}


def test_people_are_replaced_and_dishes_are_not() -> None:
    """Names, mails, phones and streets of people go; dishes and restaurants keep their names."""
    body = {
        "customer": {"firstName": "Ana", "lastName": "Lopez", "email": "ana@mail.example"},
        "courier": {"name": "Bo Berg", "address": {"street": "Rue 5"}},
        "restaurant": {"name": "Forno", "address": {"street": "Via 1"}},
        "items": [{"name": "Margherita"}],
        "note": "Call +34 611 222 333 or write to ana@mail.example",
        "image": "logo@2x.png",
        "placed_at": "2026-11-01T10:00:00.000Z",
    }
    cleaned = clean_document(har(response={"content": {"text": json.dumps(body)}}), "a.har")
    found = json.loads(entry_of(cleaned.data)["response"]["content"]["text"])
    assert found == {
        "customer": {"firstName": "Guest", "lastName": "Example", "email": "guest@example.com"},
        "courier": {"name": "Guest Example", "address": {"street": "Example Street 1"}},
        "restaurant": {"name": "Forno", "address": {"street": "Via 1"}},
        "items": [{"name": "Margherita"}],
        "note": "Call +34 000 000 000 or write to guest@example.com",
        "image": "logo@2x.png",
        "placed_at": "2026-11-01T10:00:00.000Z",
    }


def test_people_in_written_examples_stay() -> None:
    """Only recorded traffic tells of real people; a documented example is made up."""
    document = {"openapi": "3.1.0", "x": {"customer": {"name": "Ana Lopez"}}}
    assert clean_document(json.dumps(document).encode(), "a.json").replaced == {}


POSTMAN = {
    "info": {"name": "a", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/"},
    "auth": {
        "type": "apikey",
        "apikey": [{"key": "key", "value": "X-Shop"}, {"key": "value", "value": "8d2f1c9a"}],
    },
    "variable": [{"key": "token", "value": LIVE}, {"key": "baseUrl", "value": "https://a.example"}],
    "item": [
        {
            "request": {
                "auth": {"type": "basic", "basic": [{"key": "password", "value": "h0rse"}]},
                "body": {"mode": "raw", "raw": '{"pin": 1, "secret": "8d2f-77aa"}'},
            },
            "event": [{"script": {"exec": ["pm.environment.set('token', 'q1w2e3');"]}}],
        }
    ],
}


def test_collections_are_cleaned() -> None:
    """Logins, variables, bodies and scripts of a collection are masked; the header's name stays."""
    cleaned = clean_document(json.dumps(POSTMAN).encode(), "a.json")
    found = json.loads(cleaned.data)
    assert [item["value"] for item in found["auth"]["apikey"]] == ["X-Shop", MASK]
    assert [item["value"] for item in found["variable"]] == [MASK, "https://a.example"]
    (item,) = found["item"]
    assert item["request"]["auth"]["basic"][0]["value"] == MASK
    assert json.loads(item["request"]["body"]["raw"]) == {"pin": 1, "secret": MASK}
    assert item["event"][0]["script"]["exec"] == [f"pm.environment.set('token', '{MASK}');"]


YAML = """\
# written by hand
openapi: 3.0.3
components:
  securitySchemes: {token: {type: apiKey, in: header, name: X-Token}}
  parameters:
    - {name: api_key, in: query, schema: {type: string, example: 8d2f1c9a77e0}}  # ünïcode
  schemas:
    Login:
      required: [password]
      properties:
        password: {type: string, format: password, minLength: 8, example: h0rse-8d2f}
        token_url: {type: string, example: https://a.example/token}
        note:
          type: string
          description: |
            Call it so:
            curl -H "X-Api-Key: q1w2e3r4t5y6" https://a.example
"""


def test_a_yaml_document_keeps_every_other_byte() -> None:
    """Comments, order and layout stay; only the values themselves differ."""
    cleaned = clean_document(YAML.encode(), "a.yaml").data.decode()
    old, new = YAML.splitlines(), cleaned.splitlines()
    assert new[0] == old[0]
    assert new[5] == old[5].replace("8d2f1c9a77e0", f'"{MASK}"')
    data, before = yaml.safe_load(cleaned), yaml.safe_load(YAML)
    login = data["components"]["schemas"]["Login"]["properties"]
    assert login["password"]["example"] == MASK
    assert LIVE not in login["note"]["description"]
    assert login["note"]["description"].endswith("https://a.example\n")
    before["components"]["schemas"]["Login"]["properties"]["password"]["example"] = MASK
    before["components"]["parameters"][0]["schema"]["example"] = MASK
    login["note"] = before["components"]["schemas"]["Login"]["properties"]["note"]
    assert data == before


@pytest.mark.parametrize(
    "raw",
    [
        har(request={"headers": [{"name": "Cookie", "value": "sid=8d2f1c9a7b"}]}),
        YAML.encode(),
        json.dumps(POSTMAN).encode(),
        b"# Login\n\ncurl -u till:h0rse https://a.example\n",
    ],
)
def test_a_cleaned_document_is_clean(raw: bytes) -> None:
    """Nothing is found in what was cleaned once."""
    cleaned = clean_document(raw, "a.yaml")
    assert cleaned.replaced
    assert clean_document(cleaned.data, "a.yaml").replaced == {}


def test_a_short_token_of_a_description_is_made_up() -> None:
    """A description keeps its made-up examples; the same value in a collection is masked."""
    written = b'{"openapi": "3.1.0", "x": {"access_token": "abc_1Zq3", "password": "h0rse"}}'
    assert clean_document(written, "a.json").replaced == {"password": 1}
    kept = b'{"info": {"name": "a"}, "item": [], "x": {"access_token": "abc_1Zq3"}}'
    assert clean_document(kept, "a.json").replaced == {"access_token": 1}


def test_what_holds_no_secret_is_not_touched() -> None:
    """A document without a secret, and one that is no text, come back byte for byte."""
    for raw in (b'{"openapi": "3.1.0",\r\n "paths": {}}', b"%PDF-1.7\n\x00\x01\x02password=h0rse"):
        assert clean_document(raw, "a.json").data == raw


def test_the_encoding_stays() -> None:
    """A marked UTF-16 file stays one, and so does one in the western encoding."""
    text = '{"name": "Caf\u00e9", "password": "h0rse-8d2f"}'
    for raw in (b"\xff\xfe" + text.encode("utf-16-le"), text.encode("cp1252")):
        cleaned = clean_document(raw, "a.json").data
        codec = "utf-16" if raw[:2] == b"\xff\xfe" else "cp1252"
        assert json.loads(cleaned.decode(codec)) == {"name": "Caf\u00e9", "password": MASK}


TOKEN = "9f8e7d6c5b4a39281706"


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pdf"])
def test_of_an_office_file_with_a_secret_only_the_cleaned_text_is_kept(kind: str) -> None:
    """The copy is a page of the same calls and fields; the file itself, with the key, is not."""
    rows = [["Field", "Type", "Description"], ["guests", "integer", "How many"]]
    login = [["Setting", "Value"], ["API key", TOKEN]]
    if kind == "docx":
        lines = ["# Nido", "POST /tables/{id}/seat", f"X-Api-Key: {TOKEN}"]
        raw = office.word(lines, [login, rows])
    elif kind == "xlsx":
        calls = [["Method", "Path", "Description"], ["POST", "/tables/{id}/seat", "Seat guests"]]
        raw = office.excel({"API": calls, "Login": login})
    else:
        source = f"= Nido\n== Seat\n`POST /tables/{{id}}/seat`\n\nAPI key {TOKEN}\n"
        raw = office.pdf(source)
    cleaned = clean_document(raw, f"guide.{kind}")
    assert cleaned.suffix == ".html"
    assert sum(cleaned.replaced.values()) >= 1
    assert TOKEN.encode() not in cleaned.data
    assert TOKEN not in str(cleaned.replaced)
    assert b"POST" in cleaned.data
    assert b"/tables/{id}/seat" in cleaned.data


def test_an_office_file_without_secrets_stays_as_it_is() -> None:
    """Nothing found, nothing changed."""
    raw = office.word(["# Nido", "GET /tables", "Send your API key as X-Api-Key."], [])
    assert clean_document(raw, "guide.docx") == Cleaned(raw)


def test_a_key_in_a_hidden_part_is_found() -> None:
    """A comment that Word does not show is no place for a key either."""
    raw = office.word(["# Nido", "GET /tables"], [])
    packed = io.BytesIO(raw)
    with zipfile.ZipFile(packed, "a") as archive:
        text = f"<p><t>password: </t></p><p><t>pass</t><t>word: {LIVE}</t></p>"
        archive.writestr("docProps/custom.xml", text)
    cleaned = clean_document(packed.getvalue(), "guide.docx")
    assert cleaned.suffix == ".html"
    assert LIVE.encode() not in cleaned.data


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", f"# Login\n\n| Setting | Value |\n|---|---|\n| API key | {TOKEN} |\n"),
        ("a.md", f"# Login\n\n| Client | Client secret |\n|---|---|\n| demo | {TOKEN} |\n"),
        ("a.md", f"| Setting | Value |\n|---|---|\n| API key | {TOKEN}, |\n"),
        ("a.csv", f"Setting,Value\r\nAPI key,{TOKEN}\r\n"),
        ("a.html", f"<html><table><tr><td>API key<td><code>{TOKEN}</code></table></html>"),
        ("a.md", f"The API key is {TOKEN}.\n"),
    ],
)
def test_a_key_in_a_table_is_found_by_the_name_beside_it(name: str, text: str) -> None:
    """A label in the cell before or above, or the words before, tell what a value is."""
    cleaned = clean_document(text.encode(), name)
    assert cleaned.data.decode() == text.replace(TOKEN, MASK)


def test_people_in_an_exported_table_are_replaced() -> None:
    """Rows of real orders hold people; a list of fields with the same names does not."""
    rows = "id,Customer name,Email,Dish\n1,Ana Lopez,ana@mail.example,Soup\n2,Bo,bo@b.example,Bo\n"
    cleaned = clean_document(rows.encode(), "orders.csv").data.decode()
    assert "Ana" not in cleaned
    assert "mail.example" not in cleaned
    assert cleaned.splitlines()[1] == "1,Guest Example,guest@example.com,Soup"
    fields = b"Field,Type,Description\ncustomer name,string,Name\nemail,string,Mail of the guest\n"
    assert clean_document(fields, "fields.csv").data == fields


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("curl -su chef:Olive42oil https://a.example/o", f"curl -su {MASK} https://a.example/o"),
        ("curl -uchef:Olive42oil https://a.example/o", f"curl -u{MASK} https://a.example/o"),
        ("curl -u 'chef:two words9' https://a.example", f"curl -u '{MASK}' https://a.example"),
        ("curl -u k3y8s1gn2o9p: https://a.example", f"curl -u {MASK} https://a.example"),
        ("curl -b 'seat=77aa12cd; x=9f1e' a.example", f"curl -b 'seat={MASK}; x={MASK}' a.example"),
        ("curl --cookie seat=77aa12cd a.example", f"curl --cookie seat={MASK} a.example"),
        ("curl -H 'Cookie: x=9f1e; seat=77aa12cd'", f"curl -H 'Cookie: {MASK}; seat={MASK}'"),
        ("GET https://a.example/o?sig=77aa12cd", f"GET https://a.example/o?sig={MASK}"),
        ("curl -b jar.txt -u <user>:<password> x", "curl -b jar.txt -u <user>:<password> x"),
    ],
)
def test_logins_and_cookies_of_commands_are_masked(command: str, left: str) -> None:
    """Options of curl and queries carry logins in many forms; places for them stay."""
    document = f"# Orders\n\n```\n{command}\n```\n".encode()
    assert clean_document(document, "a.md").data.decode() == f"# Orders\n\n```\n{left}\n```\n"


def test_signatures_of_recorded_addresses_are_masked() -> None:
    """A signature in a query opens its address, so neither form of the query keeps it."""
    address = "https://a.example/file?page=2&X-Amz-Signature=77aa12cd&sig=88bb23de"
    query = [{"name": "sig", "value": "88bb23de"}, {"name": "page", "value": "2"}]
    data = clean_document(har(request={"url": address, "queryString": query}), "a.har").data
    request = entry_of(data)["request"]
    assert request["url"] == f"https://a.example/file?page=2&X-Amz-Signature={MASK}&sig={MASK}"
    assert [item["value"] for item in request["queryString"]] == [MASK, "2"]


def test_names_that_are_secrets_are_replaced() -> None:
    """By their form, or as a run of signs below a name for secrets; the copy stays readable."""
    run, key = "9f86d081884c7d659a2f", "sk_live_" + "9aB3" * 6
    text = f"x-clients:\n  {key}: first\nx-api-keys: {{{run}: second}}\nsent: {run}\n"
    cleaned = clean_document(text.encode(), "a.yaml")
    assert sum(cleaned.replaced.values()) == 2
    assert yaml.safe_load(cleaned.data) == {
        "x-clients": {"redacted-1": "first"},
        "x-api-keys": {"redacted-2": "second"},
        "sent": "redacted-2",
    }


@pytest.mark.parametrize(
    "text",
    [
        "<login><user>u</user><apiKey>{}</apiKey></login>",
        'Take this. The key: {}. Keep it.\n\n<a:token kind="b"> {} </a:token>',
        "Your client secret is `{}`. Do not share it.",
    ],
)
def test_secrets_inside_elements_and_sentences_are_found(text: str) -> None:
    """XML in an example, and a sentence that goes on behind the value."""
    run = "9f86d081884c7d659a2f"
    cleaned = clean_document(f"# A\n\nGET /a\n\n{text.replace('{}', run)}\n".encode(), "a.md")
    assert run.encode() not in cleaned.data
    assert cleaned.replaced
