"""A run's settings, read and checked as a whole."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SettingsInvalid
from shared.settings.accounts import MEMBERS, Account
from shared.settings.network import Network
from shared.settings.read import NAMES, Settings, read_settings
from shared.settings.setting import settings_of
from shared.settings.values import read_display_name
from tests.support.samples import CLIENT, FULL_ACCOUNT, IDENTITY, OTHER_TENANT, SINGLE, TABLE_AND_VAULT, TENANT, many

DISPLAYED = {one.name for one in settings_of(Account).values() if one.read is read_display_name}
"""Names that people choose: not a place for secrets, and any printable text is allowed."""


def problems(environ: dict[str, str]) -> list[str]:
    """Return the problems in an environment that has some."""
    with pytest.raises(SettingsInvalid) as raised:
        read_settings(environ)
    return [str(problem) for problem in raised.value.problems]


def test_the_minimum_settings() -> None:
    """Everything else has a default; a function app's environment is full of other variables."""
    settings = read_settings(SINGLE | {"PATH": "x", "PARTNER_SOMETHING": "y", "partner_tenant_id": "z"})
    assert settings == Settings(
        time_zone=ZoneInfo("UTC"),
        table_endpoint="https://contosohistory.table.core.windows.net",
        vault_url="https://contoso.vault.azure.net",
        in_azure=False,
        identity_endpoint_without_header=False,
        network=Network(),
        accounts=settings.accounts,
    )
    assert [account.tenant_id for account in settings.accounts] == [TENANT]


def test_every_setting() -> None:
    """Each has its effect."""
    settings = read_settings(
        many(FULL_ACCOUNT)
        | {
            "SNAPSHOT_SCHEDULE": "0 17 6-22/4 * * *",
            "SNAPSHOT_TIME_ZONE": "Pacific/Auckland",
            "SNAPSHOT_TABLE_NAME": "history",
            "SNAPSHOT_ARCHIVE_ENDPOINT": "https://contosoarchive.table.core.windows.net/",
            "AZURE_CLIENT_ID": IDENTITY.upper(),
            "PARTNER_API_URL": "https://127.0.0.1:1",
            "PARTNER_LOGIN_URL": "https://127.0.0.1:2",
            "IDENTITY_ENDPOINT": "http://127.0.0.1:3",
            "IDENTITY_HEADER": "header",
        }
    )
    assert settings.time_zone == ZoneInfo("Pacific/Auckland")
    assert settings.table_name == "history"
    assert settings.archive_endpoint == "https://contosoarchive.table.core.windows.net"
    assert settings.identity_client_id == IDENTITY
    assert (settings.in_azure, settings.identity_endpoint_without_header) == (True, False)
    assert settings.schedule is not None
    cloud = settings.accounts[0].cloud
    assert (cloud.api_url, cloud.login_url) == ("https://127.0.0.1:1", "https://127.0.0.1:2")
    arc = read_settings(
        SINGLE | {"IDENTITY_ENDPOINT": "http://127.0.0.1:40342"}
    )  # the Azure Arc agent sets it everywhere
    assert (arc.in_azure, arc.identity_endpoint_without_header) == (False, True)


def test_equal_problems_are_reported_once_and_the_message_stays_bounded() -> None:
    """Application Insights truncates long lines, and a truncated line alerts nobody."""
    same = [{"tenantId": "x", "clientId": CLIENT, "secretName": "a"}] * 300
    assert problems(many(*same))[0].startswith("PARTNER_ACCOUNTS[0] to [299].tenantId is not a GUID")
    mixed = [
        account | {"tenantId": f"{TENANT[:-3]}{n:03}"} if n % 3 == 1 else account for n, account in enumerate(same)
    ]
    assert problems(many(*mixed[:6]))[0].startswith("PARTNER_ACCOUNTS[0], [2] to [3], [5].tenantId is not a GUID")
    ranges, _, more = problems(many(*mixed))[0].partition(" and ")
    assert (ranges.count(","), more.partition(" is ")[0]) == (19, "81 more places.tenantId")
    unknown = {"tenantId": TENANT, "clientId": CLIENT, "secretName": "a", "1": "x", "2": "x"}
    assert problems(many(unknown))[0].startswith("PARTNER_ACCOUNTS[0] has a member with an unknown name")
    clouds = [{**unknown, "cloud": cloud} for cloud in ("chin", "usgo")]
    assert ["did you mean" in problem for problem in problems(many(*clouds))].count(True) == 2, "of two values"
    different = [{f"member{'x' * (n % 20)}{chr(97 + n % 26)}": "x"} for n in range(300)]
    with pytest.raises(SettingsInvalid, match=r"and \d+ more$") as raised:
        read_settings(many(*different))
    assert len(str(raised.value)) <= 6000


