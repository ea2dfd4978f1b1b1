"""Exception hierarchy: transient errors, and permanent ones that need someone to act.

    SnapshotError
    ├── TransientError                     the next attempt, retry or run that day may succeed
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
"""Maximum characters in a message, a remedy or one listed problem. Someone reads it in the middle of the night."""

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
        """Return the fields that describe this error in the log and in the ledger."""
        return {
            "code": self.code,
            "mayPass": self.may_pass,
            "message": self.message,
            "remedy": self.remedy,
            "requestId": self.ids.request_id,
            "correlationId": self.ids.correlation_id,
        }


class TransientError(SnapshotError):
    """A failure that may go away without action."""


class PermanentError(SnapshotError):
    """A failure that persists until someone acts."""


class VaultUnreachable(TransientError):
    """Key Vault did not return a usable response within the time limit."""

    usual_remedy = (
        "The next run will try again. If the error persists, check that KEY_VAULT_URL is the vault's address "
        "(https://<vault>.vault.azure.net), that the vault exists, and that its firewall allows the function."
    )


class IdentityUnavailable(TransientError):
    """The job could not get a token for the Azure identity that it runs as."""

    usual_remedy = (
        "In Azure: check that the identity is assigned to the function app (Identity > User assigned) and that AZURE_CLIENT_ID is "
        "its client id. On your own machine: sign in with `az login`."
    )


class SignInUnavailable(TransientError):
    """Entra ID did not return a usable response to the sign-in within the time limit."""

    usual_remedy = (
        "The next run will try again. If the error persists, check https://status.azure.com, your proxy if you use one, and "
        "PARTNER_LOGIN_URL if you set it."
    )


class PartnerThrottled(TransientError):
    """Partner Center throttled the tenant for making too many requests (429)."""

    usual_remedy = (
        "The next run will try again. If the error persists, find out what else is calling Partner Center for this tenant: the "
        "limit applies to the whole tenant, and this job makes only one call per day."
    )


class PartnerUnavailable(TransientError):
    """Partner Center did not return a usable response within the time limit."""

    usual_remedy = (
        "The next run will try again. If the error persists, check the network (DNS, firewall, proxy) and PARTNER_API_URL if you "
        "set it. If Partner Center did respond, give Microsoft support the request id and the correlation id of this error."
    )


class PartnerBadResponse(TransientError):
    """Partner Center responded, but without a readable balance. Nothing was recorded."""

    usual_remedy = (
        "The next run will try again. If the error persists, give Microsoft support the request id and the correlation id of this "
        "error, and check PARTNER_API_URL if you set it."
    )


class TableUnreachable(TransientError):
    """Table Storage did not return a usable response within the time limit."""

    usual_remedy = (
        "The next run will try again. If the error persists, check that SNAPSHOT_TABLE_ENDPOINT, or SNAPSHOT_ARCHIVE_ENDPOINT for "
        "the archive, is the storage account's table address and that the account's firewall allows the function."
    )


@dataclass(frozen=True)
class SettingProblem:
    """One problem with one setting: its name, what is wrong and what is right, but never its value."""

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
    """The clock of the machine is wrong, so a snapshot could get the wrong date. Nothing was recorded."""

    usual_remedy = (
        "Correct this machine's clock (turn on time synchronization), then run this again. In Azure: restart the function app; "
        "if the error returns, open a support request."
    )


class VaultAccessDenied(PermanentError):
    """Key Vault denied access to the identity that the job runs as, to its network, or to everyone."""

    usual_remedy = (
        "Give the identity the Key Vault Secrets User role on the vault (a new role takes up to 30 minutes to take effect), and "
        "check the vault's firewall."
    )


class VaultSecretMissing(PermanentError):
    """The vault has no secret with the configured name."""

    usual_remedy = "Add the secret to the vault under the configured name, or correct PARTNER_SECRET_NAME or PARTNER_REFRESH_TOKEN_NAME."


class VaultSecretDisabled(PermanentError):
    """The secret exists but cannot be read: it is disabled, expired or not valid yet."""

    usual_remedy = "Enable the secret in the vault, or add a new version under the same name."


class VaultSecretInvalid(PermanentError):
    """The secret is empty, or is not a usable client secret, certificate or refresh token."""

    usual_remedy = (
        "Store the app registration's client secret (its Value, not its Secret ID), or a certificate with its private key and "
        "no password, in the vault."
    )


class SignInRejected(PermanentError):
    """Entra ID refused the app or its credential."""

    usual_remedy = (
        "If the message is about the secret, create a new client secret (App registrations > Certificates & secrets) and store its Value "
        "in the vault. Otherwise check PARTNER_TENANT_ID and PARTNER_CLIENT_ID, and that the app and the Partner Center API exist and "
        "are enabled in this tenant (Entra ID > Enterprise applications)."
    )


class ConsentRequired(PermanentError):
    """The user's refresh token is expired, revoked or refused; someone has to sign in again."""

    usual_remedy = (
        "Run `python -m cli consent` and sign in with MFA as a user with the right role in Partner Center. If the new consent is also "
        "refused, check Entra ID > Sign-in logs for a Conditional Access policy, a missing app assignment or a disabled user."
    )


class MfaRequired(PermanentError):
    """Partner Center rejected the token because the user signed in without MFA."""

    usual_remedy = (
        "Run `python -m cli consent` and sign in with MFA. If you were not asked for a second factor, require MFA for this user "
        "first (Conditional Access or security defaults)."
    )


class WrongAudience(PermanentError):
    """Partner Center reports that the token was issued for another service."""

    usual_remedy = (
        "Check PARTNER_CLOUD, and PARTNER_API_URL and PARTNER_LOGIN_URL if you set them: the API and the sign-in must belong to "
        "the same cloud."
    )


class AppOnlyRefused(PermanentError):
    """Partner Center does not allow this call with app-only sign-in."""

    usual_remedy = "Set PARTNER_AUTH to app_user and complete the one-time setup in docs/sign-in.md."


class PartnerAccessDenied(PermanentError):
    """Partner Center denied access to the app, the user or the tenant."""

    usual_remedy = (
        "If the message gives a reason, start there. Otherwise check in Partner Center that the app is registered (Account settings > "
        "App management), that the user has the Admin agent or Billing admin role, and that the tenant is a direct-bill partner or "
        "an indirect provider: indirect resellers have no access to this API."
    )


class TableAccessDenied(PermanentError):
    """Table Storage denied access to the identity that the job runs as, to its network, or to everyone."""

    usual_remedy = (
        "Give the identity the append role from infra/ on the storage account (a new role takes up to 30 minutes to take effect), "
        "and check the account's firewall."
    )


class TableMissing(PermanentError):
    """The table does not exist, and the identity may not create it."""

    usual_remedy = (
        "Create it (`az storage table create --auth-mode login --account-name <account> --name <table>`), deploy infra/ again, or "
        "correct SNAPSHOT_TABLE_NAME."
    )


class Unexpected(PermanentError):
    """An error that the job does not recognize. The message gives its location in the code."""

    usual_remedy = "Report it with the message and the run id; `python -m cli check` may show more."

    @classmethod
    def of(cls, error: BaseException) -> "Unexpected":
        """Describe an unknown error by its type and stack locations. Its text is left out: it might contain a secret."""
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-4:]]
        return cls(f"{type(error).__name__} at {' > '.join(places)}")


def as_snapshot_error(error: Exception) -> SnapshotError:
    """Return a SnapshotError unchanged, and any other error as `Unexpected`."""
    return error if isinstance(error, SnapshotError) else Unexpected.of(error)
