"""A process for one message to people: reads it from standard input, sends it, ends. Holds no queue.

Apprise loads some 25 MiB and waits for networks as it likes: in a process of its own it costs the daemon neither.
Status: 0 sent; 1 try again; 2 the URL is none, trying again will not help.
"""

import io
import json
import logging
import re
import sys
from typing import Any

DONE, AGAIN, NEVER = 0, 1, 2


def send(message: dict[str, Any]) -> tuple[int, str]:
    """Send one message; the status and, where it failed, why, without the URL's secrets."""
    import apprise  # noqa: PLC0415 - this process is for nothing else

    told = io.StringIO()
    handler = logging.StreamHandler(told)
    logging.getLogger("apprise").addHandler(handler)
    sender = apprise.Apprise()
    if not sender.add(message["url"]):
        return NEVER, "this is no URL that apprise knows"
    kinds = {"alarm": apprise.NotifyType.FAILURE, "warning": apprise.NotifyType.WARNING}
    done = sender.notify(
        title=message["title"],
        body=message["body"],
        notify_type=kinds.get(message["priority"], apprise.NotifyType.INFO),
        attach=message["still"],
    )
    lines = told.getvalue().strip().splitlines()
    return (DONE, "") if done else (AGAIN, without_secrets(lines[-1] if lines else "it failed", message["url"]))


def without_secrets(text: str, url: str) -> str:
    """A reason without anything of the URL that may be a secret; one line."""
    parts = [part for part in re.split(r"[/:@?&=]+", url) if len(part) > 3]
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return " ".join(text.split())[:300]


def main() -> int:
    """Send what standard input holds."""
    status, why = send(json.load(sys.stdin))
    sys.stderr.write(why)
    return status


if __name__ == "__main__":
    sys.exit(main())
