"""Text from other services, made safe for a message: one line, bounded, with every known secret masked."""

import base64
import json
import re
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus

LONGEST = 300
SHORTEST_SECRET = 6
MASK = "***"

_JWT = re.compile(r"eyJ[\w-]{8,}[\w.-]*")


def one_line(value: Any, longest: int = LONGEST) -> str:
    """Return a value as printable text on one line of at most so many characters; None gives nothing."""
    text = str("" if value is None else value).encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:longest]


class Secrets:
    """The secrets and tokens of a run, to be masked in whatever another service says."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._known: set[str] = set()
        self._lock = Lock()

    def add(self, secret: Any) -> None:
        """Remember a secret in each form in which an answer may repeat it; anything but a long enough text is ignored."""
        if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET or secret in self._known:
            return
        with self._lock:
            self._known.add(secret)
            self._forms = self._forms | set(_forms(secret))

    def sanitize(self, value: Any, longest: int = LONGEST) -> str:
        """Return a foreign text as one line with every known secret, and every token, masked."""
        text = str("" if value is None else value)
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
            for length in range(min(len(form), len(text)), SHORTEST_SECRET - 1, -1):
                if text.endswith(form[:length]):  # an echo that was cut in the middle of a secret
                    text = text[:-length] + MASK
                    break
        return one_line(_JWT.sub(MASK, text), longest)


def _forms(secret: str) -> list[str]:
    raw = secret.encode()
    encoded = []
    for offset in range(3):  # inside a longer base64 text a secret begins at any of three bit offsets
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[offset] : len(text) - 1]
        encoded += [inner, inner.translate(str.maketrans("+/", "-_"))]
    plain = [secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]]
    return [form for form in plain + encoded if len(form) >= SHORTEST_SECRET]
