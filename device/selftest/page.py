"""The installer's page as one HTML file with everything inside. Chooses nothing that stands on it."""

import base64
from pathlib import Path
from typing import Final

import jinja2

from device.selftest.sheet import SIGNED_BY, ReportSheet

_TEMPLATE: Final = Path(__file__).with_name("page.html")


def html_of(sheet: ReportSheet) -> str:
    """A file that needs no other and no network."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["inline"] = lambda data: base64.b64encode(data).decode("ascii")
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(sheet=sheet, qr=sheet.qr_png(), signed_by=SIGNED_BY)
