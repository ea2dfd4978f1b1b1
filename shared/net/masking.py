"""Masks a run's secrets and tokens in any text from a service."""

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
"""Characters of a service's text that are read, before masking."""

_TOKENS = re.compile(r"eyJ[\w-]{8,}[\w.-]*|[\w+/=-]{120,}")
"""A JWT, or unbroken text too long for a name or a path: an opaque token or base64 data."""

_SECRET_HEADERS = ("Authorization", "X-IDENTITY-HEADER")
_SECRET_FIELDS = ("client_secret", "refresh_token", "client_assertion", "code", "code_verifier")
_SECRET_MEMBERS = ("access_token", "refresh_token", "id_token", "value")


class Secrets:
    """The secrets and tokens of a run, in every form in which a response may repeat them."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_start: dict[str, list[str]] = {}
        self._by_end: dict[str, list[str]] = {}
        self._lock = Lock()

    def add(self, secret: Any) -> None:
        """Remember a secret. Values that are not text, or are too short, are ignored."""
        if not isinstance(secret, str) or len(secret) < MIN_SECRET_LENGTH:
            return
        with self._lock:
            if secret not in self._known:
                self._known.add(secret)
                for form in _forms(secret):
                    self._by_start.setdefault(form[:MIN_SECRET_LENGTH], []).append(form)
                    self._by_end.setdefault(form[-MIN_SECRET_LENGTH:], []).append(form)

    def add_from_request(self, request: requests.PreparedRequest) -> None:
        """Remember the secrets in a request: in headers, a sign-in's fields, or the value of a secret to store."""
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
        """Remember the tokens in a sign-in response, or the value in a secret's response."""
        for name in _SECRET_MEMBERS:
            self.add((members or {}).get(name))

    def sanitize(self, value: Any, max_length: int = MAX_LENGTH) -> str:
        """Return a service's text as one line, with known secrets and anything that looks like a token masked."""
        text = one_line(value, _MAX_INPUT_LENGTH)
        low = text.lower()
        if len(low) != len(text):  # a few letters get longer in lower case
            text = low
        hidden = bytearray(len(text))
        for start, end in self._places(low):
            hidden[start:end] = b"x" * (end - start)
        shown = "".join("\0" if hide else char for char, hide in zip(text, hidden, strict=True))
        return _TOKENS.sub(MASK, re.sub("\0+", MASK, shown))[:max_length]

    def is_in(self, text: str) -> bool:
        """Return whether a text contains a known secret, or begins or ends with part of one."""
        return any(True for _ in self._places(text.lower()))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Find every form in a text, even if wrapped over lines or cut off at the text's beginning or end."""
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
    """Return a secret's forms, lower-case, no spaces: plain, escaped for URLs, JSON or HTML, hexadecimal, base64."""
    raw, quoted = secret.encode("utf-8", "surrogatepass"), json.dumps(secret)[1:-1]
    forms = [secret, one_line(secret, len(secret)), html.escape(secret), raw.hex()]
    forms += [quote(raw, safe=""), quote(raw), quote_plus(raw)]
    forms += [quoted, quoted.replace("/", "\\/"), json.dumps(quoted)[1:-1]]
    for offset in range(3):  # inside longer base64 text, a secret can begin at any of three bit offsets
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[offset] : len(text) - 1]
        forms += [inner, inner.translate(str.maketrans("+/", "-_"))]
    dense = {"".join(form.lower().split()) for form in forms}
    return {form for form in dense if len(form) >= MIN_SECRET_LENGTH}