@pytest.mark.parametrize(
    "around", ["", " ", "\ufeff", "\u200b", "\u200e", "\u00a0", "\u2060 \n\ufeff", "\u200c\u200d\u200f\u00ad\t\r\n"]
)
def test_invisible_characters_around_a_value_are_ignored(around: str) -> None:
    """Editors, shells, portals and templates add them; a value with nothing else is empty."""
    name = "SNAPSHOT_TIME_ZONE"
    for before in (around, "\u00ef\u00bb\u00bf" + around):  # a byte order mark that was read as Latin-1
        assert read_settings(SINGLE | {name: f"{before}Asia/Tokyo{around}"}).time_zone == ZoneInfo("Asia/Tokyo")
    assert read_settings(SINGLE | dict.fromkeys(set(NAMES) - set(SINGLE), around)) == read_settings(SINGLE)
    for needed in SINGLE:
        (problem,) = problems(SINGLE | {needed: around})
        assert problem.startswith(f"{needed} is missing: ")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ab\u200bc", "has an invisible character at character 3 (U+200B, zero width space)"),
        ("a\u00a0b", "has an invisible character at character 2 (U+00A0, no-break space)"),
        ("a\x1bb", "has an invisible character at character 2 (U+001B, control character)"),
        (
            "a\udc80b",
            "has an invisible character at character 2 (U+DC80, control character)",
        ),  # bytes that are not UTF-8
        ("a\ue000b", "has an invisible character at character 2 (U+E000, control character)"),
        ("a\u00adb", "has an invisible character at character 2 (U+00AD, soft hyphen)"),
        ('"abc"', "has quotes around it, at characters 1 and 5"),
        ("'abc'", "has quotes around it, at characters 1 and 5"),
        ("\u201cabc\u201d", "has quotes around it, at characters 1 and 5"),
        ("\u201cabc\u201c", "has quotes around it, at characters 1 and 5"),
        ("\u00ababc\u00bb", "has quotes around it, at characters 1 and 5"),
        ("@Microsoft.KeyVault(SecretUri=x)", "is a Key Vault reference that was not resolved"),
    ],
)
def test_invisible_characters_inside_a_value_are_named_with_their_position(text: str, wrong: str) -> None:
    """Before any other check, which then reports nothing else."""
    (problem,) = problems(SINGLE | {"PARTNER_TENANT_ID": text})
    assert problem.startswith(f"PARTNER_TENANT_ID {wrong}: the value ")


def test_an_empty_environment_lists_everything_required() -> None:
    """On a new user's first run, one message lists everything to set, including the vault."""
    assert [problem.partition(" is missing: ")[0] for problem in problems({})] == [
        *("PARTNER_TENANT_ID", "PARTNER_CLIENT_ID", "PARTNER_SECRET_NAME"),
        *("SNAPSHOT_TABLE_ENDPOINT", "KEY_VAULT_URL"),
    ]


def test_every_wrong_setting_is_reported_at_once() -> None:
    """All of them, each once, each with its name."""
    environ = dict.fromkeys(NAMES, "this is wrong") | dict.fromkeys(DISPLAYED, "a\nb") | {"PARTNER_ACCOUNTS": ""}
    table, vault = TABLE_AND_VAULT.values()
    environ |= {"SNAPSHOT_TABLE_ENDPOINT": vault, "SNAPSHOT_ARCHIVE_ENDPOINT": vault, "KEY_VAULT_URL": table}
    named = [problem.split(" ")[0] for problem in problems(environ)]
    assert sorted(named) == sorted(set(NAMES) - {"PARTNER_ACCOUNTS"})


def test_without_secrets_no_vault_is_needed_but_an_identity_is() -> None:
    """A federated account signs in with the token of the identity that AZURE_CLIENT_ID names."""
    federated = {"tenantId": TENANT, "clientId": CLIENT, "credential": "federated"}
    settings = read_settings(many(federated) | {"KEY_VAULT_URL": "", "AZURE_CLIENT_ID": IDENTITY})
    assert (settings.vault_url, settings.accounts[0].federated) == (None, True)
    with_secret = {"tenantId": OTHER_TENANT, "clientId": CLIENT, "secretName": "a"}
    missing = problems(many(federated, with_secret) | {"KEY_VAULT_URL": ""})
    with_user = federated | {"auth": "app_user", "refreshTokenName": "token"}
    missing += problems(many(with_user) | {"KEY_VAULT_URL": "", "AZURE_CLIENT_ID": IDENTITY})
    names = ["KEY_VAULT_URL", "AZURE_CLIENT_ID", "KEY_VAULT_URL"]
    assert [problem.partition(" is missing: ")[0] for problem in missing] == names


