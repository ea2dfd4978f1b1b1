"""Secrets in Key Vault: read once per run, however many accounts share them, stored as new versions."""

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
from shared.settings.visible import trim

_OWN_ADDRESS = (
    "Set KEY_VAULT_URL to the vault's own address, https://<vault>.vault.azure.net: under a host name of your own, or behind "
    "a proxy that answers for it, nothing proves that it is the vault."
)


@dataclass(frozen=True)
class Secret:
    """A secret of the vault; its value is in no repr."""

    name: str
    value: str = field(repr=False)
    content_type: str | None = None
    expires_on: datetime | None = None
    created_on: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Vault:
    """The vault of the run, over the SDK's client."""

    def __init__(self, client: SecretClient, retry: Retry) -> None:
        self._client = client
        self._retry = retry
        self._secrets: SingleFlightCache[str, Secret] = SingleFlightCache()

    def secret(self, name: str) -> Secret:
        """Return the newest version of a secret, without the marks and space around its value.

        Raises:
            VaultUnreachable, VaultAccessDenied, VaultSecretMissing, VaultSecretDisabled: by the vault's answer.
            VaultSecretInvalid: the secret is empty.
            IdentityUnavailable: there was no token for the vault.

        """
        return self._secrets.get(name, lambda: self.newest(name))

    def newest(self, name: str) -> Secret:
        """Fetch the newest version, bypassing the cache; raises as `secret`."""
        found = self._call(name, lambda: self._get(name))
        if not found.value:
            raise VaultSecretInvalid(f"{self._where(name)} is empty")
        return found

    def _get(self, name: str) -> Secret:
        found = library_call(lambda: _secret(self._client.get_secret(name)))
        if found.name.lower() != name.lower():
            raise UnreadableAnswerError("its answer is about another secret")
        return replace(found, name=name)

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

        With `replacing`, each attempt looks first: a secret with any other value is left alone, because Key Vault cannot
        store on a condition.

        Raises:
            VaultUnreachable, VaultAccessDenied, IdentityUnavailable: as for reading; also when the answer does not hold the
                new value, as the vault's own answer does.

        """

        def attempt() -> Secret:
            if replacing is not None and (current := self._get(name)).value != replacing:
                return current
            stored = library_call(
                lambda: self._client.set_secret(
                    name, value, content_type=content_type, expires_on=expires_on, tags=dict(tags)
                )
            )
            if stored.value != value:
                raise UnreadableAnswerError("its answer does not say that the new version was stored")
            return _secret(stored)

        self._call(name, attempt)

    def _where(self, name: str) -> str:
        return f"the secret {name} in {self._client.vault_url}"

    def _call(self, name: str, call: Callable[[], Secret]) -> Secret:
        def attempt() -> Secret:
            try:
                return call()
            except UnreadableAnswerError as error:
                answer = current_attempt().answer
                if answer is not None and answer.status_code == requests.codes.unauthorized:
                    # The client checks where the challenge leads before it sends a token anywhere.
                    raise UnreadableAnswerError(
                        "what answers there does not identify itself as this vault", remedy=_OWN_ADDRESS
                    ) from None
                raise error from None

        host = urlsplit(self._client.vault_url).hostname or ""
        names = {"vault": host.partition(".")[0], "name": name}
        return self._retry.call(attempt, Call(VAULT, self._where(name), names=names))


def _secret(found: KeyVaultSecret) -> Secret:
    """Read what the client gives: it decodes the answer only here, and checks no type or makes a text of anything."""
    sent, properties = current_attempt().members, found.properties
    expected: tuple[tuple[object, type], ...] = (
        (found.name, str),
        ((sent or {}).get("value"), str),
        (properties.content_type, str),
        (properties.expires_on, datetime),
        (properties.created_on, datetime),
        (properties.tags, dict),
    )
    if not all(value is None or isinstance(value, kind) for value, kind in expected):
        raise UnreadableAnswerError("its answer is not a secret")
    return Secret(
        name=found.name or "",
        value=trim(found.value or ""),
        content_type=properties.content_type,
        expires_on=properties.expires_on,
        created_on=properties.created_on,
        tags=properties.tags or {},
    )
