"""An executed report notebook → one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from workbench.errors import ReportError
from workbench.execution import spare_slow_imports
from workbench.reporting.language import DEFAULT, load_language
from workbench.reporting.section import displayable


def render_html(notebook: Path, page: Path, *, title: str, language: str = DEFAULT) -> Path:
    """Write the outputs of an executed notebook as a page: no code, no script, no request.

    The page's own policy allows one style sheet, by its hash, and nothing else: should a text of
    the partner ever get out of its place, it could neither run nor fetch nor restyle anything.

    Args:
        notebook: A notebook whose cells have HTML outputs.
        page: Where the page goes.
        title: Title of the window; escaped.
        language: Code of the language in which the outputs are.

    Raises:
        ReportError: The notebook cannot be read or rendered.
    """
    spare_slow_imports()
    import nbformat  # noqa: PLC0415 - slow, needed only to render

    try:
        cells: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        body = _export(cells, title, language)
    except Exception as error:
        raise ReportError(
            f"The report cannot be rendered: {error}",
            notebook=notebook.name,
            location=str(notebook),
            hint="Run `workbench report` again; if it stays, the template is damaged.",
        ) from error
    page.write_text(body, "utf-8")
    return page


def render_outputs(outputs: Iterable[str], *, title: str, language: str = DEFAULT) -> str:
    """The page that a notebook with these HTML outputs gives, without any notebook."""
    spare_slow_imports()
    from nbformat import v4  # noqa: PLC0415 - slow, needed only to render

    make: Any = v4
    shown = (make.new_output("display_data", data={"text/html": output}) for output in outputs)
    cells = [make.new_code_cell(outputs=[output]) for output in shown]
    return _export(make.new_notebook(cells=cells), title, language)


def _export(notebook: Any, title: str, language: str) -> str:
    from nbconvert import HTMLExporter  # noqa: PLC0415 - half a second, needed only to render

    with as_file(files("workbench.reporting") / "templates") as templates:
        # Characters are hashed as the browser sees them between the tags.
        style = f"\n{(templates / 'report' / 'style.css').read_text('utf-8')}"
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        resources = {
            "title": displayable(title),
            "style": style,
            "style_digest": f"sha256-{digest}",
            "language": load_language(language),
        }
        make: Any = HTMLExporter
        exporter = make(
            template_name="report", extra_template_basedirs=[str(templates)], exclude_input=True
        )
        body: str = exporter.from_notebook_node(notebook, resources=resources)[0]
    return body
