"""What stands on the installer's page, as values. Lays nothing out and looks nothing up."""

import io
from dataclasses import dataclass
from typing import Final

from device.selftest.album import Still
from device.selftest.finding import Finding
from device.web.sheet import FirstSheet

SIGNED_BY: Final = ("Installed by", "Taken over by")


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """One visit."""

    device: str
    host: str
    """This machine's name in the local network, as mDNS has it."""
    when: str
    passed: bool
    findings: tuple[Finding, ...]
    stills: tuple[Still, ...]
    versions: tuple[tuple[str, str], ...]
    """What, and which."""
    key: str | None
    """Fingerprint by which this device's evidence is known; None where the guard has never run."""
    way: FirstSheet | None
    """How the page is reached; its code is empty where somebody has an account already."""

    @property
    def verdict(self) -> str:
        """In a word."""
        return "nothing failed" if self.passed else "something failed"

    @property
    def link(self) -> str | None:
        """What the QR code says; None where there is no page to reach."""
        if self.way is None:
            return None
        return self.way.link if self.way.code else self.way.address

    def reach(self) -> tuple[tuple[str, str], ...]:
        """How the page is reached and the device is known, by name."""
        rows = [("name in the network", self.host)]
        if self.way is not None:
            rows.append(("address", self.way.address))
            rows.append(("one-time code", self.way.code or "none: there are accounts already"))
            rows.append(("certificate, SHA-256", self.way.fingerprint or "none: plain HTTP, this machine alone"))
        else:
            rows.append(("page", "not served yet"))
        rows.append(("key of the evidence", self.key or "made at the first start"))
        return tuple(rows)

    def qr_png(self) -> bytes | None:
        """The link as a QR code, black on white, 8 px a module."""
        import segno  # noqa: PLC0415 - it is wanted once in a device's life

        if self.link is None:
            return None
        picture = io.BytesIO()
        segno.make(self.link, error="m", micro=False).save(picture, kind="png", scale=8)
        return picture.getvalue()
