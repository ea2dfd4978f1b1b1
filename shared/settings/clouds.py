"""The addresses of Partner Center and its sign-in in each Microsoft cloud, and the audience for a table service.

Source: https://learn.microsoft.com/partner-center/developer/partner-center-authentication; the federation audiences:
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
"""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cloud:
    """One cloud's addresses (https, no trailing slash) and the audiences of the tokens used there."""

    api_url: str
    login_url: str
    audience: str
    federation_audience: str


_API = "https://api.partnercenter.microsoft.com"
_CHINA = "https://partner.partnercenterapi.microsoftonline.cn"
CLOUDS = {
    "global": Cloud(_API, "https://login.microsoftonline.com", _API, "api://AzureADTokenExchange"),
    "usgov": Cloud(_API, "https://login.microsoftonline.us", _API, "api://AzureADTokenExchangeUSGov"),
    "china": Cloud(_CHINA, "https://login.partner.microsoftonline.cn", _CHINA, "api://AzureADTokenExchangeChina"),
}

_STORAGE_AUDIENCES = {
    ".core.usgovcloudapi.net": "https://storage.azure.us",
    ".core.chinacloudapi.cn": "https://storage.azure.cn",
}


def storage_audience(endpoint: str) -> str:
    """Return the token audience for a table service. Its address shows which cloud it is in.

    Source: https://learn.microsoft.com/dotnet/api/azure.data.tables.tableaudience
    """
    host = urlsplit(endpoint).hostname or ""
    matching = (audience for suffix, audience in _STORAGE_AUDIENCES.items() if host.endswith(suffix))
    return next(matching, "https://storage.azure.com")
