"""The frame, tables and small parts that all report pages share. Knows no figures."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page, from parts that are HTML."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(part for part in parts if part)
    heading = f"<h1>{escape(title)}</h1>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{heading}\n{body}\n</body></html>\n'


class Html(str):
    """Text that is HTML already and is not escaped once more."""

    __slots__ = ()


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows of text, which is escaped, numbers and ``Html``; wide ones scroll by themselves."""
    listed = [list(row) for row in rows]
    numeric = [bool(listed) and all(_is_number(row[place]) for row in listed) for place in range(len(heads))]
    head = "".join(
        f"<th{' class=n' if number else ''}>{escape(h)}</th>" for h, number in zip(heads, numeric, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in listed)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def tiles(figures: Iterable[tuple[str, str]]) -> str:
    """The few figures that matter most, each with what it is."""
    cells = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for name, value in figures
    )
    return f'<div class="tiles">{cells}</div>'


def pictures(entries: Iterable[tuple[str, str]]) -> str:
    """Pictures as data URLs, each with its caption."""
    cells = "".join(
        f'<figure><img alt="" src="{escape(url)}"><figcaption>{escape(caption)}</figcaption></figure>'
        for url, caption in entries
    )
    return f'<div class="pictures">{cells}</div>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where nothing could be measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float)


def _cell(value: Any) -> str:
    if isinstance(value, Html):
        return f"<td>{value}</td>"
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    text = number(value) if value is None or isinstance(value, float) else str(value)
    return f'<td class="n">{text}</td>'
