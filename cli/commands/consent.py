"""`consent`: the one-time sign-in with MFA for app_user; its refresh token is stored in Key Vault.

Source: https://learn.microsoft.com/partner-center/developer/enable-secure-app-model
"""

import os
import warnings
import webbrowser
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from threading import Thread
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

import typer
from azure.keyvault.secrets import SecretClient

from cli.support.accounts import SomeAccounts, choose
from cli.support.console import say, warn
from cli.support.failure import CommandFailed
from cli.support.interrupt import STOP, on_interrupt
from cli.support.loopback import Loopback
from cli.support.settings_source import SettingsFile, find_settings
from shared.azure_services.call import library_call
from shared.azure_services.refusals import VAULT
from shared.azure_services.vault import Vault
from shared.errors import ConsentRequired, MfaRequired, PermanentError, VaultAccessDenied, VaultSecretMissing
from shared.net.foreign_text import one_line
from shared.net.service import Call
from shared.services import Services, open_services
from shared.settings.accounts import Account
from shared.settings.setting import trim
from shared.sign_in import refresh_token
from shared.sign_in.app_credential import app_credential
from shared.sign_in.entra import SignIn, Tokens, confidential_app
from shared.sign_in.expiry import days_left

SIGN_IN_SECONDS = 600.0
_UNUSED_ADDRESS = "http://localhost:8400"
"""Redirect address for a browser on another machine. Nothing answers there: the user pastes the address."""

NoBrowser = Annotated[
    bool,
    typer.Option("--no-browser", help="Print an address to open on any machine, then ask for the address it ends at."),
]


def command(*, settings: SettingsFile = None, account: SomeAccounts = None, no_browser: NoBrowser = False) -> None:
    """Sign in once with MFA as the user that an account with PARTNER_AUTH app_user acts for.

    Opens the browser, reads the balance with the new token, and stores the refresh token in Key Vault only if Partner Center
    accepts it and does not report that MFA was missing. The job then renews it. Your Azure sign-in needs permission to set
    secrets. The app registration needs the redirect URI http://localhost (type: Web).

    Examples:
      python -m cli consent
      python -m cli consent --account Contoso --no-browser

    """
    config = find_settings(os.environ, settings).read()
    chosen = _only_account(choose(config.accounts, account), named=bool(account))
    on_interrupt(lambda: "No token was stored.")
    with open_services(config, stop=STOP) as services:
        vault, name = services.vault, chosen.refresh_token_name
        if vault is None or name is None:
            raise CommandFailed("There is nowhere to store the token.", "Set PARTNER_REFRESH_TOKEN_NAME.")
        _check_name(services, vault, name)
        services.check_clock(config.vault_url)  # the token's expiry date is counted from today
        token = _sign_in(services, chosen, browser=not no_browser)
        on_interrupt(lambda: f"The token may be in the secret {name} now; `python -m cli check` shows its age.")
        now = services.now()
        end = refresh_token.store(vault, chosen, name, token, now)
    left = f"valid until {end:%Y-%m-%d} ({days_left(end, now)} days)"
    say(f"{chosen.name}: stored in the secret {name}, {left}. The job renews it weekly.")


def _only_account(accounts: Sequence[Account], *, named: bool) -> Account:
    """Return the only account that needs a user's sign-in."""
    user_accounts = [account for account in accounts if account.app_user]
    if not user_accounts:
        who = f"{accounts[0].name} signs in as an app," if named else "Every account signs in as an app,"
        raise CommandFailed(
            f"{who} without a user's consent.",
            "Set PARTNER_AUTH to app_user and PARTNER_REFRESH_TOKEN_NAME to the name for the token's secret; "
            "docs/sign-in.md says when that is needed.",
        )
    if len(user_accounts) > 1:
        raise typer.BadParameter(f"choose one with --account: {', '.join(account.name for account in user_accounts)}.")
    return user_accounts[0]


