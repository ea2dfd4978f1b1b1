"""What a client secret or refresh token may look like."""

import pytest

from shared.azure_services.vault import Secret
from shared.errors import VaultSecretInvalid
from shared.sign_in.secret_value import check_value
from tests.support.samples import TENANT


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        *((value, "is in quotes") for value in ('"hush', "\u201chush\u201d", "hush'")),
        *((value, "is a GUID") for value in (TENANT.upper(), f"{{{TENANT}}}")),
        *((value, "is JSON") for value in ('{"value": "hush"}', '["hush"]')),
        ("@Microsoft.KeyVault(SecretUri=https://hush/)", "is a Key Vault reference"),
        ("HTTPS://contoso.vault.azure.net/secrets/hush", "is an address"),
        ("hu sh", "has a space at position 3"),
        ("hush\nhush", "has the character U+000A at position 5"),
        ("hush\u00fc", "has the character U+00FC at position 5"),
        ("hu\u200bsh", "has the character U+200B at position 3"),
        ("h\x00ush", "has the character U+0000 at position 2"),
    ],
)
def test_what_cannot_be_a_secret_is_refused(value: str, wrong: str) -> None:
    """What is there is named; the value is not shown."""
    with pytest.raises(VaultSecretInvalid) as raised:
        check_value(Secret("app", value))
    assert str(raised.value).startswith(f"the secret app {wrong}")
    assert "hush" not in str(raised.value)
