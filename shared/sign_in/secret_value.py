"""The value of a client secret or refresh token, checked before it is sent anywhere."""

import re

from shared.azure_services.vault import Secret
from shared.errors import VaultSecretInvalid

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_QUOTES = tuple("\"'`\u2018\u2019\u201c\u201d")


def check_value(secret: Secret) -> None:
    """Refuse what cannot be a client secret or a token.

    Raises:
        VaultSecretInvalid: says what is there instead, and where, and shows none of it.

    """
    text = secret.value
    place = next((place for place, character in enumerate(text, 1) if not "!" <= character <= "~"), 0)
    character = f"the character U+{ord(text[place - 1]):04X}" if text[place - 1] != " " else "a space"
    causes = (
        (text.lower().startswith("@microsoft.keyvault"), "is a Key Vault reference, not the secret itself"),
        (text.lower().startswith("https://"), "is an address, not the secret itself"),
        (_GUID.fullmatch(text), "is a GUID: probably the Secret ID, not the secret's Value"),
        (text.startswith(("{", "[")), "is JSON, not the bare value"),
        (text.startswith(_QUOTES) or text.endswith(_QUOTES), "is in quotes"),
        (place, f"has {character} at position {place}; only printable ASCII without spaces is valid"),
    )
    for found, wrong in causes:
        if found:
            raise VaultSecretInvalid(f"the secret {secret.name} {wrong}")