def test_an_archive_in_the_same_place_is_refused() -> None:
    """A copy next to the original is lost with it."""
    (problem,) = problems(SINGLE | {"SNAPSHOT_ARCHIVE_ENDPOINT": SINGLE["SNAPSHOT_TABLE_ENDPOINT"] + "/"})
    assert problem.startswith("SNAPSHOT_ARCHIVE_ENDPOINT is the same as SNAPSHOT_TABLE_ENDPOINT: ")


# Typical clipboard contents: a client secret, an account key, a token, a certificate, and whole lines around them.
HUSH = "Hush8Q~Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi"
SECRETS = [
    HUSH,
    "aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g5OQ==",
    "eyJodXNoIjoxfQ.eyJodXNoIjoxfQ.c2lnbmF0dXJlaHVzaA",
    "-----BEGIN PRIVATE KEY-----\nTUlodXNoaHVzaA==\n-----END PRIVATE KEY-----",
    "DefaultEndpointsProtocol=https;AccountName=c;AccountKey=aHVzaA==;EndpointSuffix=core.windows.net",
    "https://contoso.table.core.windows.net/?sv=2024&sig=hushhushhushhush",
    "https://user:hushhushhush@contoso.vault.azure.net",
]
GOOD = [*TABLE_AND_VAULT.values(), TENANT, "Europe/Berlin", "federated", "app_user", "summaries", "85000 USD", "china"]
MEMBER_VALUES = st.sampled_from(SECRETS) | st.sampled_from([TENANT, OTHER_TENANT, "app_user", "", None, 5, ["x"]])
OBJECTS = st.dictionaries(st.sampled_from([*MEMBERS.values(), "extra", HUSH]), MEMBER_VALUES, max_size=6)
PASTED = st.sampled_from(SECRETS) | st.sampled_from(SECRETS).map(
    lambda secret: f"https://contoso.vault.azure.net/{secret}"
)
TEXTS = st.sampled_from(["", " ", "app", "https://x", "[]", *GOOD]) | PASTED | st.text(max_size=200)
TEXTS |= st.from_regex(r"\Ahttps://.{1,40}\Z")
ACCOUNTS = (st.lists(OBJECTS | MEMBER_VALUES, max_size=3)).map(json.dumps) | st.sampled_from(SECRETS).map(
    lambda s: f'[{{"{s}'
)
ENVIRONMENTS = st.fixed_dictionaries(
    {}, optional={name: ACCOUNTS | TEXTS if name == "PARTNER_ACCOUNTS" else TEXTS for name in NAMES}
)


def shows(text: str, secret: str) -> bool:
    """Whether a text shows a secret part of the pasted value."""
    parts = secret.replace("/", " ").split()
    return any(part.lower() in text.lower() for part in parts if "ush" in part.lower() or "HVz" in part)


@given(ENVIRONMENTS)
def test_any_environment_gives_settings_or_problems_and_no_secret_is_shown(environ: dict[str, str]) -> None:
    """People paste secrets into the wrong field: whatever the mistake, no message shows a value, and each is one short line."""
    error = None
    try:
        assert read_settings(environ).accounts
    except SettingsInvalid as invalid:
        error = invalid
    if error is not None:
        told = [str(problem) for problem in error.problems]
        assert told
        assert all(len(text) <= 600 and len(text.splitlines()) == 1 for text in told)
        assert not any(shows(f"{error} {error.remedy} {error!r}", secret) for secret in SECRETS)
        assert error.__cause__ is None
        assert error.__context__ is None or error.__suppress_context__


@given(secret=st.sampled_from(SECRETS), name=st.sampled_from([name for name in NAMES if name not in DISPLAYED]))
def test_a_secret_in_the_wrong_field_is_refused_unseen(secret: str, name: str) -> None:
    """None of these is a valid value of any setting, so it is refused before anything logs it."""
    base = {key: text for key, text in SINGLE.items() if not (name == "PARTNER_ACCOUNTS" and key in MEMBERS)}
    reported = " ".join(problems(base | {name: secret}))
    assert name in reported
    assert not shows(reported, secret)
