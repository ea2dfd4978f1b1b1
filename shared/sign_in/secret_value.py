"""The value of a client secret or refresh token, checked before it is sent anywhere."""

import re

from shared.errors import VaultSecretInvalid

MARKS = "\ufeff\u200b\u200c\u200d\u2060"
"""Byte order mark and zero-width characters, which editors and Windows PowerShell write into files."""

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_QUOTES = tuple("\"'`\u2018\u2019\u201c\u201d")


def strip_marks(text: str) -> str:
    """Return the text without white space, byte order marks and zero-width characters at its ends."""
    previous = None
    while text != previous:
        previous, text = text, text.strip().strip(MARKS).removeprefix("\u00ef\u00bb\u00bf")
    return text


def checked_value(name: str, value: str) -> str:
    """Return a client secret or refresh token without what does not belong at its ends.

    Raises:
        VaultSecretInvalid: the value cannot be a client secret or token; says why and shows none of it.

    """
    text = strip_marks(value)
    wrong = _what_is_wrong(text)
    if wrong:
        raise VaultSecretInvalid(f"the secret {name} {wrong}")
    return text


def _what_is_wrong(text: str) -> str | None:
    place, character = next(((n, c) for n, c in enumerate(text, 1) if not "!" <= c <= "~"), (0, ""))
    causes = (
        (not text, "is empty"),
        (text.lower().startswith("@microsoft.keyvault"), "is a Key Vault reference, not the secret itself"),
        (text.lower().startswith("https://"), "is an address, not the secret itself"),
        (_GUID.fullmatch(text), "is a GUID: probably the Secret ID, not the secret's Value"),
        (text.startswith(("{", "[")), "is JSON, not the bare value"),
        (text.startswith(_QUOTES) or text.endswith(_QUOTES), "is in quotes"),
        (place, f"has {_shown(character)} at position {place}; only printable ASCII without spaces is valid"),
    )
    return next((wrong for found, wrong in causes if found), None)


def _shown(character: str) -> str:
    return "a space" if character == " " else f"the character U+{ord(character or ' '):04X}"
