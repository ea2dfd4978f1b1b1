"""The Azure identity that the job runs as: the function's managed identity, or the developer's sign-in."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, DefaultAzureCredential, ManagedIdentityCredential

from shared.azure_services.call import library_call
from shared.azure_services.refusals import IDENTITY
from shared.errors import SnapshotError
from shared.net.attempt import CallError, NoAnswerError, UnreadableAnswerError
from shared.net.foreign_text import one_line
from shared.net.retry import Retry
from shared.net.service import Call
from shared.net.single_flight import SingleFlightCache

_AZURE_CLI = re.compile(r"^\s*AzureCliCredential:(.*)", re.MULTILINE)
_LIBRARYS_OWN = re.compile(r"\A.*configuration not found in environment\.\s*", re.DOTALL)

RENEW_SECONDS = 300
"""A token with less time left than this is replaced."""

_TOKEN = re.compile(r"[!-~]+")


class CachedCredential:
    """A credential for the Azure SDK's clients: one request per token for all threads, with the job's own retries.

    `get_token` raises IdentityUnavailable.
    """

    def __init__(
        self,
        credential: TokenCredential,
        retry: Retry,
        clock: Callable[[], float] = time.time,
        sanitize: Callable[[Any], str] = one_line,
    ) -> None:
        self._credential = credential
        self._retry = retry
        self._clock = clock
        self._sanitize = sanitize
        self._tokens: SingleFlightCache[tuple[object, ...], AccessToken] = SingleFlightCache()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for the scopes, as azure-core's TokenCredential protocol requires."""
        key, ask = (scopes, *sorted(options.items())), partial(self._ask, scopes, options)
        token = self._tokens.get(key, ask)
        if token.expires_on - self._clock() < RENEW_SECONDS:
            self._tokens.forget(key)
            token = self._tokens.get(key, ask)
        return token

    def _ask(self, scopes: tuple[str, ...], options: dict[str, Any]) -> AccessToken:
        def get_token() -> AccessToken:
            try:
                return self._credential.get_token(*scopes, **options)
            except ClientAuthenticationError as error:
                # The default credential tries and lists many sign-ins; people use the CLI's.
                if match := _AZURE_CLI.search(str(error)):
                    reason = match[1].strip().rstrip(".")
                    raise self._no_token(f"the Azure CLI is not signed in on this machine ({reason})") from None
                raise

        def attempt() -> AccessToken:
            try:
                answer: Any = library_call(get_token)
            except (CallError, SnapshotError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever the library raises, there is no token
                raise self._no_token(_LIBRARYS_OWN.sub("", str(error))) from None
            if not isinstance(answer.token, str) or not _TOKEN.fullmatch(answer.token):
                raise UnreadableAnswerError("the response contains no readable token")
            return AccessToken(answer.token, answer.expires_on)

        return self._retry.call(attempt, Call(IDENTITY, f"the identity's token request for {scopes[0]}"))

    def _no_token(self, reason: str) -> NoAnswerError:
        return NoAnswerError(self._sanitize(reason), may_pass=False)


class _NoCredential:
    """Replaces a credential that the library cannot build from the environment, and gives the reason when used."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def get_token(self, *_: Any, **__: Any) -> AccessToken:
        raise CredentialUnavailableError(message=self._reason)

    def close(self) -> None:
        pass


def azure_credential(
    *, in_azure: bool, client_id: str | None, without_managed_identity: bool = False, transport: Any = None
) -> ManagedIdentityCredential | DefaultAzureCredential | _NoCredential:
    """Build the credential, which must be closed: the managed identity in Azure, the developer's sign-in elsewhere.

    `without_managed_identity`: on a server, the Arc agent sets IDENTITY_ENDPOINT for every user
    (https://github.com/Azure/azure-sdk-for-python/issues/38183).
    """
    try:
        if in_azure:
            return ManagedIdentityCredential(client_id=client_id, transport=transport)
        return DefaultAzureCredential(exclude_managed_identity_credential=without_managed_identity, transport=transport)
    except ValueError as error:  # an invalid AZURE_ variable in the environment
        return _NoCredential(str(error))
