"""The token by which a Prometheus may read figures. Reads no cookie."""

import hmac
from typing import Final

from starlette.requests import Request as HttpRequest

from device.secret_file import secret_path
from device.web.parts import WebParts

SHORTEST: Final = 16
"""A shorter token in the file opens nothing."""


def has_token(parts: WebParts, http: HttpRequest) -> bool:
    """Whether a request carries the token of ``web.metrics_token_file``; without such a file there is none."""
    file = parts.config.web.metrics_token_file
    scheme, _, given = http.headers.get("authorization", "").partition(" ")
    if file is None or scheme.lower() != "bearer":
        return False
    try:
        wanted = secret_path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        return False
    return len(wanted) >= SHORTEST and hmac.compare_digest(given.strip().encode(), wanted.encode())
