"""Where Partner Center and its sign-in are in each Microsoft cloud, and which audience a table service wants.

Source: https://learn.microsoft.com/partner-center/developer/partner-center-authentication; the federation audiences:
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
"""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cloud:
    """The addresses of one cloud (https, no slash at the end) and the audiences of the tokens used there."""

    api_url: str
    login_url: str
    audience: str
    federation_audience: str


CLOUDS = {
    "global": Cloud(
        api_url="https://api.partnercenter.microsoft.com",
        login_url="https://login.microsoftonline.com",
        audience="https://api.partnercenter.microsoft.com",
        federation_audience="api://AzureADTokenExchange",
    ),
    "usgov": Cloud(
        api_url="https://api.partnercenter.microsoft.com",
        login_url="https://login.microsoftonline.us",
        audience="https://api.partnercenter.microsoft.com",
        federation_audience="api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        api_url="https://partner.partnercenterapi.microsoftonline.cn",
        login_url="https://login.partner.microsoftonline.cn",
        audience="https://partner.partnercenterapi.microsoftonline.cn",
        federation_audience="api://AzureADTokenExchangeChina",
    ),
}

_STORAGE_AUDIENCES = {
    ".core.usgovcloudapi.net": "https://storage.azure.us",
    ".core.chinacloudapi.cn": "https://storage.azure.cn",
}


def storage_audience(endpoint: str) -> str:
    """Return the audience of tokens for a table service: its own address says its cloud.

    Source: https://learn.microsoft.com/dotnet/api/azure.data.tables.tableaudience
    """
    host = urlsplit(endpoint).hostname or ""
    matching = (audience for suffix, audience in _STORAGE_AUDIENCES.items() if host.endswith(suffix))
    return next(matching, "https://storage.azure.com")
