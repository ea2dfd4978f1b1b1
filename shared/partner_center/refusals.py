"""What Partner Center's refusals mean. The first rule that matches decides: known codes come before statuses.

Source: https://learn.microsoft.com/partner-center/developer/error-codes and
https://learn.microsoft.com/partner-center/security/mandatory-mfa
"""

from shared.errors import (
    AppOnlyRefused,
    MfaRequired,
    PartnerAccessDenied,
    PartnerBadResponse,
    PartnerThrottled,
    PartnerUnavailable,
    WrongAudience,
)
from shared.net.service import APP_ONLY, INTERMEDIARY_REMEDY, Limits, Rule, Service, transient_rules

PARTNER_CENTER = Service(
    limits=Limits(attempt=150, total=180),  # calls can take over 100 s (Partner-Center-PowerShell issues 312 and 319)
    no_answer=PartnerUnavailable,
    unreadable=PartnerBadResponse,
    rules=(
        Rule(
            MfaRequired,
            codes=("900421",),
            only=APP_ONLY,
            remedy="This account uses app-only sign-in, which does not support MFA. Check the app's registration in Partner Center (Account settings "
            "> App management). If Partner Center still requires MFA, switch the account to app_user: docs/sign-in.md.",
        ),
        Rule(MfaRequired, codes=("900421",)),
        Rule(AppOnlyRefused, codes=("900329",), only=APP_ONLY),
        Rule(
            AppOnlyRefused,
            codes=("900329",),
            remedy="This account already signs in with a user (app_user), so the sign-in mode is not the cause. Check that the running function "
            "has the settings that you expect, then give Microsoft support the ids of this error.",
        ),
        Rule(WrongAudience, codes=("900420",)),
        Rule(
            PartnerAccessDenied,
            codes=("900308",),
            remedy="The app or the user lacks the role for this call. In Partner Center, give the user the Admin agent or Billing admin role. For "
            "app-only sign-in, register the app under Account settings > App management.",
        ),
        Rule(
            PartnerAccessDenied,
            codes=("900309",),
            remedy="One of the tenant's Conditional Access policies blocks this sign-in. Check Entra ID > Sign-in logs for the policy, and exclude the "
            "app or the user from it. A new secret or a new consent will not help.",
        ),
        Rule(
            PartnerAccessDenied,
            codes=("900123", "900124", "900149", "900150"),
            remedy="The tenant's status in the partner program, or the user's role, does not allow this call. Check in Partner Center that the "
            "tenant is an active direct-bill partner or indirect provider, that a global admin has accepted the Microsoft Partner Agreement, "
            "and the user's role.",
        ),
        Rule(
            PartnerAccessDenied,
            codes=("60003",),
            remedy="Partner Center does not know this tenant. Check that PARTNER_TENANT_ID is the partner account's tenant, and check PARTNER_CLOUD.",
        ),
        Rule(PartnerThrottled, statuses=(429,), retryable=True),
        Rule(PartnerAccessDenied, statuses=(401, 403), is_html_page=True, remedy=INTERMEDIARY_REMEDY),
        Rule(
            PartnerAccessDenied,
            statuses=(401,),
            remedy="Partner Center rejected the token itself. If the message gives a reason, start there. Otherwise check PARTNER_CLOUD, that the "
            "app is registered in Partner Center (Account settings > App management), and this machine's clock.",
        ),
        Rule(PartnerAccessDenied, statuses=(403,)),
        *transient_rules(PartnerUnavailable),
        Rule(PartnerUnavailable, statuses=tuple(range(500, 600))),
        Rule(PartnerBadResponse),
    ),
)
