"""Secrets in Key Vault: read once per run, even if accounts share them, checked, and stored as new versions."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import requests
from azure.keyvault.secrets import KeyVaultSecret, SecretClient

from shared.azure_services.call import library_call
from shared.azure_services.refusals import VAULT
from shared.errors import VaultSecretInvalid
from shared.net.attempt import UnreadableAnswerError, current_attempt
from shared.net.retry import Retry
from shared.net.service import Call
from shared.net.single_flight import SingleFlightCache
from shared.settings.setting import trim

_OWN_ADDRESS = (
    "Set KEY_VAULT_URL to the vault's own address, https://<vault>.vault.azure.net. Behind a custom host name, or a proxy that "
    "answers in its place, the vault cannot prove its identity."
)

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_QUOTES = tuple("\"'`\u2018\u2019\u201c\u201d")


@dataclass(frozen=True)
class Secret:
    """A secret in the vault. Its value is excluded from repr."""

    name: str
    value: str = field(repr=False)
    content_type: str | None = None
    expires_on: datetime | None = None
    created_on: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Vault:
    """The run's vault, accessed with the SDK's client."""

    def __init__(self, client: SecretClient, retry: Retry) -> None:
        self._client = client
        self._retry = retry
        self._secrets: SingleFlightCache[str, Secret] = SingleFlightCache()

    def secret(self, name: str) -> Secret:
        """Return the newest version of a secret, with invisible marks and spaces around its value removed.

        Raises:
            VaultUnreachable, VaultAccessDenied, VaultSecretMissing, VaultSecretDisabled: depending on the response.
            VaultSecretInvalid: the secret is empty.
            IdentityUnavailable: there was no token for the vault.

        """
        found = self._secrets.get(name, lambda: self._call(name, lambda: self._get(name)))
        if not found.value:
            raise VaultSecretInvalid(f"{self._where(name)} is empty")
        return found

    def store(
        self,
        name: str,
        value: str,
        *,
        content_type: str,
        expires_on: datetime,
        tags: Mapping[str, str],
        replacing: str | None = None,
    ) -> None:
        """Store a new version of a secret; earlier versions are kept.

        With `replacing`, each attempt first reads the secret and leaves it unchanged if it has any other value, because
        Key Vault has no conditional store.

        Raises:
            VaultUnreachable, VaultAccessDenied, IdentityUnavailable: as for reading; also if the response does not
                contain the new value, as a vault's response does.

        """

        def attempt() -> Secret:
            if replacing is not None and (current := self._get(name)).value != replacing:
                return current
            stored = self._read(
                lambda: self._client.set_secret(
                    name, value, content_type=content_type, expires_on=expires_on, tags=dict(tags)
                )
            )
            if stored.value != value:
                raise UnreadableAnswerError("the response does not confirm that the new version was stored")
            return stored

        self._call(name, attempt)

    def _get(self, name: str) -> Secret:
        found = self._read(lambda: self._client.get_secret(name))
        if found.name.lower() != name.lower():
            raise UnreadableAnswerError("the response is about another secret")
        return replace(found, name=name)

    def _read(self, ask: Callable[[], KeyVaultSecret]) -> Secret:
        try:
            return library_call(lambda: _secret(ask()))
        except UnreadableAnswerError:
            answer = current_attempt().answer
            if answer is None or answer.status_code != requests.codes.unauthorized:
                raise
        # The client checks which host a challenge refers to before it sends a token.
        raise UnreadableAnswerError("the server did not identify itself as this vault", remedy=_OWN_ADDRESS)

    def _where(self, name: str) -> str:
        return f"the secret {name} in {self._client.vault_url}"

    def _call(self, name: str, attempt: Callable[[], Secret]) -> Secret:
        host = urlsplit(self._client.vault_url).hostname or ""
        names = {"vault": host.partition(".")[0], "name": name}
        return self._retry.call(attempt, Call(VAULT, self._where(name), names=names))


def _secret(found: KeyVaultSecret) -> Secret:
    """Check what the client returns: it decodes the response only here, accepts any value and checks no times."""
    value, properties = (current_attempt().members or {}).get("value"), found.properties
    times = (properties.expires_on, properties.created_on)
    if not isinstance(value, str | None) or not all(isinstance(time, datetime | None) for time in times):
        raise UnreadableAnswerError("the response is not a secret")
    return Secret(found.name or "", trim(found.value or ""), properties.content_type, *times, properties.tags or {})


def check_value(secret: Secret) -> None:
    """Reject a value that cannot be a client secret or a refresh token, before it is sent anywhere.

    Raises:
        VaultSecretInvalid: the message says what was found, and where, but shows none of it.

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
