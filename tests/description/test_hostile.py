"""The command `describe` on everything broken or hostile: a typed end, in time and memory."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import office
from .conftest import slowness
from .test_formats import read_rows

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ROOT.parent / "shared" / "partner-docs" / "broken"
MOST_SECONDS = 3.0  # the goal is one; clocks of shared machines wander by more than twice
MOST_MEGABYTES = 300

# Runs the real command on many files in one process, and tells of each how it ended.
_MANY = """
import contextlib, io, json, pathlib, re, sys, time
from workbench.cli import main
for path in sys.stdin.read().splitlines():
    out, err = io.StringIO(), io.StringIO()
    start = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["describe", path, "--json"])
            code = 0
        except SystemExit as end:
            code = end.code
    seconds = time.process_time() - start
    # Not ru_maxrss: that of the test process is handed down to the programs that it starts.
    status = pathlib.Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:[^0-9]+([0-9]+) kB", status)[1]) / 1024
    trace = "Traceback" in out.getvalue() + err.getvalue()
    print(json.dumps([path, code, seconds, peak, trace]))
"""


def describe_all(paths: list[Path]) -> list[tuple[str, int, float, float, bool]]:
    """Path, exit code, seconds, peak of megabytes, and whether a traceback was shown."""
    done = subprocess.run(
        [sys.executable, "-c", _MANY],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def check(paths: list[Path]) -> list[int]:
    """Assert that each file ends well, and return the exit codes."""
    results = describe_all(paths)
    assert len(results) == len(paths)
    assert [path for path, code, *_ in results if code not in {0, 1, 2}] == []
    assert [path for path, *_, trace in results if trace] == []
    slow = [path for path, _, seconds, *_ in results if seconds > MOST_SECONDS * slowness()]
    assert slow == []
    assert max(peak for *_, peak, _ in results) < MOST_MEGABYTES
    return [code for _, code, *_ in results]


def nested(depth: int) -> str:
    """Objects within objects."""
    return '{"a":' * depth + "1" + "}" * depth


def ladder(width: int, steps: int) -> str:
    """Aliases of aliases."""
    lines = [f"s0: &s0 [{','.join('x' * width)}]"]
    lines += [f"s{n}: &s{n} [{','.join([f'*s{n - 1}'] * width)}]" for n in range(1, steps)]
    return "\n".join(lines)


def nest(levels: int) -> dict[str, object]:
    """Folders in folders, each with an address that opens variables for ever."""
    asked = {"name": "r", "method": "GET", "endpoint": "<<a>>/" + "<<" * 9_000}
    inner = [nest(levels - 1)] if levels else []
    return {"name": "f", "requests": [asked], "folders": inner}


HEAD = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\n"
_CHOICE = "{$ref: '#/components/schemas/S%d'}"
WIDE = "".join(f"    S{n}: {{anyOf: [{', '.join([_CHOICE % (n + 1)] * 9)}]}}\n" for n in range(40))
HOSTILE: dict[str, str | bytes] = {
    "bomb.yaml": ladder(9, 10),
    "schema-bomb.yaml": HEAD + "paths: {}\ncomponents:\n  schemas:\n" + WIDE,
    "cycle.yaml": HEAD + "paths: &p {/a: {get: *p}}",
    "deep.json": nested(100_000),
    "deep.yaml": "- " * 200_000,
    "many-keys.json": json.dumps({f"k{n}": n for n in range(60_000)}),
    "many-paths.json": json.dumps(
        {
            "openapi": "3.0.0",
            "info": {"title": "a", "version": "1"},
            "paths": {f"/p{n}": {"get": {"responses": {}}} for n in range(4_000)},
        }
    ),
    "regex.yaml": HEAD
    + "paths: {/a: {get: {parameters: [{name: q, in: query, schema: {type: string, "
    "pattern: '^(a+)+$', example: " + "a" * 5_000 + "!}}]}}}",
    "page.html": "<html>" + "<!--" * 200_000,
    "table.md": "# GET /a\n" + "|a" * 40_000 + "\n" + "|-" * 40_000,
    "marks.md": '{% swagger method="get" path="/a" %}\n'
    + '{% swagger-parameter name="b" %}' * 10_000,
    "components.mdx": "# GET /a\n" + '<Param a="' * 100_000,
    "calls.md": "GET /" + "{" * 200_000 + "\n" + "GET " * 70_000,
    "listed.md": "# GET /a\n" + "- `a` (b): c\n" * 10_000,
    "sections.md": "".join(f"## GET /a{n}/{n}\n" for n in range(3_000)),
    "json.md": "# GET /a\n```json\n" + "[" * 200_000 + "\n```\n" + "{\n\n" * 7_000,
    "curl.md": "# GET /a\n```\n" + "curl -X 'POST \\\n" * 50_000 + "```\n",
    "events.md": "# Webhooks\n" + "`a.created` (`b.c`) event: x.y\n\n" * 7_000,
    "words.txt": "GET /a\n" + "POST to the to the " * 20_000,
    "table.csv": "Method,Path,Field\n" + "GET,/a,b\n" * 20_000,
    "wide.csv": "Method,Path" + ",a" * 200_000 + "\nGET,/a" + ",b" * 200_000,
    "quote.csv": "Method,Path\nGET,/a\n" + '"' * 400_001,
    "deep.raml": "#%RAML 1.0\n" + "".join(f"{' ' * n}/a{n}:\n" for n in range(120)),
    "types.raml": "#%RAML 1.0\ntypes: {"
    + ", ".join(f"T{n}: 'T{n + 1} | T{n + 1} | T{n + 1}'" for n in range(60))
    + "}\n/a: {get: {responses: {200: {body: {application/json: {type: T0}}}}}}\n",
    "templates.raml": "#%RAML 1.0\nresourceTypes: {t: {type: t, is: ["
    + "{a: {b: '<<b>><<b>>'}}, " * 3_000
    + "]}}\ntraits: {a: {headers: {<<b>>: '<<b>>'}}}\n"
    + "".join(f"/r{n}: {{type: t, get: {{}}, put: {{}}}}\n" for n in range(300)),
    "include.raml": "#%RAML 1.0\nuses: {a: include.raml, b: include.raml}\n"
    "/a: !include /etc/passwd",
    "self.raml": "#%RAML 1.0\n/a: &a {get: {}, /b: *a}\n",
    "folders.json": '{"_type": "export", "resources": ['
    + ",".join(
        f'{{"_id": "g{n}", "_type": "request_group", "parentId": "g{(n + 1) % 900}"}},'
        f'{{"_id": "r{n}", "_type": "request", "parentId": "g{n}", "url": "/a/{n}"}}'
        for n in range(900)
    )
    + "]}",
    "nested-bruno.json": '{"items": [' + '{"type": "folder", "items": [' * 40 + "]}" * 40 + "]}",
    "url.bru": "meta {\n name: a\n}\nget {\n url: " + "{{a}}/" * 100_000 + "\n}\n",
    "open.bru": "meta {\n  name: a\n}\nget {\n" + "url: /a\n" * 100_000,
    "many.http": "### a\nGET /a\n" * 40_000,
    "variables.http": "@a = {{a}}{{a}}\n" * 20_000 + "GET {{a}}/b\n",
    "header.http": "GET /a\n" + "X: y\n" * 200_000,
    "catalogue.yaml": "events: [" + "{name: a.b, fields: [a.b.c.d]}, " * 6_000 + "]",
    "names.yaml": "events: {"
    + ", ".join(f"e{n}: {{payload: {{a: string}}}}" for n in range(9_000))
    + "}",
    "fields.yaml": "events: [{name: a, fields: [" + ".".join("a" * 60_000) + "]}]",
    "script.html": "<html><script>" + '{"openapi": "3.0.0", ' * 40_000,
    "escaped.html": "<html><script>x('" + '\\"openapi\\": \\"3.0' * 40_000,
    "address.html": "<html>" + "<redoc spec-url='http://127.0.0.1:9/x'>" * 20_000,
    "pieces.html": "<html>" + "<div>/</div><div>a</div>" * 10_000,
    "brackets.md": "[" * 50_000 + "GET /a",
    "stars.md": "*a_" * 50_000 + "\n\nGET /a",
    **office.ATTACKS,
    **office.LARGE,
    "nested.eml": "MIME-Version: 1.0\n"
    + "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(4_000)),
    "parts.eml": "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    + "--b\nContent-Type: text/plain; charset=nobodys\n\nGET /a\n" * 20_000,
    "headers.eml": "MIME-Version: 1.0\n" + "X: =?utf-8?q?a?=\n =?utf-8?q?b?=\n" * 20_000,
    "many.routes.json": json.dumps([{"method": "GET", "path": f"/a{n}"} for n in range(3_000)]),
    "braces.routes.json": json.dumps(["{" * 200_000, {"method": "GET", "path": "/a{" * 50_000}]),
    "methods.routes.json": json.dumps([{"methods": ["GET"] * 20_000, "path": "/a"}] * 2),
    "offers.md": "# A\n\n" + "/a{" * 60_000 + " GET\n\n" + "/a supports " * 20_000 + "GET\n",
    "built.md": "# GET /a\n```\nrequests.get("
    + "a." * 50_000
    + "\nfetch("
    + "a+" * 50_000
    + "\n```\n",
    "texts.md": "# GET /a\n```\nfetch("
    + "'/a'+" * 30_000
    + "\nurl = '"
    + "/a" * 9_000
    + "'\n```\n",
    "wraps.md": "# GET /a\n```\nHttpClient " + "x.get(new Uri(" * 10_000 + "\n```\n" * 2,
    "holes.md": "# GET /a\n" + "```\nfetch(`${a}/${b}`)\njson={" * 3_000 + "\n```\n",
    "entities.md": "# POST /a\n```xml\n<!DOCTYPE a [<!ENTITY b '"
    + "b" * 9_000
    + "'>]><a>"
    + "&b;" * 9_000
    + "</a>\n```\n",
    "nested.md": "# POST /a\n```xml\n" + "<a>" * 40_000 + "</a>" * 40_000 + "\n```\n",
    "elements.md": "# POST /a\n" + ("```xml\n<a>" + "<b/>" * 900 + "</a>\n```\n") * 60,
    "titles.md": "# List\n" + "https://api.a.example/b\n\nList (POST)\n\n" * 1_000,
    "bars.adoc": "= A\n== GET /a\n" + "|===\n|a\n" * 10_000 + "----\n" * 10_000,
    "empty.yaml": "",
    "null.json": "null",
    "binary.json": "\0\1\2" * 1_000,
    "self.yaml": HEAD + "paths: {/a: {$ref: '#/paths/~1a'}}",
    "outside.yaml": HEAD + "paths: {/a: {$ref: '../../../../etc/passwd'}}",
    "tables.yaml": HEAD
    + "paths: {$ref: '#/x-a'}\nx-a: {$ref: '#/x-b'}\nx-b: {$ref: '#/x-a'}\ncomponents: "
    + "{schemas: {$ref: '#/components/responses'}, responses: {$ref: '#/components/schemas'}}",
    "copies.yaml": HEAD
    + "paths: {"
    + ", ".join(f"/p{n}: {{get: {{$ref: '#/paths/~1p{n + 1}/get'}}}}" for n in range(2_000))
    + "}",
    "beside.yaml": HEAD + "paths: {/a: {get: {responses: {$ref: './.env.yaml'}}}}",
    "numbers.json": '{"openapi": "3.1.0", "x": [' + "9" * 2_000_000 + ", 1e999999999]}",
    "messages.yaml": "asyncapi: 3.0.0\nchannels: {a: {messages: {"
    + ", ".join(f"m{n}: {{$ref: '#/channels/a/messages/m{n + 1}'}}" for n in range(3_000))
    + "}}}",
    "traits.yaml": "asyncapi: 3.0.0\n"
    "channels: {a: {messages: {m: {$ref: '#/components/messages/m'}}}}\n"
    "components: {messages: {m: {traits: ["
    + ", ".join(["{$ref: '#/components/messages/m'}"] * 3_000)
    + "]}}}",
    "reply.yaml": "asyncapi: 3.0.0\n"
    "operations: {o: {action: send, channel: {$ref: '#/operations/o'}, "
    "reply: {channel: {$ref: '#/operations/o/reply'}}}}\nchannels: {a: {address: {b: 1}}}",
    "variables.json": json.dumps(
        {
            "info": {"name": "a"},
            "item": [{"request": {"url": "{{a}}" * 20_000}}],
            "variable": [{"key": "a", "value": "{{a}}" * 20_000}],
        }
    ),
    "old-collection.json": json.dumps(
        {
            "name": "a",
            "requests": [{"id": f"r{n}", "url": "{{"} for n in range(20_000)],
            "folders": [{"id": "f", "folders_order": ["f"], "order": ["f"]}],
        }
    ),
    "environment.json": json.dumps({"name": "a", "values": [{"key": "a"}, 7, None, {"value": {}}]}),
    "recording.har": json.dumps(
        {"log": {"entries": [{"request": {"method": "GET", "url": "http://[" + "a" * 9}}] * 10_000}}
    ),
    "packed.har": json.dumps(
        {
            "log": {
                "entries": [
                    {
                        "request": {"method": "GET", "url": "https://a.example/x"},
                        "response": {
                            "status": 200,
                            "content": {"mimeType": "application/json", "text": "[" * 100_000},
                        },
                    }
                ]
            }
        }
    ),
    "cookies.har": json.dumps({"log": {"entries": [{"request": {"headers": "x"}}, [], {"a": 1}]}}),
    "sections.apib": "FORMAT: 1A\n"
    + "".join(f"## A [/a{n}/{{b}}]\n### B [GET]\n" for n in range(1_500)),
    "lists.apib": "FORMAT: 1A\n# GET /a\n"
    + "".join(f"{'    ' * (n % 60)}+ Response 200\n" for n in range(20_000)),
    "brackets.apib": "FORMAT: 1A\n# A [GET /" + "{?a," * 60_000 + "}]\n",
    "items.json": json.dumps(
        {"info": {"name": "a"}, "item": [{"item": 7}, [], {"request": []}] * 9_000}
    ),
    "values.json": json.dumps(
        {"name": "a", "values": [{"key": f"k{n}", "value": "{{k0}}" * 40} for n in range(9_000)]}
    ),
    "names.json": json.dumps({"name": "a", "values": [{"key": "{{a}}" * 30_000, "value": "b"}]}),
    "tags.insomnia.json": json.dumps(
        {
            "_type": "export",
            "resources": [
                {"_id": "e", "_type": "environment", "data": {"a": "{{ _.a }}" * 9_000}},
                {"_id": "r", "_type": "request", "url": "{{ _.a }}{% a" * 9_000, "body": []},
            ],
        }
    ),
    "tree.insomnia.yaml": "type: collection.insomnia.rest/5.0\ncollection: "
    + "[{children: " * 100
    + "[]"
    + "}]" * 100,
    "deep.thunder.json": json.dumps({"client": "Thunder Client", "folders": 7, "requests": [[]]}),
    "hoppscotch.json": json.dumps({"v": 2, "name": "a", "requests": [], "folders": [nest(40)]}),
    "opencollection.yaml": "opencollection: 1.0.0\nitems: " + "[{items: " * 100 + "[]" + "}]" * 100,
    "boxes.md": "# N\n\n" + ("+--" * 3_000 + "+\n|") * 70 + "\n+-+\n" * 1_500,
    "samples.md": "```\nHttpClient\n"
    + 'method: "' * 9_000
    + "\nInvoke-RestMethod " * 5_000
    + "\n```",
    "remarks.txt": "/*" * 90_000 + '"""' * 30_000 + "//" * 50_000,
    "arguments.html": "<html><p>GET /a/" + "(<em>int:</em> " * 10_000 + "</p><img alt=GET>" * 3_000,
    "url.yaml": HEAD + "paths: {/a: {$ref: 'http://127.0.0.1:9/x'}}",
}


