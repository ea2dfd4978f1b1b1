"""`consent`: the one sign-in with MFA that the app+user mode needs; its refresh token is stored in Key Vault.

Source: https://learn.microsoft.com/partner-center/developer/enable-secure-app-model
"""

import os
import warnings
import webbrowser
from collections.abc import Sequence
from contextlib import nullcontext, suppress
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
from shared.azure_services.call import library_call
from shared.azure_services.refusals import VAULT
from shared.azure_services.vault import Vault
from shared.errors import (
    ConsentRequired,
    MfaRequired,
    VaultAccessDenied,
    VaultSecretDisabled,
    VaultSecretInvalid,
    VaultSecretMissing,
)
from shared.net.foreign_text import one_line
from shared.net.service import Call
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
    typer.Option(min=0, max=65535, help="The port of this machine that the browser comes back to; 0: any free one."),
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
    state = "No token was stored."
    with interruptible(lambda: state), open_services(known, stop=STOP) as built:
        vault, name = _place(built, chosen)
        built.check_clock(known.vault_url)  # the token's end is counted from today
        tokens, token = _sign_in(built, chosen, port, browser=not no_browser)
        _try_out(built, chosen, tokens)
        state = f"The token may have been stored as the secret {name}; `python -m cli check` shows its age."
        now = built.now()
        end = refresh_token.store(vault, chosen, name, token, now)
    left = f"valid until {end:%Y-%m-%d} ({days_left(end, now)} days)"
    say(f"{chosen.name}: stored as the secret {name}, {left}. The job renews it weekly.")


def _one(accounts: Sequence[Account], *, named: bool) -> Account:
    """Return the account to sign in for: the one that has a user."""
    with_user = [account for account in accounts if account.app_user]
    if not with_user:
        who = f"{accounts[0].name} works as an app," if named else "No account works with a user: each works as an app,"
        raise CommandFailed(
            f"{who} without a user's consent.",
            "Set PARTNER_AUTH to app_user and PARTNER_REFRESH_TOKEN_NAME to the name for the token's secret; "
            "docs/sign-in.md says when that is needed.",
        )
    if len(with_user) > 1:
        raise typer.BadParameter(f"choose one with --account: {', '.join(account.name for account in with_user)}.")
    return with_user[0]


def _place(built: Services, account: Account) -> tuple[Vault, str]:
    """Return the vault and the secret's name, and find out before anybody signs in that the name can be used.

    Raises:
        CommandFailed: the secret was deleted and can be recovered: it keeps its name.
        SnapshotError: the vault cannot be reached.

    """
    vault, name, url = built.vault, account.refresh_token_name, built.settings.vault_url
    if vault is None or name is None or url is None:
        raise CommandFailed(
            "There is no place to store the token.", "Set KEY_VAULT_URL and PARTNER_REFRESH_TOKEN_NAME."
        )
    try:
        vault.secret(name)
    except VaultSecretMissing:
        client = built.closing.enter_context(SecretClient(url, built.identity, **built.options))
        where = Call(VAULT, f"the deleted secret {name} in {url}")
        with suppress(VaultSecretMissing, VaultAccessDenied):  # not deleted, or no right to look
            built.retry.call(lambda: library_call(lambda: client.get_deleted_secret(name)), where)
            vault_name = str(urlsplit(url).hostname).partition(".")[0]
            raise CommandFailed(
                f"The secret {name} was deleted and can be recovered; until then its name cannot be used.",
                f"Run `az keyvault secret recover --vault-name {vault_name} --name {name}`, then this again.",
            ) from None
    except (VaultAccessDenied, VaultSecretDisabled, VaultSecretInvalid):
        pass  # a new version can be stored all the same
    return vault, name


def _sign_in(built: Services, account: Account, port: int, *, browser: bool) -> tuple[Tokens, str]:
    """Sign in with an authorization code and PKCE; return the tokens, and the refresh token among them.

    Raises:
        SnapshotError: those of the vault, the identity and the sign-in.
        CommandFailed: the answer belongs to another sign-in, or holds no refresh token.

    """
    credential = app_credential(account, built.vault, built.identity)
    app: Any = confidential_app(account, credential, built.session)
    scope = f"{account.cloud.audience}/user_impersonation"
    with Loopback(port) if browser else nullcontext() as loopback, warnings.catch_warnings():
        # MSAL would have the answer posted; an address that is pasted carries it itself, and is worth nothing without PKCE.
        warnings.filterwarnings("ignore", "response_mode", UserWarning)
        back = loopback.address if loopback else f"http://localhost:{port or PORT}"
        flow: dict[str, Any] = app.initiate_auth_code_flow([scope], redirect_uri=back, prompt="login")
        where = "in a browser on any machine, and sign in" if loopback is None else "on this machine if none opens"
        opening = "" if loopback is None else "opening the browser to sign in; "
        say(f"{account.name}: {opening}open this address {where}:\n\n{flow['auth_uri']}\n")
        if loopback:
            webbrowser.open(flow["auth_uri"])
            answer = loopback.wait(flow["state"], SIGN_IN_SECONDS)
        else:
            say("The browser ends at a page that cannot be shown; its address begins with http://localhost.")
            answer = parameters(typer.prompt("Paste that address here").strip())
    if answer.get("state") != flow["state"]:
        again = "Run the command again and paste the whole address it ends at."
        raise CommandFailed("The address does not belong to this sign-in.", again)
    if "error" in answer:
        says = one_line(f"{answer['error']} {answer.get('error_description', '')}")
        remedy = "Run this again and accept the permissions, as a user who may; docs/sign-in.md says which."
        raise ConsentRequired(f"the sign-in ended without consent: {says}", remedy=remedy)
    sign_in = SignIn(built.session, built.retry)
    tokens = sign_in.with_code(account, credential, lambda app: app.acquire_token_by_auth_code_flow(flow, answer))
    if tokens.refresh_token is None:
        remedy = "Allow the app the delegated permission offline_access, and run this again."
        raise CommandFailed("The sign-in gave no refresh token.", remedy)
    return tokens, tokens.refresh_token


def _try_out(built: Services, account: Account, tokens: Tokens) -> None:
    """Read the balance with the token; raises MfaRequired when Partner Center says that MFA was missing."""
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
