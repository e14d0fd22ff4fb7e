"""Takes the documents of one partner in, each by the reader of its format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.description.asyncapi import is_asyncapi, read_asyncapi
from workbench.description.asyncapi_messages import HOME
from workbench.description.bundle import bundle
from workbench.description.conversion import PACKED, convert, read_csv
from workbench.description.defects import find_defects
from workbench.description.dialect import recognise_dialect
from workbench.description.document_set import keep_below, names_of, variables_among
from workbench.description.draft_operations import DraftDocument, read_draft
from workbench.description.encodings import encoding_of, is_unicode
from workbench.description.event_catalogue import is_event_catalogue, read_event_catalogue
from workbench.description.event_schemas import event_schemas
from workbench.description.file_kinds import EXPECTED, raml_version, recognise, unknown
from workbench.description.guard import decode, read_bytes, read_file, read_text
from workbench.description.har import is_har, read_har
from workbench.description.http_files import read_bru, read_http
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits
from workbench.description.merging import merge_documents
from workbench.description.neighbours import Neighbours
from workbench.description.openapi import Contents, read_openapi
from workbench.description.overlay import Overlay, apply_actions, load_overlay
from workbench.description.postman import is_postman, postman_version, read_postman, variables_of
from workbench.description.postman_versions import is_environment, unwrap
from workbench.description.prose import (
    Block,
    CodeBlock,
    declared_calls,
    read_blocks,
    read_markdown,
    read_page,
    tell_programs,
)
from workbench.description.prose_warnings import (
    attachments,
    beside,
    carried_warning,
    elsewhere,
    left_out,
)
from workbench.description.raml import read_raml
from workbench.description.raml_files import RamlFiles
from workbench.description.repairs import mend
from workbench.description.rest_clients import (
    insomnia_version,
    is_bruno,
    is_insomnia,
    other_client,
    read_bruno,
    read_insomnia,
    read_other_client,
)
from workbench.description.saved_pages import (
    addresses_in_page,
    descriptions_in_code,
    descriptions_in_page,
)
from workbench.description.schema_defects import find_schema_defects
from workbench.errors import DescriptionError
from workbench.model import (
    ApiDescription,
    Document,
    DocumentWarning,
    mapping_of,
    text_of,
    write_json,
)


def describe(
    paths: Sequence[Path],
    *,
    overlay: Path | None = None,
    limits: IntakeLimits = DEFAULT_LIMITS,
    root: Path | None = None,
) -> ApiDescription:
    """Read all documents of one partner.

    Args:
        paths: The documents, of any kind that `file_kinds.recognise` knows.
        overlay: An OpenAPI Overlay, applied before references are followed; it concerns the
            document that it `extends`, else every document.
        limits: Caps of the intake guard.
        root: Folder whose files references may name; else each document's own.

    Returns:
        What they say, and for each document the self-contained OpenAPI bundle, into which all
        pointers point.

    Raises:
        DescriptionError: A document cannot be read, is of no known format, or is refused.
        OverlayError: The overlay is wrong, or does not fit the document.
    """
    if not paths:
        raise DescriptionError("no document was given", hint=EXPECTED)
    keep_below(root, paths)
    correction = load_overlay(overlay, limits) if overlay is not None else None
    setting = _Setting(limits, root, correction, variables_among(paths, limits))
    intakes = [
        _take_in(Path(path), name, setting)
        for path, name in zip(paths, names_of(paths), strict=True)
    ]
    missed = _unmatched(correction, intakes) if correction is not None else ()
    return _merged(intakes, missed)


def _merged(intakes: Sequence[_Intake], missed: Sequence[DocumentWarning]) -> ApiDescription:
    documents = tuple(intake.document for intake in intakes)
    bundles = {intake.document.name: intake.bundle for intake in intakes}
    security = [item for intake in intakes for item in intake.contents.security]
    operations, events, merged, contradictions = merge_documents(
        documents,
        [item for intake in intakes for item in intake.contents.operations],
        [item for intake in intakes for item in intake.contents.events],
        security,
        bundles,
    )
    found = [item for intake in intakes for item in intake.contents.warnings]
    return ApiDescription(
        documents=documents,
        operations=tuple(operations),
        events=tuple(events),
        security=tuple(security),
        warnings=(*found, *contradictions, *missed),
        bundles=bundles,
        merged=merged,
    )


@dataclass(frozen=True)
class _Setting:
    """How documents are read: the caps, the folder of references, and what other files say."""

    limits: IntakeLimits
    root: Path | None
    overlay: Overlay | None
    variables: dict[str, str]


@dataclass(frozen=True)
class _Intake:
    document: Document
    bundle: dict[str, Any]
    contents: Contents
    matched: frozenset[int] = frozenset()


def _take_in(path: Path, name: str, setting: _Setting) -> _Intake:
    raw = read_file(path, setting.limits)
    intake = _read_raw(raw, path, name, setting)
    codec = encoding_of(raw)[0]
    if intake.document.format not in PACKED and not is_unicode(codec):
        summary = f"The document is no Unicode; it was read as {codec.upper()}."
        intake.contents.warnings.insert(
            0, DocumentWarning(slug="encoding", document=name, summary=summary)
        )
    return intake


def _read_raw(raw: bytes, path: Path, name: str, setting: _Setting) -> _Intake:
    limits, overlay = setting.limits, setting.overlay
    document = Document(
        name=name, format="", version="", sha256=hashlib.sha256(raw).hexdigest(), size=len(raw)
    )
    kind = recognise(raw, path)
    if kind in PACKED:
        return _read_blocks(document, kind, convert(raw, kind, name, limits), "")
    if kind != "data":
        text = decode(raw, name, limits)
        return _read_text(path, document, kind, text, setting)
    reading = read_bytes(raw, name, limits)
    if not isinstance(reading.data, dict):
        return _read_list(document, reading.data)
    data, matched = reading.data, frozenset[int]()
    if overlay is not None and overlay.concerns(name):
        data, matched = apply_actions(data, overlay.actions, overlay.name)
    intake = _read_format(path, document, mapping_of(data), setting)
    intake.contents.warnings[:0] = reading.warnings
    return replace(intake, matched=matched)


def _read_text(path: Path, document: Document, kind: str, text: str, setting: _Setting) -> _Intake:
    name, limits = document.name, setting.limits
    if kind in {"http", "bruno"}:
        drafted, warnings = (read_http if kind == "http" else read_bru)(text, name)
        return _from_draft(document, kind, "", drafted, warnings)
    if kind == "raml":
        reading = read_text(text, name, limits, includes=True)
        files = RamlFiles(Neighbours(path, name, setting.root or path.parent, limits))
        data, version = files.whole(mapping_of(reading.data)), raml_version(text)
        drafted, warnings = read_raml(data, version, name)
        document = document.model_copy(update={"files": tuple(files.files)})
        told = (*reading.warnings, *files.warnings(), *warnings)
        return _from_draft(document, kind, version, drafted, told)
    if kind == "csv":
        return _read_blocks(document, kind, read_csv(text, name), "")
    if kind == "html":
        carried = descriptions_in_page(text, name, limits)
        blocks, title = (read_page(text), "")
        addresses = addresses_in_page(text)
        document = document.model_copy(update={"addresses": tuple(addresses)})
    else:
        blocks, title = read_markdown(text)
        carried = descriptions_in_code(blocks, name, limits)
    if carried:
        return _read_carried(path, document, carried, blocks, setting)
    return _read_blocks(document, kind, blocks, title, text if kind == "html" else "")


def _read_carried(
    path: Path,
    document: Document,
    carried: Sequence[dict[str, Any]],
    blocks: list[Block],
    setting: _Setting,
) -> _Intake:
    """Read the description that a page or text carries; say what stands beside it."""
    document, alone = document.model_copy(update={"addresses": ()}), replace(setting, variables={})
    intake = _read_format(path, document, carried[0], alone)
    told = [carried_warning(document.name, len(carried))]
    try:
        prose = read_blocks(blocks, "", document.name)
    except DescriptionError:
        prose = None
    if prose is not None:
        told += beside(document.name, prose, intake.contents)
    intake.contents.warnings[:0] = told
    return intake


def _read_blocks(
    document: Document, kind: str, blocks: list[Block], title: str, page: str = ""
) -> _Intake:
    """Read the blocks of prose, whatever door they came by."""
    try:
        prose = read_blocks(blocks, title, document.name)
    except DescriptionError:
        if not document.addresses:
            tell_programs(page, document.name)
            raise
        empty = DraftDocument(title=title or document.name, version="1", drafts=())
        return _from_draft(document, kind, "", empty, [elsewhere(document)])
    counted = {"seen": prose.tally.seen, "read": prose.tally.read}
    document = document.model_copy(update=counted)
    told = [*prose.warnings, *left_out(document.name, prose.tally)]
    if document.addresses:
        told.append(elsewhere(document))
    told += attachments(document.name, blocks)
    return _from_draft(document, kind, "", prose.drafted, told)


def _read_format(
    path: Path, document: Document, data: dict[str, Any], setting: _Setting
) -> _Intake:
    name, limits, root = document.name, setting.limits, setting.root
    if "openapi" in data or "swagger" in data:
        return _read_openapi(path, document, data, limits, root)
    if is_asyncapi(data):
        version = text_of(data.get("asyncapi"))
        whole = bundle(data, path, name=name, limits=limits, root=root, home=f"/{HOME}")
        generated, contents = read_asyncapi(whole.document, name)
        contents.warnings[:0] = whole.warnings
        filled = _filled(document, "asyncapi", version, generated, contents)
        filled = filled.model_copy(update={"files": whole.files})
        return _Intake(filled, generated, contents)
    if is_environment(unwrap(data)):
        return _read_environment(document, unwrap(data))
    if other_client(data):
        drafted, warnings = read_other_client(data, name)
        return _from_draft(document, other_client(data), "", drafted, warnings)
    if is_postman(data):
        drafted, warnings = read_postman(data, name, setting.variables)
        return _from_draft(document, "postman", postman_version(data), drafted, warnings)
    if is_insomnia(data) or is_bruno(data):
        kind = "insomnia" if is_insomnia(data) else "bruno"
        drafted, warnings = (read_insomnia if kind == "insomnia" else read_bruno)(data, name)
        return _from_draft(document, kind, insomnia_version(data), drafted, warnings)
    if is_har(data):
        drafted, warnings = read_har(data, name)
        version = text_of(mapping_of(data["log"]).get("version"))
        return _from_draft(document, "har", version, drafted, warnings)
    return _read_list(document, data)


def _read_list(document: Document, data: Any) -> _Intake:
    """Read a list of events, or of methods and paths: there is no standard for either."""
    if isinstance(data, dict) and is_event_catalogue(data):
        drafted = read_event_catalogue(data, document.name)
        return _from_draft(document, "event-catalogue", "", drafted, ())
    text = json.dumps(data, default=str)
    if not any(declared_calls(text)):
        raise unknown(document.name, data)
    return _read_blocks(document, "routes", [CodeBlock("json", text, 1)], "")


def _read_environment(document: Document, data: dict[str, Any]) -> _Intake:
    values = variables_of(data.get("values"))
    drafted = DraftDocument(title=text_of(data.get("name")), version="1", drafts=[])
    intake = _from_draft(document, "postman-environment", "", drafted, ())
    intake.contents.warnings[:] = [
        DocumentWarning(
            slug="environment",
            document=document.name,
            severity="info",
            summary=f"A file of {len(values)} variables; they were put into the collections that "
            "were given with it.",
            hint="Give it together with the collection that uses it.",
        )
    ]
    return intake


def _read_openapi(
    path: Path, document: Document, data: dict[str, Any], limits: IntakeLimits, root: Path | None
) -> _Intake:
    name = document.name
    dialect, version = recognise_dialect(data, name)
    whole = bundle(data, path, name=name, limits=limits, root=root, dialect=dialect)
    mended, repaired = mend(whole.document, dialect, name)
    contents = read_openapi(mended, dialect, name)
    read = (*contents.operations, *contents.events)
    contents.events += event_schemas(mended, dialect, name, read)
    contents.warnings[:0] = (*whole.warnings, *repaired)
    contents.warnings += find_defects(mended, dialect, version, contents, name)
    contents.warnings += find_schema_defects(mended, dialect, name)
    filled = _filled(document, "openapi", version, mended, contents)
    filled = filled.model_copy(update={"files": whole.files})
    return _Intake(filled, mended, contents)


def _from_draft(
    document: Document,
    kind: str,
    version: str,
    drafted: DraftDocument,
    warnings: Sequence[DocumentWarning],
) -> _Intake:
    generated, contents = read_draft(drafted, document.name)
    contents.warnings[:0] = warnings
    if not contents.operations and not contents.events:
        contents.warnings.append(
            DocumentWarning(
                slug="empty",
                document=document.name,
                severity="medium",
                summary="The document describes no operation and no webhook.",
            )
        )
    return _Intake(_filled(document, kind, version, generated, contents), generated, contents)


def _filled(
    document: Document, kind: str, version: str, bundled: dict[str, Any], contents: Contents
) -> Document:
    info = mapping_of(bundled.get("info"))
    return document.model_copy(
        update={
            "format": kind,
            "version": version,
            "title": text_of(info.get("title")),
            "api_version": text_of(info.get("version")),
            "servers": contents.servers,
            "bundle_sha256": _digest(bundled),
        }
    )


def _digest(bundled: dict[str, Any]) -> str:
    return hashlib.sha256(write_json(bundled, sort=True).encode()).hexdigest()


def _unmatched(overlay: Overlay, intakes: Sequence[_Intake]) -> tuple[DocumentWarning, ...]:
    matched = frozenset[int]().union(*(intake.matched for intake in intakes))
    return tuple(
        DocumentWarning(
            slug="overlay-unmatched",
            document=overlay.name,
            pointer=f"/actions/{index}",
            severity="medium",
            summary=f"The overlay action on {action.target[:160]!r} matches nothing.",
            hint="Correct its target, or take the action out.",
        )
        for index, action in enumerate(overlay.actions)
        if index not in matched
    )