# Format of the table in contracts/README.md → its attacks.
ATTACKS = {
    "OpenAPI": ["cycle.yaml", "schema-bomb.yaml", "many-paths.json", "outside.yaml", "copies.yaml"],
    "AsyncAPI": ["messages.yaml", "traits.yaml", "reply.yaml"],
    "Postman": ["variables.json", "old-collection.json", "items.json"],
    "Postman environment": ["environment.json", "values.json", "names.json"],
    "Insomnia": ["folders.json", "tags.insomnia.json", "tree.insomnia.yaml"],
    "Bruno": ["nested-bruno.json", "url.bru", "open.bru"],
    "other REST clients": ["deep.thunder.json", "hoppscotch.json", "opencollection.yaml"],
    "HTTP file": ["many.http", "variables.http", "header.http"],
    "HAR": ["recording.har", "packed.har", "cookies.har"],
    "RAML": ["deep.raml", "types.raml", "templates.raml", "include.raml"],
    "API Blueprint": ["sections.apib", "lists.apib", "brackets.apib"],
    "Markdown": [
        "table.md",
        "calls.md",
        "sections.md",
        "brackets.md",
        "boxes.md",
        "samples.md",
        "offers.md",
        "built.md",
        "bars.adoc",
    ],
    "saved page": ["page.html", "script.html", "pieces.html", "arguments.html"],
    "CSV": ["table.csv", "wide.csv", "quote.csv"],
    "list of events": ["catalogue.yaml", "names.yaml", "fields.yaml"],
    "PDF": ["cut.pdf", "noise.pdf", "loop.pdf"],
    "Word": ["bomb.docx", "entities.docx", "deep.docx"],
    "Excel": ["lying.xlsx", "entities.xlsx", "wide.xlsx"],
    "mail, web archive": ["nested.eml", "parts.eml", "headers.eml"],
    "list of routes": ["many.routes.json", "braces.routes.json", "methods.routes.json"],
}


def test_every_format_is_attacked() -> None:
    """What is read, in full or in part, has at least three attacks here."""
    assert set(ATTACKS) == {row.format for row in read_rows() if row.how != "refused by name"}
    for name, attacks in ATTACKS.items():
        assert len(attacks) >= 3, name
        assert set(attacks) <= set(HOSTILE), name


def test_hostile_files_end_well(write: Callable[[str, Any], Path]) -> None:
    """Bombs, cycles, depths and escapes: read, in part or not, in bounded time and size."""
    codes = check([write(name, text) for name, text in HOSTILE.items()])
    assert {0, 2} <= set(codes) <= {0, 1, 2}


@pytest.mark.skipif(
    not BROKEN.is_dir(), reason="the broken documents (../shared/partner-docs/broken) are not here"
)
def test_broken_files_end_well() -> None:
    """Hundreds of invalid documents of other tools' tests: the same."""
    paths = sorted(path for path in BROKEN.rglob("*") if path.is_file())
    assert len(check(paths)) > 500
