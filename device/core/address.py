"""Addresses: what of them may be shown, whose they are, and whether they are this machine. Opens no connection."""

import ipaddress
import re

_SCHEME = re.compile(r"^[a-z0-9+]+://", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Up to the last @, for a careless password may hold one; a path that holds one loses its beginning, no more.
# Some cameras want the password in the path, as /user=bob&password=x, each maker with other words and other signs
# between them: from such a step on nothing is shown. The host before it may hold a colon.
_WORDS = re.compile(r"^([a-z0-9+]+://[^/]*/(?:[^/]*/)*?)[^/]*?(?:[=:;&@]|%3[abd]|%40).*", re.IGNORECASE | re.DOTALL)
_USER = re.compile(r"//.*@", re.DOTALL)


def shown(line: str) -> str:
    """A ``source`` line fit for logs and errors.

    Without user, password and query, and without words in the path: each of them may hold a password.
    """
    if "//" not in line:
        return line
    address = _USER.sub("//", line)
    return _WORDS.sub(r"\1...", address.partition("?")[0]) if _SCHEME.match(address) else address


def with_user(line: str, user: str, password: str) -> str:
    """An address with this user in place of the one in it, if any; signs that mean something there are escaped."""
    scheme, _, rest = _USER.sub("//", line, count=1).partition("//")
    return f"{scheme}//{_escaped(user)}:{_escaped(password)}@{rest}"


def is_here(host: str) -> bool:
    """Whether an address or name reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _escaped(word: str) -> str:
    """As RFC 3986 wants it: what is not unreserved as hexadecimal numbers."""
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in word.encode())
