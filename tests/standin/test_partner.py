"""A partner's settings."""

from standin.directory import App
from standin.partner import Partner

APP = App("tenant", "client", "tenant")


def test_settings_and_account_say_the_same() -> None:
    """One as PARTNER_ settings, the other as an entry of PARTNER_ACCOUNTS; what is absent is left out."""
    partner = Partner("Contoso", APP, "secret-name", "token-name", "app_user", "summaries", "85000 USD", "usgov")
    assert partner.environ == {
        "PARTNER_ACCOUNT_NAME": "Contoso",
        "PARTNER_TENANT_ID": "tenant",
        "PARTNER_CLIENT_ID": "client",
        "PARTNER_SECRET_NAME": "secret-name",
        "PARTNER_AUTH": "app_user",
        "PARTNER_REFRESH_TOKEN_NAME": "token-name",
        "PARTNER_BALANCES": "summaries",
        "PARTNER_CREDIT_LIMIT": "85000 USD",
        "PARTNER_CLOUD": "usgov",
    }
    assert list(partner.account.values()) == list(partner.environ.values())


def test_a_federated_partner_says_so() -> None:
    """It has no secret to name."""
    assert Partner("Contoso", APP, None, None).account == {
        "name": "Contoso",
        "tenantId": "tenant",
        "clientId": "client",
        "credential": "federated",
        "auth": "app",
        "balances": "summary",
    }
