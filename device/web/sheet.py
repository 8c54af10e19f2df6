"""What somebody needs to reach a new device: address, one-time code and fingerprint, as text and as a QR code."""

import io
import socket
from dataclasses import dataclass
from urllib.parse import quote

from device.config.web import WebTable


@dataclass(frozen=True, slots=True)
class FirstSheet:
    """For the installer's report and the terminal."""

    address: str
    """Where the page is, as ``https://pi.local:8443``."""
    code: str
    fingerprint: str | None
    """SHA-256 of the certificate; None for plain HTTP on the device itself."""

    @property
    def link(self) -> str:
        """Leads to the form with the code filled in; the fingerprint stands behind the #, which no browser sends."""
        mark = f"#sha256={self.fingerprint.replace(':', '').lower()}" if self.fingerprint else ""
        return f"{self.address}/setup?code={quote(self.code)}{mark}"

    def svg(self) -> str:
        """The link as a QR code, an SVG element to put into a page."""
        import segno  # noqa: PLC0415 - it is wanted once in a device's life

        text: str = segno.make(self.link, error="m", micro=False).svg_inline(scale=4)
        return text

    def text(self) -> str:
        """For a terminal."""
        import segno  # noqa: PLC0415

        picture = io.StringIO()
        segno.make(self.link, error="l", micro=False).terminal(out=picture, compact=True)
        mark = f"fingerprint  {self.fingerprint}\n" if self.fingerprint else ""
        return f"{picture.getvalue()}address      {self.address}\ncode         {self.code}\n{mark}"


def address_of(web: WebTable) -> str:
    """Where others find the page: by this machine's name in the local network where it listens on every address."""
    host = web.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - nothing is bound here
        host = f"{socket.gethostname().partition('.')[0]}.local"
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if web.tls else 'http'}://{host}:{web.port}"
