"""What cannot be seen in a value: marks around it, invisible characters inside it, quotes around it."""

import unicodedata

_AROUND = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"
_MARK_IN_LATIN_1 = "\u00ef\u00bb\u00bf"
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_INVISIBLE = ("Cf", "Cc", "Zl", "Zp", "Cs", "Co")


def trim(text: str) -> str:
    """Take byte order marks, zero-width characters and white space off both ends; editors and Windows PowerShell write them."""
    while (shorter := text.strip().strip(_AROUND).removeprefix(_MARK_IN_LATIN_1)) != text:
        text = shorter
    return text


def hidden_problem(text: str, allowed: str = "") -> str | None:
    """Return what a person cannot see in a trimmed value, with its place (characters from 1), or None."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in (_QUOTES[text[0]], text[0]):
        return f"has quotes around it, at characters 1 and {len(text)}"
    for place, character in enumerate(text, 1):
        if character in allowed:
            continue
        if unicodedata.category(character) in _INVISIBLE or (character != " " and character.isspace()):
            name = unicodedata.name(character, "CONTROL CHARACTER").lower()
            return f"has an invisible character at character {place} (U+{ord(character):04X}, {name})"
    return None