def _check_name(services: Services, vault: Vault, name: str) -> None:
    """Check before the sign-in that the vault can be reached and the secret's name can be used.

    Raises:
        CommandFailed: the secret was deleted but not purged, so its name is still taken.
        SnapshotError: the vault cannot be reached.

    """
    try:
        vault.secret(name)
    except VaultSecretMissing:
        url = str(services.settings.vault_url)
        client = services.closing.enter_context(SecretClient(url, services.identity, transport=services.transport))
        names = {"vault": str(urlsplit(url).hostname).partition(".")[0], "name": name}
        call = Call(VAULT, f"the deleted secret {name} in {url}", names=names)
        with suppress(VaultSecretMissing, VaultAccessDenied):  # not deleted, or no permission to look
            services.retry.call(lambda: library_call(lambda: client.get_deleted_secret(name)), call)
            raise CommandFailed(
                f"The secret {name} was deleted but not purged, so its name cannot be used until it is recovered.",
                f"Run `az keyvault secret recover --vault-name {names['vault']} --name {name}`, then run this again.",
            ) from None
    except PermanentError:
        pass  # a new version can still be stored


def _sign_in(services: Services, account: Account, *, browser: bool) -> str:
    """Sign in with an authorization code and PKCE, test the tokens, and return the refresh token.

    Raises:
        SnapshotError: an error of the vault, the identity, the sign-in or Partner Center.
        CommandFailed: the response belongs to another sign-in, or has no refresh token.

    """
    credential = app_credential(account, services.vault, services.identity)
    app = confidential_app(account, credential, services.session)
    flow, answer = _authorize(account, app, browser=browser)
    if answer.get("state") != flow["state"] or not {"code", "error"} & set(answer):
        remedy = "Run the command again and paste the complete address that the browser ends at."
        raise CommandFailed("The address is incomplete, or it belongs to another sign-in.", remedy)
    if "error" in answer:
        text = one_line(f"{answer['error']} {answer.get('error_description', '')}")
        remedy = "Run this again as a user who may accept the permissions, and accept them (docs/sign-in.md)."
        raise ConsentRequired(f"the sign-in ended without consent: {text}", remedy=remedy)
    sign_in = SignIn(services.session, services.retry)
    tokens = sign_in.with_code(account, credential, lambda app: app.acquire_token_by_auth_code_flow(flow, answer))
    if tokens.refresh_token is None:
        remedy = "Grant the app the delegated permission offline_access, then run this again."
        raise CommandFailed("The sign-in returned no refresh token.", remedy)
    _verify(services, account, tokens)
    return tokens.refresh_token


def _authorize(account: Account, app: Any, *, browser: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Let the user sign in, in this machine's browser or any other; return MSAL's flow and the response's parameters."""
    scope = f"{account.cloud.audience}/user_impersonation"
    with Loopback() if browser else nullcontext() as loopback, warnings.catch_warnings():
        # MSAL recommends form_post; a pasted address must carry the response itself, and is worthless without PKCE.
        warnings.filterwarnings("ignore", "response_mode", UserWarning)
        redirect = loopback.address if loopback else _UNUSED_ADDRESS
        flow: dict[str, Any] = app.initiate_auth_code_flow([scope], redirect_uri=redirect, prompt="login")
        if loopback:
            text = "opening the browser to sign in. If it does not open, open this address on this machine"
            say(f"{account.name}: {text}:\n\n{flow['auth_uri']}\n")
            Thread(target=webbrowser.open, args=(flow["auth_uri"],), daemon=True).start()  # some return when closed
            return flow, loopback.wait(flow["state"], SIGN_IN_SECONDS)
    say(f"{account.name}: open this address in a browser on any machine, and sign in:\n\n{flow['auth_uri']}\n")
    say("The browser will end at a page that it cannot display. Its address begins with http://localhost.")
    return flow, dict(parse_qsl(urlsplit(trim(typer.prompt("Paste that address here")).strip("\"'<>")).query))


def _verify(services: Services, account: Account, tokens: Tokens) -> None:
    """Read the balance with the token; raises MfaRequired if Partner Center reports that MFA was missing."""
    invoices = services.reader.partner_center(account, tokens, validate_mfa=True).invoices
    summary = invoices.summaries.get()[0] if account.all_currencies else invoices.summary.get()
    compliant = summary.receipt.mfa_compliant
    if compliant is False:
        raise MfaRequired("Partner Center reports that this sign-in was without MFA, so the token was not stored")
    say("Partner Center accepted the token and returned the balance.")
    if compliant is None:
        warn(
            "Partner Center did not report whether the sign-in used MFA. If you were not asked for a second factor, require MFA for "
            "this user and run this again."
        )
