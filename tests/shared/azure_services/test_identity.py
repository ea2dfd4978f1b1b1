"""The Azure identity, with the real managed-identity client and a simulated endpoint."""

import time
from collections.abc import Callable
from contextlib import closing

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceResponseError
from azure.identity import CredentialUnavailableError, DefaultAzureCredential

from shared.azure_services.identity import CachedCredential, azure_credential
from shared.errors import IdentityUnavailable
from shared.net.retry import Retry
from shared.services import Services
from standin import StandIn
from standin.faults import Status, html

VAULT = "https://vault.azure.net/.default"


class Tokens:
    """A credential that returns numbered tokens with the same lifetime, or raises."""

    def __init__(self, seconds: float = 3600, error: Exception | None = None) -> None:
        self.asked: list[tuple[object, object]] = []
        self._seconds = seconds
        self._error = error

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        """Return the next token."""
        self.asked.append((scopes, options))
        if self._error is not None:
            raise self._error
        return AccessToken(f"token-{len(self.asked)}", int(time.time() + self._seconds))


def test_the_settings_choose_the_identity(world: StandIn, identity: CachedCredential, retry: Retry) -> None:
    """A function app may have two: without AZURE_CLIENT_ID, the system-assigned one is used."""
    with closing(azure_credential(in_azure=True, client_id=None)) as credential:
        tokens = [some.get_token(VAULT).token for some in (identity, CachedCredential(credential, retry))]
    owners = [world.tokens.read_bearer(f"Bearer {token}", None)["oid"] for token in tokens]
    assert owners == [world.identity.user_assigned.object_id, world.identity.system_assigned.object_id]


@pytest.mark.parametrize("without", [False, True])
def test_elsewhere_it_is_the_developers_own_sign_in(
    world: StandIn,
    services: Services,
    without: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A server with the Arc agent also has a managed identity, but it is not the developer's."""
    made = azure_credential(
        in_azure=False, client_id=None, without_managed_identity=without, transport=services.transport
    )
    with closing(made) as credential:
        assert isinstance(credential, DefaultAzureCredential)
        kinds = {type(one).__name__ for one in credential.credentials}
        assert without or credential.get_token(VAULT)
    assert ("ManagedIdentityCredential" in kinds, "AzureCliCredential" in kinds) == (not without, True)
    assert len(services.session.skews) == (not without), "asked over the run's session"


def test_an_endpoint_that_stays_down_is_unavailable(
    world: StandIn, identity: CachedCredential, waits: list[float]
) -> None:
    """There are four attempts, however many accounts ask, and the error names the cause."""
    world.faults.add("identity", Status(503), times=None)
    for _ in range(3):
        with pytest.raises(IdentityUnavailable, match="answered 503"):
            identity.get_token(VAULT)
    assert waits == [1, 2, 4]
    assert world.journal.count("identity") == 4


@pytest.mark.parametrize(
    "fault",
    [
        *(html(200), html(403), Status(404), Status(401, "you sent it", {"WWW-Authenticate": "Basic"})),
        *(Status(200, body) for body in ("{}", '{"access_token": 5}', '{"access_token": "a", "expires_on": "soon"}')),
        *(Status(200, f'{{"access_token": {token}, "expires_on": "4102444800"}}') for token in ("true", '"a\\nb"')),
    ],
    ids=str,
)
def test_a_response_without_a_token_is_unavailable(world: StandIn, identity: CachedCredential, fault: Status) -> None:
    """Whatever responds there."""
    world.faults.add("identity", fault, times=None)
    with pytest.raises(IdentityUnavailable):
        identity.get_token(VAULT)


def test_a_token_close_to_expiry_is_renewed(retry: Retry) -> None:
    """No call starts with a token that would expire during the call."""
    tokens = Tokens(360)
    now = [time.time()]
    identity = CachedCredential(tokens, retry, clock=lambda: now[0])
    assert [identity.get_token(VAULT).token for _ in range(2)] == ["token-1", "token-1"]
    now[0] += 120
    assert identity.get_token(VAULT).token == "token-2"


FABRIC = "Service Fabric managed identity configuration not found in environment. The endpoint must use HTTPS."
ALL_SIGN_INS = "DefaultAzureCredential failed.\nAttempted credentials:\n\tA: no\n\tAzureCliCredential: Please run 'az login'.\n\tB: no"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CredentialUnavailableError("Please run az login\nmore"), "Please run az login more"),
        (ClientAuthenticationError(FABRIC), "The endpoint must use HTTPS."),
        (
            ClientAuthenticationError(ALL_SIGN_INS),
            "the Azure CLI is not signed in on this machine (Please run 'az login')",
        ),
        (ServiceResponseError("No connection adapters were found"), "No connection adapters were found"),
        (RuntimeError("of the library"), "of the library"),
    ],
)
def test_whatever_the_library_raises_is_identity_unavailable(
    retry: Retry, waits: list[float], error: Exception, words: str
) -> None:
    """With the useful part of the text, on one line, and without a retry, which would not help."""
    with pytest.raises(IdentityUnavailable) as raised:
        CachedCredential(Tokens(error=error), retry).get_token(VAULT)
    assert raised.value.message == f"the identity's token request for {VAULT}: {words}"
    assert waits == []


@pytest.mark.parametrize(
    ("name", "value"), [("AZURE_AUTHORITY_HOST", "http://x"), ("AZURE_TOKEN_CREDENTIALS", "nonsense")]
)
def test_a_variable_that_the_library_refuses_is_reported(
    retry: Retry, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The library already refuses to build the credential; the account's failure says why."""
    monkeypatch.setenv(name, value)
    with (
        closing(azure_credential(in_azure=False, client_id=None)) as credential,
        pytest.raises(IdentityUnavailable, match=f"{value}.*(invalid|Valid)"),
    ):
        CachedCredential(credential, retry).get_token(VAULT)


def test_one_request_per_token(retry: Retry) -> None:
    """Another resource or a claims challenge needs a different token from the cached one."""
    tokens = Tokens()
    ask: Callable[..., AccessToken] = CachedCredential(tokens, retry).get_token
    more = {"claims": "more", "tenant_id": "t", "enable_cae": True}
    asked = [ask(VAULT), ask(VAULT), ask("x/.default"), ask(VAULT, **more), ask(VAULT, **more)]
    assert [token.token for token in asked] == ["token-1", "token-1", "token-2", "token-3", "token-3"]
    assert tokens.asked == [((VAULT,), {}), (("x/.default",), {}), ((VAULT,), more)]
