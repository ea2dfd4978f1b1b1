"""The fault matrix as tables: each call of a run, each way in which its answer can be wrong, and what may come out."""

from dataclasses import dataclass
from datetime import timedelta

from standin.faults import (
    AnswerLost,
    Cut,
    CutAnswer,
    CutBody,
    Drip,
    Echo,
    Fault,
    GzipBomb,
    Hang,
    Status,
    WrongDate,
    answer_of,
    html,
    redirect,
)

ELSEWHERE = "https://127.0.0.2:9/elsewhere"
PASSING = {408, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Step:
    """One call of a run: where it is met, in which sign-in mode, and the codes that an account may fail with there."""

    name: str
    service: str
    method: str
    path: str = ""
    mode: str = "app"
    codes: tuple[str, ...] = ()
    optional: bool = False
    """What fails here is reported and does not fail the day."""


_VAULT = ("vault-",)
_TABLE = ("table-", "clock-wrong")
_ENTRA = ("sign-in-", "consent-required")
_PARTNER = ("partner-", "wrong-audience", "mfa-required", "app-only-refused")

STEPS = (
    Step("token of the identity", "identity", "GET", codes=("identity-unavailable",)),
    Step("query of the table", "table", "GET", "()", codes=_TABLE),
    Step("client secret", "vault", "GET", "secret", codes=_VAULT),
    Step("certificate", "vault", "GET", "secret", "pkcs12", codes=_VAULT),
    Step("refresh token", "vault", "GET", "token", "app_user", codes=_VAULT),
    Step("sign-in of an app", "entra", "POST", "token", codes=_ENTRA),
    Step("sign-in with a certificate", "entra", "POST", "token", "pkcs12", codes=_ENTRA),
    Step("sign-in of a federated app", "entra", "POST", "token", "federated", codes=_ENTRA),
    Step("sign-in with a user", "entra", "POST", "token", "app_user", codes=_ENTRA),
    Step("balance", "partner", "GET", "summary", codes=_PARTNER),
    Step("balances of all currencies", "partner", "GET", "summaries", "app_user", codes=_PARTNER),
    Step("insert into the archive", "archive", "POST", codes=_TABLE, optional=True),
    Step("transaction of the archive", "archive", "POST", "$batch", "app_user", codes=_TABLE, optional=True),
    Step("insert into the table", "table", "POST", codes=_TABLE),
    Step("transaction of the table", "table", "POST", "$batch", "app_user", codes=_TABLE),
    Step("renewal of the refresh token", "vault", "PUT", "token", "app_user", codes=_VAULT, optional=True),
    Step("row of the ledger", "table", "POST", "runs", codes=_TABLE, optional=True),
)

_BODIES: dict[str, bytes | str] = {
    "empty": "",
    "null": "null",
    "array": "[]",
    "object": "{}",
    "text": '"text"',
    "number": "5",
    "mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"value": "x"}'.encode("utf-16"),
    "cut JSON": '{"value": "hush-hu',
    "value of a number": '{"value": 5, "access_token": 5, "balanceAmount": {}, "items": 5}',
    "value of a null": '{"value": null, "access_token": null, "balanceAmount": null, "items": null}',
    "an error": '{"error": "server_error", "code": 800003, "message": "no"}',
    "twice": '{"value": [], "value": {}, "balanceAmount": 1, "BalanceAmount": 2, "currencyCode": "USD"}',
    "deep": "[" * 100_000,
    "bytes": bytes(range(256)),
}

FAULTS: dict[str, Fault] = {
    **{f"status {status}": Status(status) for status in (400, 401, 403, 404, 405, 409, 410, 412, 413, 418, 422, 451)},
    **{f"status {status}": Status(status) for status in (501, 505, 507, 520, 599, *sorted(PASSING))},
    **{f"page {status}": html(status) for status in (200, 401, 403, 404, 407, 500, 502, 511)},
    **{f"redirect {status}": redirect(ELSEWHERE, status) for status in (300, 301, 302, 303, 305, 307, 308)},
    "redirect to nowhere": Status(307),
    **{f"cut after {count} bytes": CutAnswer(count) for count in (0, 7, 15, 40, 90, 160)},
    **{f"body cut after {count} bytes": CutBody(count) for count in (0, 1, 20)},
    "cut before": Cut(),
    "answer lost": AnswerLost(),
    "silence": Hang(),
    "drip": Drip(60),
    "drip of the head": Drip(60, head=True),
    **{f"200 {name}": Status(200, body) for name, body in _BODIES.items()},
    **{f"answer of {service}": answer_of(service) for service in ("identity", "vault", "entra", "partner", "table")},
    **{f"status {status} with an object": Status(status, "{}") for status in (201, 202, 203, 206)},
    "status 204": Status(204),
    "echo 400": Echo(),
    "echo 401": Echo(401),
    "echo 503": Echo(503),
    "bomb": GzipBomb(20),
    "clock ahead": WrongDate(timedelta(hours=26)),
    "clock behind": WrongDate(timedelta(hours=-26)),
}

TIMES: dict[str, int | None] = {"once": 1, "twice": 2, "lasting": None}
"""How often a fault is played; the kinds of answer that are final are played once and for good."""


def heals(fault: Fault, times: int | None) -> bool:
    """Tell whether the job has to succeed in the same run: no whole answer, or a status that may pass, at most twice."""
    passing = isinstance(fault, Status | Echo) and fault.status in PASSING
    return times is not None and (passing or isinstance(fault, Cut | CutAnswer | CutBody | AnswerLost | Hang | Drip))
