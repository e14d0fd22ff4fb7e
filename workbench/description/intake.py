"""Takes the documents of one partner in, each by the reader of its format."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.description.asyncapi import is_asyncapi, read_asyncapi
from workbench.description.asyncapi_messages import HOME
from workbench.description.bundle import bundle, missing_files
from workbench.description.defects import find_defects
from workbench.description.dialect import recognise_dialect
from workbench.description.draft_operations import DraftDocument, read_draft
from workbench.description.encodings import encoding_of, is_unicode
from workbench.description.event_schemas import event_schemas
from workbench.description.guard import decode, read_bytes, read_file
from workbench.description.har import is_har, read_har
from workbench.description.limits import DEFAULT_LIMITS, Limits
from workbench.description.merging import merge_documents
from workbench.description.openapi import Contents, read_openapi
from workbench.description.overlay import Overlay, apply_actions, load_overlay
from workbench.description.postman import (
    is_postman,
    postman_version,
    read_postman,
    variables_of,
)
from workbench.description.postman_versions import is_environment, unwrap
from workbench.description.repairs import mend
from workbench.description.schema_defects import find_schema_defects
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription, Document, DocumentWarning
from workbench.model.json_text import write_json
from workbench.model.untrusted import mapping_of, text_of

_PROSE = frozenset({".md", ".markdown", ".mdx", ".txt"})
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_PAGE = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_LARGEST = 2**20  # bytes of a file of variables
_EXPECTED = (
    "Expected OpenAPI (`openapi: 3.x` or `swagger: '2.0'`), AsyncAPI (`asyncapi: 2.x` or `3.x`), "
    "a Postman collection 2.x, a HAR recording, Markdown (`.md`) or HTML (`.html`)."
)


def describe(
    paths: Sequence[Path],
    *,
    overlay: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    root: Path | None = None,
) -> ApiDescription:
    """Read all documents of one partner.

    Args:
        paths: The documents: OpenAPI 2.0 to 3.2, AsyncAPI 2.x and 3.0, Postman 2.x, HAR, Markdown,
            HTML.
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
        raise DescriptionError("no document was given", hint=_EXPECTED)
    _keep_below(root, paths)
    correction = load_overlay(overlay, limits) if overlay is not None else None
    variables = _variables(paths, limits)
    intakes = [
        _take_in(Path(path), name, correction, limits, root, variables)
        for path, name in zip(paths, _names(paths), strict=True)
    ]
    missed = _unmatched(correction, intakes) if correction is not None else ()
    return _merged(intakes, missed)


def _merged(intakes: Sequence[_Intake], missed: Sequence[DocumentWarning]) -> ApiDescription:
    documents = tuple(intake.document for intake in intakes)
    bundles = {intake.document.name: intake.bundle for intake in intakes}
    operations, events, merged, contradictions = merge_documents(
        documents,
        [item for intake in intakes for item in intake.contents.operations],
        [item for intake in intakes for item in intake.contents.events],
        bundles,
    )
    found = [item for intake in intakes for item in intake.contents.warnings]
    return ApiDescription(
        documents=documents,
        operations=tuple(operations),
        events=tuple(events),
        security=tuple(item for intake in intakes for item in intake.contents.security),
        warnings=(*found, *contradictions, *missed),
        bundles=bundles,
        merged=merged,
    )


def missing_neighbours(
    path: Path, *, root: Path | None = None, limits: Limits = DEFAULT_LIMITS
) -> tuple[str, ...]:
    """Files that a document or its neighbours name and that are not there, relative to it.

    Args:
        path: The document; one without references, such as prose, names none.
        root: As for `describe`.
        limits: Caps of the intake guard.

    Raises:
        DescriptionError: A document is refused.
    """
    raw = read_file(path, limits)
    if path.suffix.lower() in _PROSE | _PAGES or raw[:1] == b"<":
        return ()
    data = mapping_of(read_bytes(raw, path.name, limits).data)
    if data.keys().isdisjoint({"openapi", "swagger", "asyncapi"}):
        return ()
    return missing_files(data, path, limits=limits, root=root)


@dataclass(frozen=True)
class _Intake:
    document: Document
    bundle: dict[str, Any]
    contents: Contents
    matched: frozenset[int] = frozenset()


def _keep_below(root: Path | None, paths: Sequence[Path]) -> None:
    for path in paths:
        if root is not None and not Path(path).resolve().is_relative_to(root.resolve()):
            raise DescriptionError(
                "the document does not lie below the stated root",
                location=str(path),
                hint="State as root a folder above all documents.",
            )


