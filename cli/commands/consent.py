"""`consent`: the one sign-in with MFA that the app+user mode needs; its refresh token is stored in Key Vault.

Source: https://learn.microsoft.com/partner-center/developer/enable-secure-app-model
"""

import os
import warnings
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from azure.keyvault.secrets import SecretClient

from cli.support.accounts import choose
from cli.support.console import say, warn
from cli.support.failure import CommandFailed
from cli.support.interrupt import STOP, interruptible
from cli.support.loopback import Loopback, parameters
from cli.support.options import OneAccount, SettingsFile
from cli.support.settings_source import find_settings
from shared.azure_services.refusals import VAULT
from shared.errors import (
    ConsentRequired,
    MfaRequired,
    VaultAccessDenied,
    VaultSecretDisabled,
    VaultSecretInvalid,
    VaultSecretMissing,
)
from shared.net.foreign_text import one_line
from shared.net.library import library_call
from shared.net.retry import Call
from shared.services import Services, open_services
from shared.settings.accounts import Account
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import app_credential
from shared.sign_in.entra import SignIn, Tokens, confidential_app
from shared.sign_in.expiry import days_left

PORT = 8400
SIGN_IN_SECONDS = 600.0

NoBrowser = Annotated[
    bool,
    typer.Option("--no-browser", help="Print the address to open on any machine, and take the address it ends at."),
]
Port = Annotated[
    int,
    typer.Option(
        min=0, max=65535, help="The port of this machine that the browser comes back to; 0 takes any free one."
    ),
]


def command(
    *, settings: SettingsFile = None, account: OneAccount = None, no_browser: NoBrowser = False, port: Port = PORT
) -> None:
    """Sign in once with MFA as the user whose consent an account with PARTNER_AUTH app_user works with.

    Opens the browser, reads the balance with the token that comes back, and stores the refresh token in Key Vault only when
    Partner Center accepts it and does not report that MFA was missing. The job renews it from then on. Your Azure sign-in needs
    the right to set secrets, and the app registration the redirect URI http://localhost (type: Web).

    Examples:
      python -m cli consent
      python -m cli consent --account Contoso --no-browser

    """
    known = find_settings(os.environ, settings).read()
    chosen = _one(choose(known.accounts, [account] if account else None), named=account is not None)
    state = ["No token was stored."]
    with interruptible(lambda: state[0]), open_services(known, stop=STOP) as built:
        _check_place(built, chosen)
        built.check_clock(known.vault_url)  # the token's end is counted from today
        tokens = _sign_in(built, chosen, (_with_pasted_address if no_browser else _with_browser)(chosen.name, port))
        _try_out(built, chosen, tokens)
        state[0] = (
            f"The token may have been stored as the secret {chosen.refresh_token_name}; `python -m cli check` shows its age."
        )
        _store(built, chosen, tokens)


def _one(accounts: Sequence[Account], *, named: bool) -> Account:
    """Return the account to sign in for: the one that has a user."""
    with_user = [account for account in accounts if account.app_user]
    if not with_user:
        raise CommandFailed(
            f"{accounts[0].name} works as an app, without a user's consent."
            if named
            else "No account works with a user's consent.",
            "Set PARTNER_AUTH to app_user and PARTNER_REFRESH_TOKEN_NAME to the name for the token's secret; "
            "docs/sign-in.md says when that is needed.",
        )
    if len(with_user) > 1:
        raise typer.BadParameter(f"choose one with --account: {', '.join(account.name for account in with_user)}.")
    return with_user[0]


def _check_place(built: Services, account: Account) -> None:
    """Find out before anybody signs in whether the token's name can be used: a deleted secret keeps its name.

    Raises:
        VaultSecretMissing: the secret was deleted and can be recovered.
        SnapshotError: the vault cannot be reached.

    """
    name, url = account.refresh_token_name, built.settings.vault_url
    if built.vault is None or name is None or url is None:
        raise CommandFailed(
            "There is no place to store the token.", "Set KEY_VAULT_URL and PARTNER_REFRESH_TOKEN_NAME."
        )
    try:
        built.vault.secret(name)
    except VaultSecretMissing:
        client = built.closing.enter_context(SecretClient(url, built.identity, **built.options))
        where = f"the deleted secret {name} in {url}"
        with suppress(VaultSecretMissing, VaultAccessDenied):  # not deleted, or no right to look
            built.retry.call(lambda: library_call(lambda: client.get_deleted_secret(name)), Call(VAULT, where))
            vault = str(urlsplit(url).hostname).partition(".")[0]
            raise CommandFailed(
                f"The secret {name} was deleted and can be recovered; until then its name cannot be used.",
                f"Run `az keyvault secret recover --vault-name {vault} --name {name}`, then this again.",
            ) from None
    except (VaultAccessDenied, VaultSecretDisabled, VaultSecretInvalid):
        return  # a new version can be stored all the same


