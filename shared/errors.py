"""Exception hierarchy: errors that may pass without action, and errors that need someone to act.

    SnapshotError
    ├── TransientError                     the next attempt, retry or run of the day may succeed
    │   ├── VaultUnreachable        vault-unreachable
    │   ├── IdentityUnavailable     identity-unavailable
    │   ├── SignInUnavailable       sign-in-unavailable
    │   ├── PartnerThrottled        partner-throttled
    │   ├── PartnerUnavailable      partner-unavailable
    │   ├── PartnerBadResponse      partner-bad-response
    │   └── TableUnreachable        table-unreachable
    └── PermanentError                 persists until someone applies the remedy
        ├── SettingsInvalid         settings-invalid
        ├── ClockWrong              clock-wrong
        ├── VaultAccessDenied       vault-access-denied
        ├── VaultSecretMissing      vault-secret-missing
        ├── VaultSecretDisabled     vault-secret-disabled
        ├── VaultSecretInvalid      vault-secret-invalid
        ├── SignInRejected          sign-in-rejected
        ├── ConsentRequired         consent-required
        ├── MfaRequired             mfa-required
        ├── WrongAudience           wrong-audience
        ├── AppOnlyRefused          app-only-refused
        ├── PartnerAccessDenied     partner-access-denied
        ├── TableAccessDenied       table-access-denied
        ├── TableMissing            table-missing
        └── Unexpected              unexpected

The codes are a contract with alerts and scripts. docs/errors.md is generated from the docstrings and remedies.
"""

import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from traceback import extract_tb
from typing import Any, ClassVar


@dataclass(frozen=True)
class Ids:
    """The two ids that Microsoft's support asks for: MS-RequestId and MS-CorrelationId."""

    request_id: str | None = None
    correlation_id: str | None = None


NO_IDS = Ids()

MAX_TEXT_LENGTH = 600
"""Characters of a message, a remedy, or one problem in a list: somebody reads it in the middle of the night."""

_MAX_LIST_LENGTH = 5_900


class SnapshotError(Exception):
    """A failure with a stable code, a message that says what happened and where, and a remedy."""

    code: ClassVar[str]
    usual_remedy: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Derive the code from the name: VaultUnreachable is `vault-unreachable`."""
        cls.code = re.sub(r"\B(?=[A-Z])", "-", cls.__name__).lower()

    def __init__(self, message: str, *, remedy: str | None = None, ids: Ids = NO_IDS) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.usual_remedy
        self.ids = ids
        self.may_pass = isinstance(self, TransientError)

    def fields(self) -> dict[str, Any]:
        """Return what a marked line and the ledger say of this error."""
        return {
            "code": self.code,
            "mayPass": self.may_pass,
            "message": self.message,
            "remedy": self.remedy,
            "requestId": self.ids.request_id,
            "correlationId": self.ids.correlation_id,
        }


class TransientError(SnapshotError):
    """A failure that may pass without action."""


class PermanentError(SnapshotError):
    """A failure that persists until someone acts."""


class VaultUnreachable(TransientError):
    """Key Vault gave no usable answer within the time limit."""

    usual_remedy = (
        "The next run tries again. If it persists, check that KEY_VAULT_URL is the vault's address "
        "(https://<vault>.vault.azure.net), that the vault exists, and that its firewall allows the function."
    )


class IdentityUnavailable(TransientError):
    """The Azure identity that runs the job gave no token."""

    usual_remedy = (
        "In Azure: check that the identity is assigned to the function app (Identity > User assigned) and that AZURE_CLIENT_ID is "
        "its client id. On your own machine: sign in with `az login`."
    )


class SignInUnavailable(TransientError):
    """Entra ID gave no usable answer to the sign-in within the time limit."""

    usual_remedy = (
        "The next run tries again. If it persists, check https://status.azure.com, any proxy in between, and PARTNER_LOGIN_URL if "
        "you set it."
    )


class PartnerThrottled(TransientError):
    """Partner Center refused because the tenant made too many requests (429)."""

    usual_remedy = (
        "The next run tries again. If it persists, find out what else calls Partner Center for this tenant so often: the limit is "
        "the tenant's, and this job makes one call per day."
    )


class PartnerUnavailable(TransientError):
    """Partner Center gave no usable answer within the time limit."""

    usual_remedy = (
        "The next run tries again. If it persists, check the network in between (name resolution, firewall, proxy) and PARTNER_API_URL "
        "if you set it. If Partner Center did answer, give Microsoft's support the request id and the correlation id of this message."
    )


class PartnerBadResponse(TransientError):
    """Partner Center answered, but not with a readable balance; nothing was recorded."""

    usual_remedy = (
        "The next run tries again. If it persists, give Microsoft's support the request id and the correlation id of this message, "
        "and check PARTNER_API_URL if you set it."
    )


class TableUnreachable(TransientError):
    """Table Storage gave no usable answer within the time limit."""

    usual_remedy = (
        "The next run tries again. If it persists, check that SNAPSHOT_TABLE_ENDPOINT, or SNAPSHOT_ARCHIVE_ENDPOINT for the archive, is "
        "the storage account's table address and that the account's firewall allows the function."
    )


@dataclass(frozen=True)
class SettingProblem:
    """One thing wrong with one setting: its name, what is wrong, what is right. Never its value."""

    setting: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.setting} {self.wrong}: {self.right}"


class SettingsInvalid(PermanentError):
    """One or more settings are missing or wrong; the message lists every problem."""

    usual_remedy = (
        "Correct the settings named in the message (function app > Environment variables, or local.settings.json); "
        "docs/settings.md describes each."
    )

    def __init__(self, problems: tuple[SettingProblem, ...]) -> None:
        lines = [str(problem)[:MAX_TEXT_LENGTH] for problem in problems]
        lengths = accumulate(len(line) + 3 for line in lines)
        shown = [line for line, length in zip(lines, lengths, strict=True) if length <= _MAX_LIST_LENGTH]
        more = f" | and {len(lines) - len(shown)} more" if len(shown) < len(lines) else ""
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        super().__init__(f"{count} in the settings. {' | '.join(shown)}{more}")
        self.problems = problems


class ClockWrong(PermanentError):
    """The clock of this machine is wrong, so the day of a snapshot would be too; nothing was recorded."""

    usual_remedy = (
        "Set the clock of this machine (turn on its time synchronization), then run this again. In Azure: restart the function app; "
        "if the error returns, open a support request."
    )


class VaultAccessDenied(PermanentError):
    """Key Vault refused the identity that runs the job, its network, or everyone."""

    usual_remedy = (
        "Give the identity the role Key Vault Secrets User on the vault (a new role takes up to 30 minutes to work), and check the "
        "vault's firewall."
    )


class VaultSecretMissing(PermanentError):
    """The vault has no secret of the configured name."""

    usual_remedy = "Put the secret into the vault under the configured name, or correct PARTNER_SECRET_NAME or PARTNER_REFRESH_TOKEN_NAME."


class VaultSecretDisabled(PermanentError):
    """The secret exists but cannot be read: it is disabled, expired or not valid yet."""

    usual_remedy = "Enable the secret in the vault, or put a new version under the same name."


class VaultSecretInvalid(PermanentError):
    """The secret is empty, or is not a usable client secret, certificate or refresh token."""

    usual_remedy = (
        "Put the app registration's client secret (its Value, not its Secret ID), or a certificate with its private key and "
        "without a password, into the vault."
    )


class SignInRejected(PermanentError):
    """Entra ID refused the app or its credential."""

    usual_remedy = (
        "If the message is about the secret, create a new client secret (App registrations > Certificates & secrets) and put its Value "
        "into the vault. Otherwise check PARTNER_TENANT_ID and PARTNER_CLIENT_ID, and that the app and the Partner Center API exist and "
        "are enabled in this tenant (Entra ID > Enterprise applications)."
    )


class ConsentRequired(PermanentError):
    """The user's refresh token is expired, revoked or refused; someone has to sign in again."""

    usual_remedy = (
        "Run `python -m cli consent` and sign in with MFA as a user with the right role in Partner Center. If a new consent is refused "
        "again, look in Entra ID > Sign-in logs: Conditional Access, a missing app assignment or a disabled user outlive it."
    )


