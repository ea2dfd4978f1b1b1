"""Errors of the job in words for the person at the keyboard: the job's own remedies speak of its next run and its identity."""

from shared.errors import IdentityUnavailable

_WORDS = (
    ("The next run tries again. If it persists", "Run this again. If it persists"),
    ("firewall allows the function", "firewall allows this machine"),
    ("Correct the settings named in the message (function app > Environment variables, or local.settings.json)",
     "Correct the settings named above, where they come from: the environment, local.settings.json or the file of --settings"),
    (" In Azure: restart the function app; if the error returns, open a support request.", ""),
    ("Give the identity the append role of infra/ (or Storage Table Data Contributor) on the storage account",
     "Your Azure sign-in needs the append role of infra/ (to read: Storage Table Data Reader) on the storage account"),
    ("Give the identity the role", "Your Azure sign-in needs the role"),
    ("check the identity's role", "check the role of your Azure sign-in"),
)  # fmt: skip
_SIGN_IN = "Run `az login` (install the Azure CLI if it is missing), then this command again. In Azure: check AZURE_CLIENT_ID and the assigned identity."


def by_hand(code: str, message: str, remedy: str) -> tuple[str, str]:
    """Return an error's message and remedy in such words."""
    if code == IdentityUnavailable.code:
        return message, _SIGN_IN
    for job, person in _WORDS:
        remedy = remedy.replace(job, person)
    if message.startswith("the archive's table"):
        remedy = remedy.replace("SNAPSHOT_TABLE_ENDPOINT", "SNAPSHOT_ARCHIVE_ENDPOINT")
    return message, remedy
