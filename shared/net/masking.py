"""Masking a run's secrets and tokens in whatever a service says."""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import requests

from shared.net.exact_json import plain_object
from shared.net.foreign_text import MAX_LENGTH, one_line

MASK = "***"
MIN_SECRET_LENGTH = 6
_MAX_INPUT_LENGTH = 4096
"""Characters that are read of a foreign text, before masking."""

_TOKENS = re.compile(r"eyJ[\w-]{8,}[\w.-]*|[\w+/=-]{120,}")
"""A JWT, and any text without a gap that is too long for a name or a path: an opaque token, or something in base64."""

_SECRET_HEADERS = ("Authorization", "X-IDENTITY-HEADER")
_SECRET_FIELDS = ("client_secret", "refresh_token", "client_assertion", "code", "code_verifier")
_SECRET_MEMBERS = ("access_token", "refresh_token", "id_token", "value")


class Secrets:
    """The secrets and tokens of a run, each in every form in which an answer may repeat it."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_start: dict[str, list[str]] = {}
        self._by_end: dict[str, list[str]] = {}
        self._lock = Lock()

    def add(self, secret: Any) -> None:
        """Remember a secret; anything but a long enough text is ignored."""
        if not isinstance(secret, str) or len(secret) < MIN_SECRET_LENGTH:
            return
        with self._lock:
            if secret not in self._known:
                self._known.add(secret)
                for form in _forms(secret):
                    self._by_start.setdefault(form[:MIN_SECRET_LENGTH], []).append(form)
                    self._by_end.setdefault(form[-MIN_SECRET_LENGTH:], []).append(form)

    def add_from_request(self, request: requests.PreparedRequest) -> None:
        """Remember what a request carries: its headers, the fields of a sign-in, the value of a secret to be stored."""
        for name in _SECRET_HEADERS:
            self.add((request.headers.get(name) or "").rpartition(" ")[2])
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if request.method == "PUT":
            self.add_from_answer(plain_object(body))
        elif request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
            for name, value in parse_qsl(body.decode("utf-8", "replace")):
                if name in _SECRET_FIELDS:
                    self.add(value)

    def add_from_answer(self, members: Mapping[str, Any] | None) -> None:
        """Remember the tokens of a sign-in's answer and the value of a secret's."""
        for name in _SECRET_MEMBERS:
            self.add((members or {}).get(name))

    def sanitize(self, value: Any, max_length: int = MAX_LENGTH) -> str:
        """Return a foreign text as one line with every known secret, and whatever looks like a token, masked."""
        text = one_line(value, _MAX_INPUT_LENGTH)
        low = text.lower()
        if len(low) != len(text):  # a few letters are longer in lower case
            text = low
        hidden = bytearray(len(text))
        for start, end in self._places(low):
            hidden[start:end] = b"x" * (end - start)
        shown = "".join("\0" if hide else char for char, hide in zip(text, hidden, strict=True))
        return _TOKENS.sub(MASK, re.sub("\0+", MASK, shown))[:max_length]

    def is_in(self, text: str) -> bool:
        """Tell whether a text holds a known secret, or a part of one at its beginning or end."""
        return any(True for _ in self._places(text.lower()))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Find every form in a text, also one that is wrapped in lines, and where the text begins or ends in the middle of one."""
        at = [place for place, character in enumerate(text) if not character.isspace()]
        dense = "".join(text[place] for place in at)
        for start in range(len(dense) - MIN_SECRET_LENGTH + 1):
            end = start + MIN_SECRET_LENGTH
            for form in self._by_start.get(dense[start:end], ()):
                if dense.startswith(form, start) or form.startswith(dense[start:]):
                    yield at[start], at[min(start + len(form), len(dense)) - 1] + 1
            for form in self._by_end.get(dense[start:end], ()):
                if form.endswith(dense[:end]):
                    yield 0, at[end - 1] + 1


def _forms(secret: str) -> set[str]:
    """Return a secret's forms in lower case and without gaps: plain, escaped for a URL, JSON or HTML, in hexadecimal and base64."""
    raw, quoted = secret.encode("utf-8", "surrogatepass"), json.dumps(secret)[1:-1]
    forms = [secret, one_line(secret, len(secret)), html.escape(secret), raw.hex()]
    forms += [quote(raw, safe=""), quote(raw), quote_plus(raw)]
    forms += [quoted, quoted.replace("/", "\\/"), json.dumps(quoted)[1:-1]]
    for offset in range(3):  # inside a longer base64 text a secret begins at any of three bit offsets
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[offset] : len(text) - 1]
        forms += [inner, inner.translate(str.maketrans("+/", "-_"))]
    dense = {"".join(form.lower().split()) for form in forms}
    return {form for form in dense if len(form) >= MIN_SECRET_LENGTH}
