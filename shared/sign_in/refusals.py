"""What Entra ID's refusals of a sign-in mean. Only `error` decides: Microsoft changes the AADSTS codes and texts.

The first rule that matches decides. Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from shared.errors import ConsentRequired, SignInRejected, SignInUnavailable
from shared.net.service import APP_USER, Rule, Service, transient_rules

CERTIFICATE = "a certificate"
FEDERATED = "the Azure identity's token (federated)"
"""How an app authenticates without a client secret, in words."""

UNKNOWN_TENANT = "unknown_tenant"
"""Our own code for the metadata endpoint's response about an unknown tenant."""

_USER_CODES = ("invalid_grant", "interaction_required", "consent_required", "login_required")

ENTRA = Service(
    no_answer=SignInUnavailable,
    rules=(
        Rule(
            SignInRejected,
            codes=(UNKNOWN_TENANT,),
            remedy="Check PARTNER_TENANT_ID, and PARTNER_CLOUD or PARTNER_LOGIN_URL: the tenant must belong to that cloud.",
        ),
        Rule(SignInUnavailable, codes=("temporarily_unavailable", "server_error"), retryable=True),
        *transient_rules(SignInUnavailable),
        Rule(ConsentRequired, codes=_USER_CODES, only=APP_USER, remedy="{token_expiry}" + ConsentRequired.usual_remedy),
        Rule(
            ConsentRequired,
            codes=("invalid_request",),
            only=APP_USER,
            remedy="{token_expiry}The stored secret is probably not a refresh token. Run `python -m cli consent` to store a new one.",
        ),
        Rule(
            SignInRejected,
            codes=("invalid_client",),
            only=CERTIFICATE,
            remedy="{secret_expiry}If the message is about the certificate or the assertion, upload the public part (CER) of the vault's newest "
            "certificate to the app (App registrations > Certificates & secrets), and check this machine's clock, which dates the signature. "
            "Otherwise check PARTNER_TENANT_ID and PARTNER_CLIENT_ID, and that the app and the Partner Center API exist and are enabled in this "
            "tenant (Entra ID > Enterprise applications).",
        ),
        Rule(
            SignInRejected,
            codes=("invalid_client", "invalid_request", "invalid_grant"),
            only=FEDERATED,
            remedy="Check PARTNER_TENANT_ID, PARTNER_CLIENT_ID and the app's federated credential (App registrations > Certificates & secrets > "
            "Federated credentials): its subject is the object id of the identity named in AZURE_CLIENT_ID, and both belong to one tenant "
            "(docs/sign-in.md). If the message says that the token has expired or is not valid yet, check this machine's clock.",
        ),
        Rule(SignInRejected, codes=("invalid_client",), remedy="{secret_expiry}" + SignInRejected.usual_remedy),
        Rule(
            SignInRejected,
            codes=("unauthorized_client",),
            remedy="The app is unknown in this tenant, disabled, or not allowed to sign in this way. Check PARTNER_CLIENT_ID and PARTNER_TENANT_ID, "
            "and that the app, and the Partner Center API if the message names a resource, is enabled (Entra ID > Enterprise applications > "
            "the app > Properties). A new secret will not help.",
        ),
        Rule(
            SignInRejected,
            codes=("invalid_resource",),
            remedy="The Partner Center API is missing or disabled in this tenant. An administrator adds it with `az ad sp create --id "
            "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd`, or enables it under Entra ID > Enterprise applications. Check PARTNER_CLOUD too.",
        ),
        Rule(
            SignInRejected,
            codes=("access_denied",),
            remedy="A Conditional Access policy or a missing assignment blocks the app in this tenant. Check Entra ID > Sign-in logs for the "
            "policy, and exclude the app or assign it. A new secret will not help.",
        ),
        Rule(
            SignInRejected,
            codes=("invalid_request", "invalid_tenant", "invalid_scope", *_USER_CODES),
            remedy="Check PARTNER_TENANT_ID and PARTNER_CLIENT_ID, and that PARTNER_CLOUD, PARTNER_LOGIN_URL and PARTNER_API_URL match the "
            "tenant's cloud. Entra ID gives its reason in the message.",
        ),
        Rule(
            SignInRejected,
            statuses=(400, 401, 403),
            remedy="If Entra ID gives a reason, start there; its error codes are described at "
            "https://learn.microsoft.com/entra/identity-platform/reference-error-codes. Otherwise check PARTNER_LOGIN_URL if you set it.",
        ),
        Rule(SignInUnavailable),
    ),
)
