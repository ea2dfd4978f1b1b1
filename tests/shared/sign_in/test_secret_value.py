"""What a client secret or refresh token may look like."""

import pytest

from shared.azure_services.vault import Secret
from shared.errors import VaultSecretInvalid
from shared.sign_in.secret_value import check_value


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ('"hush"', "is in quotes"),
        ("\u201chush\u201d", "is in quotes"),
        ("hush'", "is in quotes"),
        ("0A1B2C3D-0000-4000-8000-00000000000a", "is a GUID"),
        ('{"value": "hush"}', "is JSON"),
        ('["hush"]', "is JSON"),
        ("@Microsoft.KeyVault(SecretUri=https://hush/)", "is a Key Vault reference"),
        ("hu sh", "has a space at position 3"),
        ("https://contoso.vault.azure.net/secrets/hush", "is an address"),
        ("{0A1B2C3D-0000-4000-8000-00000000000a}", "is a GUID"),
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