def _names(paths: Sequence[Path]) -> list[str]:
    counts = Counter(Path(path).name for path in paths)
    if all(count == 1 for count in counts.values()):
        return [Path(path).name for path in paths]
    absolute = [Path(path).absolute() for path in paths]
    if len(set(absolute)) < len(absolute):
        raise DescriptionError(
            "the same document was given twice", location=str(paths[0]), hint="Name it once."
        )
    shared = Path(os.path.commonpath(absolute))
    return [path.relative_to(shared).as_posix() for path in absolute]


def _take_in(
    path: Path,
    name: str,
    overlay: Overlay | None,
    limits: Limits,
    root: Path | None,
    variables: dict[str, str],
) -> _Intake:
    raw = read_file(path, limits)
    intake = _read_raw(raw, path, name, overlay, limits, root, variables)
    codec = encoding_of(raw)[0]
    if not is_unicode(codec):
        summary = f"The document is no Unicode; it was read as {codec.upper()}."
        intake.contents.warnings.insert(
            0, DocumentWarning(slug="encoding", document=name, summary=summary)
        )
    return intake


def _read_raw(
    raw: bytes,
    path: Path,
    name: str,
    overlay: Overlay | None,
    limits: Limits,
    root: Path | None,
    variables: dict[str, str],
) -> _Intake:
    document = Document(
        name=name, format="", version="", sha256=hashlib.sha256(raw).hexdigest(), size=len(raw)
    )
    suffix = path.suffix.lower()
    text = decode(raw, name, limits) if suffix in _PROSE | _PAGES or raw[:1] == b"<" else ""
    if suffix in _PAGES or _PAGE.match(text):
        return _read_prose(document, "html", text)
    if suffix in _PROSE:
        return _read_prose(document, "markdown", text)
    reading = read_bytes(raw, name, limits)
    if not isinstance(reading.data, dict):
        raise _unknown(name, reading.data)
    data, matched = reading.data, frozenset[int]()
    if overlay is not None and overlay.concerns(name):
        data, matched = apply_actions(data, overlay.actions, overlay.name)
    intake = _read_format(path, document, mapping_of(data), limits, root, variables)
    intake.contents.warnings[:0] = reading.warnings
    return replace(intake, matched=matched)


def _read_prose(document: Document, kind: str, text: str) -> _Intake:
    # Imported late: the Markdown parser takes a tenth of a second, and few documents are prose.
    from workbench.description.prose import read_blocks, read_markdown, read_page  # noqa: PLC0415

    blocks, title = (read_page(text), "") if kind == "html" else read_markdown(text)
    prose = read_blocks(blocks, title, document.name)
    return _from_draft(document, kind, "", prose.drafted, prose.warnings)


def _read_format(
    path: Path,
    document: Document,
    data: dict[str, Any],
    limits: Limits,
    root: Path | None,
    variables: dict[str, str],
) -> _Intake:
    name = document.name
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
    if is_postman(data):
        drafted, warnings = read_postman(data, name, variables)
        return _from_draft(document, "postman", postman_version(data), drafted, warnings)
    if is_har(data):
        drafted, warnings = read_har(data, name)
        version = text_of(mapping_of(data["log"]).get("version"))
        return _from_draft(document, "har", version, drafted, warnings)
    raise _unknown(name, data)


def _variables(paths: Sequence[Path], limits: Limits) -> dict[str, str]:
    """The variables of all environment files among the documents, for the collections."""
    found: dict[str, str] = {}
    for path in map(Path, paths):
        if path.suffix.lower() == ".json" and path.is_file() and path.stat().st_size < _LARGEST:
            raw = read_file(path, limits)
            if b'"values"' in raw:
                data = unwrap(mapping_of(read_bytes(raw, path.name, limits).data))
                if is_environment(data):
                    found |= variables_of(data.get("values"))
    return found


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
    path: Path, document: Document, data: dict[str, Any], limits: Limits, root: Path | None
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


def _unknown(name: str, data: Any) -> DescriptionError:
    seen = (
        f"its keys are {', '.join(list(data)[:8])[:160]}"
        if isinstance(data, dict)
        else (f"its top is a {type(data).__name__}" if data is not None else "it is empty")
    )
    return DescriptionError(
        f"the format of the document is not known: {seen}", location=name, hint=_EXPECTED
    )
