"""`workbench map`: one payload, or a whole corpus of them, through a partner's mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from workbench.cli.arguments import slug_argument
from workbench.cli.output import FINDINGS, Output, speaks
from workbench.errors import InputError
from workbench.execution import Chunk, CorpusTally, Recipe, map_corpus, map_on_dask
from workbench.mapping import Translator, TriedPayload, try_payload
from workbench.model import make_finding, show_json, write_json
from workbench.partners import Partner, load_partner
from workbench.secrecy import open_private
from workbench.settings import load_settings

_CORPORA = frozenset({".ndjson", ".jsonl", ".parquet"})


@click.command("map")
@slug_argument()
@click.argument("mapping")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to-partner", is_flag=True, help="FILE is canonical; write the partner's payload.")
@click.option("--output", "rows", type=click.Path(path_type=Path), help="Rows of a corpus, NDJSON.")
@click.option("--dask", is_flag=True, help="Spread a corpus over Dask workers.")
@click.option("--scheduler", default=None, help="Address of a running Dask scheduler.")
@speaks
def map_command(
    output: Output,
    slug: str,
    mapping: str,
    file: Path,
    rows: Path | None,
    scheduler: str | None,
    *,
    to_partner: bool,
    dask: bool,
) -> int:
    """Translate one payload; or a folder, NDJSON or parquet file of payloads.

    Says what was not read and not filled, which laws the entity breaks, and what the way back
    loses; of a corpus, which failures there were, by cause.
    """
    partner = load_partner(slug, load_settings())
    translator = partner.mapping(mapping)
    if file.is_dir() or file.suffix in _CORPORA:
        recipe = _recipe(partner, mapping)
        spread = dask or scheduler is not None
        chunks = (
            map_on_dask(recipe, file, scheduler=scheduler) if spread else map_corpus(recipe, file)
        )
        return _tell_corpus(output, chunks, rows)
    return _map_one(output, translator, file, to_partner=to_partner)


def _recipe(partner: Partner, mapping: str) -> Recipe:
    manifest = partner.manifest
    path = str((partner.folder / "mapping.yaml").resolve())
    return Recipe(path, mapping, manifest.timezone, manifest.currency)


def _tell_corpus(output: Output, chunks: Iterator[Chunk], rows: Path | None) -> int:
    tally = CorpusTally()
    if rows is not None:
        try:
            open_private(rows).close()
        except OSError as error:
            raise InputError(
                f"The rows cannot be written: {error.strerror}",
                location=str(rows),
                hint="Give --output a file in a folder that is there.",
            ) from error
    for chunk in chunks:
        tally.add(chunk.tally)
        if rows is not None:
            with rows.open("a", encoding="utf-8") as file:
                chunk.rows.to_json(file, orient="records", lines=True)
    failed = sum(tally.failures.values())
    causes = [
        {"field": field, "message": message, "path": path, "payloads": number}
        for (field, message, path), number in tally.failures.most_common()
    ]
    output.document(
        {
            "payloads": tally.payloads,
            "failed": failed,
            "failures": causes,
            "coverage": {"unread": sorted(tally.unread), "unfilled": []},
        }
    )
    output.text(f"{tally.payloads - failed} of {tally.payloads} payloads translated")
    table = [(item["payloads"], item["field"], item["path"], item["message"]) for item in causes]
    if table:
        output.table("\nFailures by cause", ("payloads", "field", "path", "what"), table)
    output.text(f"not read: {', '.join(sorted(tally.unread)) or 'nothing'}")
    return FINDINGS if failed else 0


def _map_one(output: Output, translator: Translator, file: Path, *, to_partner: bool) -> int:
    tried = try_payload(translator, _read_payload(file), to_partner=to_partner)
    findings = list(_find(tried, file))
    cover = {name: list(value) for name, value in asdict(tried.coverage).items()}
    output.document({"result": tried.result, "coverage": cover, "findings": findings})
    if tried.error is not None:
        output.text(f"not translated: {findings[0]['summary']}")
        return FINDINGS
    output.text(write_json(tried.result, indent=True))
    output.text(f"not read: {', '.join(tried.coverage.unread) or 'nothing'}")
    output.text(f"not filled: {', '.join(tried.coverage.unfilled) or 'nothing'}")
    if tried.coverage.assumed:
        output.text(f"assumed, as the payload says nothing: {', '.join(tried.coverage.assumed)}")
    if findings:
        rows = [(item["slug"], item["at"], item["summary"]) for item in findings]
        output.table("\nWhat is wrong", ("kind", "where", "what"), rows)
    return FINDINGS if findings else 0


def _find(tried: TriedPayload, file: Path) -> Iterator[dict[str, str]]:
    """What is wrong with a translation: it does not fit, breaks a law, or loses on the way back."""
    if tried.error is not None:
        hint = f" ({tried.error.hint})" if tried.error.hint else ""
        place = tried.error.path or str(file)
        yield {"slug": "not-translated", "summary": f"{tried.error}{hint}", "at": place}
    for violation in tried.violations:
        summary = f"{violation.code}: {violation.summary}"
        yield {"slug": "broken-law", "summary": summary, "at": violation.path}
    for currency in tried.assumed_units:
        summary = make_finding("unit-open", currency=currency, name="this mapping").summary
        yield {"slug": "unit-open", "summary": summary, "at": "/"}
    for pointer, before, after in tried.losses:
        summary = f"{show_json(before)} comes back as {show_json(after)}"
        yield {"slug": "lost-on-the-way-back", "summary": summary, "at": pointer or "/"}


def _read_payload(file: Path) -> object:
    try:
        return orjson.loads(file.read_bytes())
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}", location=str(file), hint="Check the path."
        ) from error
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"The file is not JSON: {error}",
            location=str(file),
            hint="Save the payload as the partner sent it.",
        ) from error
