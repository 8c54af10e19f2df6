"""Who is logged in, as signed text that the browser keeps. Checks no password."""

import base64
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.errors import StoreError
from device.whole_file import replace_file

SECRET_BYTES: Final = 32
MAX_ENDED: Final = 1024
"""Logins that were ended before their time and are remembered as such, until a restart."""
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True)
class Session:
    """One login."""

    user: str
    generation: str
    """Of the password by which it was made."""
    nonce: str
    begun: float
    """Unix time, s."""


class Sessions:
    """Makes and reads what a cookie holds; nothing but the secret is kept."""

    def __init__(self, secret: bytes, *, lasts_s: float) -> None:
        """Sign with a secret; a login lasts so long."""
        self._secret, self.lasts_s = secret, lasts_s
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, user: str, generation: str, wall: float) -> str:
        """The cookie of a new login."""
        fields = {"u": user, "g": generation, "n": secrets.token_urlsafe(12), "t": round(wall)}
        body = base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()
        return f"{body}.{self._sign('session', body)}"

    def read(self, cookie: str, wall: float) -> Session | None:
        """The login of a cookie; None where it was changed, is over, or was never one."""
        if len(cookie) > _LONGEST or not cookie.isascii():
            return None
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature, self._sign("session", body)):
            return None
        fields = json.loads(base64.urlsafe_b64decode(body))
        session = Session(fields["u"], fields["g"], fields["n"], float(fields["t"]))
        # A clock that was set back makes a login last longer; it ends with the password in any case.
        over = wall - session.begun > self.lasts_s or session.nonce in self._ended
        return None if over else session

    def end(self, session: Session) -> None:
        """Log out: this cookie opens nothing any more."""
        self._ended[session.nonce] = None
        if len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)

    def token(self, session: Session) -> str:
        """What a request that changes something must carry, so that no other site's page can send it."""
        return self._sign("csrf", session.nonce)

    def is_token(self, session: Session, text: str) -> bool:
        """Whether a request carries it."""
        return text.isascii() and hmac.compare_digest(text, self.token(session))

    def _sign(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def read_secret(path: Path) -> bytes:
    """The secret of a file, made where there is none.

    Raises:
        StoreError: it can be neither read nor made.
    """
    try:
        if path.is_file():
            secret = path.read_bytes()
            if len(secret) == SECRET_BYTES:
                return secret
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        secret = secrets.token_bytes(SECRET_BYTES)
        replace_file(path, secret)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}): check its owner and rights") from error
    return secret
