"""The installer's page on one sheet of A4, as PDF. Chooses nothing that stands on it."""

import io
from typing import Any, Final
from xml.sax.saxutils import escape

# Its makers ship no types; what of it is used here is in this module alone.
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    Flowable,
    Frame,
    Image,
    KeepInFrame,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from device.selftest.sheet import SIGNED_BY, ReportSheet

_MARGIN: Final = 14 * mm
_SIGN: Final = 22 * mm
"""Height of the place to sign."""
_WIDTH, _HEIGHT = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN - _SIGN
_COLOURS: Final = {"ok": "#13662b", "warning": "#8a5300", "failed": "#b00020", "skipped": "#666677"}
_INK: Final = HexColor("#1c2230")
_TEXT: Final = ParagraphStyle("text", fontName="Helvetica", fontSize=8, leading=10, textColor=_INK, wordWrap="CJK")
_SMALL: Final = ParagraphStyle("small", parent=_TEXT, fontSize=7, leading=9)
_MONO: Final = ParagraphStyle("mono", parent=_TEXT, fontName="Courier", fontSize=7.5)
_HEAD: Final = ParagraphStyle("head", parent=_TEXT, fontName="Helvetica-Bold", fontSize=10, leading=13, spaceBefore=5)
_TITLE: Final = ParagraphStyle("title", parent=_HEAD, fontSize=17, leading=21)


def pdf_of(sheet: ReportSheet) -> bytes:
    """One page, whatever is on it: what is too long for it is set smaller."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(f"Shopwarden {sheet.device}: self-test")
    story = [*_head(sheet), *_pictures(sheet), *_tried(sheet), *_reach(sheet), *_versions(sheet)]
    whole = KeepInFrame(_WIDTH, _HEIGHT, story, mode="shrink")
    frame = Frame(
        _MARGIN, _MARGIN + _SIGN, _WIDTH, _HEIGHT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )
    frame.addFromList([whole], canvas)
    _place_to_sign(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _text(text: str, style: ParagraphStyle = _TEXT) -> Any:
    return Paragraph(escape(text), style)


def _table(rows: list[list[Any]], widths: list[float]) -> Any:
    lines = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor("#d5d8e0")),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ]
    )
    return Table(rows, colWidths=widths, style=lines)


def _head(sheet: ReportSheet) -> list[Flowable]:
    colour = _COLOURS["ok" if sheet.passed else "failed"]
    verdict = Paragraph(f'<font color="{colour}"><b>{escape(sheet.verdict)}</b></font>', _TEXT)
    return [_text(f"Shopwarden {sheet.device}", _TITLE), _text(f"Self-test of {sheet.when}"), verdict]


def _pictures(sheet: ReportSheet) -> list[Flowable]:
    heading = _text("What the cameras see", _HEAD)
    if not sheet.stills:
        return [heading, _text("No camera gave a picture.")]
    columns = min(len(sheet.stills), 3)
    width = (_WIDTH if columns > 1 else 0.6 * _WIDTH) / max(columns, 1) - 2 * mm
    cells = [
        [
            Image(io.BytesIO(it.jpeg), width=width, height=width * it.height / it.width),
            _text(f"{it.camera}: {', '.join(it.places) or 'nothing is drawn'}", _SMALL),
        ]
        for it in sheet.stills
    ]
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    rows[-1] += [[] for _ in range(columns - len(rows[-1]))]
    table = Table(rows, colWidths=[width + 2 * mm] * columns, hAlign="LEFT")
    table.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [heading, table]


def _tried(sheet: ReportSheet) -> list[Flowable]:
    rows = [
        [
            Paragraph(f'<font color="{_COLOURS[it.status]}"><b>{it.status}</b></font>', _TEXT),
            _text(f"{it.check} {it.name}"),
            _text(it.text),
        ]
        for it in sheet.findings
    ]
    return [_text("What was tried", _HEAD), _table(rows, [17 * mm, 34 * mm, _WIDTH - 51 * mm])]


def _reach(sheet: ReportSheet) -> list[Flowable]:
    qr = sheet.qr_png()
    side = 34 * mm if qr else 0.0
    rows = _table(
        [[_text(name), _text(value, _MONO)] for name, value in sheet.reach()], [36 * mm, _WIDTH - 38 * mm - side]
    )
    heading = _text("How it is reached and known", _HEAD)
    if qr is None:
        return [heading, rows]
    both = Table(
        [[Image(io.BytesIO(qr), width=side - 2 * mm, height=side - 2 * mm), rows]], colWidths=[side, _WIDTH - side]
    )
    both.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [heading, both]


def _versions(sheet: ReportSheet) -> list[Flowable]:
    rows = [[_text(name, _SMALL), _text(value, _SMALL)] for name, value in sheet.versions]
    return [_text("Versions", _HEAD), _table(rows, [30 * mm, _WIDTH - 30 * mm]), Spacer(1, 1)]


def _place_to_sign(canvas: Any) -> None:
    half = _WIDTH / len(SIGNED_BY)
    canvas.setStrokeColor(_INK)
    canvas.setFillColor(_INK)
    canvas.setFont("Helvetica", 8)
    for at, who in enumerate(SIGNED_BY):
        left = _MARGIN + at * half
        canvas.line(left, _MARGIN + 5 * mm, left + half - 8 * mm, _MARGIN + 5 * mm)
        canvas.drawString(left, _MARGIN + 1.5 * mm, f"{who}: name, date, signature")