class MfaRequired(PermanentError):
    """Partner Center refused the token because the sign-in was without MFA."""

    usual_remedy = (
        "Run `python -m cli consent` and sign in with MFA. If no second factor was asked for, require MFA for this user first "
        "(Conditional Access or security defaults)."
    )


class WrongAudience(PermanentError):
    """Partner Center says that the token is meant for another service."""

    usual_remedy = (
        "Check PARTNER_CLOUD, and PARTNER_API_URL and PARTNER_LOGIN_URL if you set them: the API and the sign-in must belong to "
        "the same cloud."
    )


class AppOnlyRefused(PermanentError):
    """Partner Center does not answer this call for an app without a user."""

    usual_remedy = "Set PARTNER_AUTH to app_user and follow docs/sign-in.md once."


class PartnerAccessDenied(PermanentError):
    """Partner Center refused the app, the user or the tenant."""

    usual_remedy = (
        "If the message gives a reason, start there. Otherwise check in Partner Center that the app is registered (Account settings > "
        "App management), that the user has the Admin agent or Billing admin role, and that the tenant is a direct-bill partner or "
        "an indirect provider: indirect resellers have no access to this API."
    )


class TableAccessDenied(PermanentError):
    """Table Storage refused the identity that runs the job, its network, or everyone."""

    usual_remedy = (
        "Give the identity the append role of infra/ on the storage account (a new role takes up to 30 minutes to work), and check the "
        "account's firewall."
    )


class TableMissing(PermanentError):
    """The table does not exist, and the identity may not create it."""

    usual_remedy = (
        "Create it (`az storage table create --auth-mode login --account-name <account> --name <table>`), deploy infra/ again, or "
        "correct SNAPSHOT_TABLE_NAME."
    )


class Unexpected(PermanentError):
    """An error that the job does not know; the message gives its location in the code."""

    usual_remedy = "Report it with the message and the run id; `python -m cli check` may show more."

    @classmethod
    def of(cls, error: BaseException) -> "Unexpected":
        """Describe an unknown error by its type and stack locations, without its text, which might hold a secret."""
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-4:]]
        return cls(f"{type(error).__name__} at {' > '.join(places)}")


def as_snapshot_error(error: Exception) -> SnapshotError:
    """Return an error of the tree as it is, and any other as `Unexpected`."""
    return error if isinstance(error, SnapshotError) else Unexpected.of(error)
