"""Tutorial code for the same job: what you get by combining each package's quickstart.

It is for comparison only: it has no time limits, supports one currency, and adds a duplicate on each run.
"""

import datetime as dt
import os
import uuid

import azure.functions as func
import msal
import requests
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient


def main(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the host passes it
    """Read the balance and append it to the table."""
    credential = DefaultAzureCredential()
    vault = SecretClient(os.environ["KEY_VAULT_URL"], credential)
    secret = vault.get_secret(os.environ["PARTNER_SECRET_NAME"]).value

    app = msal.ConfidentialClientApplication(
        os.environ["PARTNER_CLIENT_ID"],
        client_credential=secret,
        authority=f"{os.environ['PARTNER_LOGIN_URL']}/{os.environ['PARTNER_TENANT_ID']}",
        instance_discovery=False,
    )
    token = app.acquire_token_for_client(["https://api.partnercenter.microsoft.com/.default"])

    response = requests.get(
        f"{os.environ['PARTNER_API_URL']}/v1/invoices/summary",
        headers={"Authorization": f"Bearer {token['access_token']}", "Accept": "application/json"},
        timeout=100,
    )
    response.raise_for_status()
    response.encoding = "utf-8-sig"
    summary = response.json()

    now = dt.datetime.now(dt.UTC)
    service = TableServiceClient(os.environ["SNAPSHOT_TABLE_ENDPOINT"], credential=credential)
    table = service.create_table_if_not_exists(os.environ["SNAPSHOT_TABLE_NAME"])
    table.create_entity(
        {
            "PartitionKey": os.environ["PARTNER_TENANT_ID"],
            "RowKey": f"{now:%Y-%m-%dT%H:%M:%S.%f}-{uuid.uuid4()}",
            "BalanceAmount": float(summary["balanceAmount"]),
            "CurrencyCode": summary["currencyCode"],
        }
    )