Answer = Callable[[Callable[[str], dict[str, Any]]], tuple[dict[str, Any], dict[str, str]]]
"""Given what begins a flow for a redirect URI, returns the flow and the answer that came back."""


def _with_browser(account: str, port: int) -> Answer:
    def answer(begin: Callable[[str], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
        with Loopback(port) as loopback:
            flow = begin(loopback.address)
            say(f"{account}: opening the browser to sign in. If none opens, open this address on this machine:")
            say(f"\n{flow['auth_uri']}\n")
            webbrowser.open(flow["auth_uri"])
            return flow, loopback.wait(flow["state"], SIGN_IN_SECONDS)

    return answer


def _with_pasted_address(account: str, port: int) -> Answer:
    def answer(begin: Callable[[str], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
        flow = begin(f"http://localhost:{port or PORT}")
        say(f"{account}: open this address in a browser on any machine and sign in:")
        say(f"\n{flow['auth_uri']}\n")
        say("The browser ends at a page that cannot be shown; its address begins with http://localhost.")
        pasted: str = typer.prompt("Paste that address here")
        return flow, parameters(pasted.strip())

    return answer


def _sign_in(built: Services, account: Account, answer: Answer) -> Tokens:
    """Sign in with an authorization code and PKCE.

    Raises:
        SnapshotError: those of the vault, the identity and the sign-in.
        CommandFailed: the answer belongs to another sign-in, or holds no refresh token.

    """
    scope = f"{account.cloud.audience}/user_impersonation"
    credential = app_credential(account, built.vault, built.identity)
    flow, told = answer(partial(_begin, confidential_app(account, credential, built.session), scope))
    _check_answer(flow, told)
    tokens = SignIn(built.session, built.retry).with_code(
        account, credential, lambda app: app.acquire_token_by_auth_code_flow(flow, told)
    )
    if tokens.refresh_token is None:
        raise CommandFailed(
            "The sign-in gave no refresh token.",
            "Allow the app the delegated permission offline_access, and run this again.",
        )
    return tokens


def _begin(app: Any, scope: str, address: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        # MSAL would have the answer posted; an address that is pasted carries it itself, and is worth nothing without PKCE.
        warnings.filterwarnings("ignore", "response_mode", UserWarning)
        flow: dict[str, Any] = app.initiate_auth_code_flow([scope], redirect_uri=address, prompt="login")
    return flow


def _check_answer(flow: dict[str, Any], told: dict[str, str]) -> None:
    if told.get("state") != flow["state"]:
        raise CommandFailed(
            "The address does not belong to this sign-in.",
            "Run the command again and paste the whole address it ends at.",
        )
    if "error" in told:
        says = one_line(f"{told['error']} {told.get('error_description', '')}")
        raise ConsentRequired(
            f"the sign-in ended without consent: {says}",
            remedy="Run this again and accept the permissions, as a user who may; docs/sign-in.md says which.",
        )


def _try_out(built: Services, account: Account, tokens: Tokens) -> None:
    """Read the balance with the token.

    Raises:
        SnapshotError: those of Partner Center; MfaRequired when it says that MFA was missing.

    """
    invoices = built.reader.partner_center(account, tokens, validate_mfa=True).invoices
    summary = invoices.summaries.get()[0] if account.all_currencies else invoices.summary.get()
    if summary.receipt.mfa_compliant is False:
        raise MfaRequired("Partner Center says that this sign-in was without MFA; the token is not stored")
    say("Partner Center accepted the token and returned the balance.")
    if summary.receipt.mfa_compliant is None:
        warn(
            "Partner Center did not say whether the sign-in was with MFA. If no second factor was asked for, require MFA for this user "
            "and run this again."
        )


def _store(built: Services, account: Account, tokens: Tokens) -> None:
    name = account.refresh_token_name
    if built.vault is None or name is None or tokens.refresh_token is None:
        raise TypeError("checked before")
    now = built.now()
    end = refresh_token.store(built.vault, account, name, tokens.refresh_token, now)
    say(
        f"{account.name}: stored as the secret {name}, valid until {end:%Y-%m-%d} ({days_left(end, now)} days). The job renews it weekly."
    )
