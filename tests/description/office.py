"""Word, Excel and PDF files made for the tests, and archives that are bombs."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import openpyxl
import typst

_TYPES = (
    '<?xml version="1.0"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def word(paragraphs: Sequence[str], tables: Sequence[Sequence[Sequence[str]]] = ()) -> bytes:
    """A Word file; a paragraph that begins with `# ` is a heading."""
    body = "".join(_paragraph(text) for text in paragraphs)
    for rows in tables:
        cells = (
            "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
            for row in rows
        )
        body += f"<w:tbl>{''.join(cells)}</w:tbl>"
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return archive(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATIONS,
            "word/document.xml": document,
        }
    )


def _paragraph(text: str) -> str:
    style = ""
    if text.startswith("# "):
        style, text = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>', text[2:]
    return f"<w:p>{style}<w:r><w:t xml:space='preserve'>{escape(text)}</w:t></w:r></w:p>"


def excel(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """An Excel file of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def pdf(source: str) -> bytes:
    """A PDF of a text in typst."""
    made = typst.compile(source.encode())
    assert isinstance(made, bytes)
    return made


def bomb(parts: int, size: int) -> bytes:
    """A Word file whose parts unpack to far more than they weigh."""
    sound = word(["GET /a"])
    target = io.BytesIO(sound)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as packed:
        for number in range(parts):
            packed.writestr(f"word/media/{number}.xml", b"\0" * size)
    return target.getvalue()


_ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
_DEEP = "<w:p>" * 50_000
_LOOP = (
    b"%PDF-1.7\n1 0 obj\n<</Type/Pages/Kids[1 0 R]/Count 1>>\nendobj\n"
    b"trailer<</Root<</Pages 1 0 R>>>>\n"
)
_WIDE = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    + "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 400_000, 7))
    + "</sheetData></worksheet>"
)


def _wide() -> bytes:
    """A workbook whose few cells stand far apart."""
    with zipfile.ZipFile(io.BytesIO(excel({"a": [["GET", "/a"]]}))) as sound:
        parts: dict[str, str | bytes] = {name: sound.read(name) for name in sound.namelist()}
    return archive({**parts, "xl/worksheets/sheet1.xml": _WIDE})


ATTACKS = {
    "bomb.docx": bomb(20, 6_000_000),
    "parts.docx": bomb(4_100, 1),
    "entities.docx": archive({"word/document.xml": _ENTITIES}),
    "deep.docx": archive({"word/document.xml": _DEEP}),
    "cut.docx": word(["GET /a"])[:300],
    "lying.xlsx": archive({"xl/workbook.xml": "<workbook/>"}),
    "noise.xlsx": b"PK\x03\x04" + bytes(range(256)) * 40,
    "entities.xlsx": archive({"xl/workbook.xml": _ENTITIES}),
    "cut.pdf": pdf("GET /a")[:400],
    "noise.pdf": b"%PDF-1.7\n" + b"<<" * 20_000,
    "loop.pdf": _LOOP,
}
# Sound, and far larger inside than they look: read as far as the limits go.
LARGE = {"wide.xlsx": _wide()}
