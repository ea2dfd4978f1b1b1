"""The fault matrix as tables: each call of a run, each way in which its response can be wrong, and the possible outcomes."""

from dataclasses import dataclass
from datetime import timedelta

from standin.faults import (
    AnswerLost,
    ContentType,
    Cut,
    CutAnswer,
    CutBody,
    Drip,
    Echo,
    Fault,
    Hang,
    Raw,
    Status,
    WrongDate,
    answer_of,
    gzip_bomb,
    html,
    redirect,
)

ELSEWHERE = "https://127.0.0.2:9/elsewhere"
PASSING = {408, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Step:
    """One call of a run: how to recognize it, the sign-in mode that makes it, and the codes with which an account may fail there."""

    name: str
    service: str
    method: str
    path: str = ""
    mode: str = "app"
    codes: tuple[str, ...] = ()
    optional: bool = False
    """A failure here is logged but does not fail the day."""


_VAULT = ("vault-",)
_TABLE = ("table-", "clock-wrong")
_ENTRA = ("sign-in-", "consent-required")
_PARTNER = ("partner-", "wrong-audience", "mfa-required", "app-only-refused")

STEPS = (
    Step("token of the identity", "identity", "GET", codes=("identity-unavailable",)),
    Step("query of the table", "table", "GET", "()", codes=_TABLE),
    Step("client secret", "vault", "GET", "secret", codes=_VAULT),
    Step("refresh token", "vault", "GET", "token", "app_user", codes=_VAULT),
    Step("sign-in of an app", "entra", "POST", "token", codes=_ENTRA),
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
    "a number as value": '{"value": 5, "access_token": 5, "balanceAmount": {}, "items": 5}',
    "null as value": '{"value": null, "access_token": null, "balanceAmount": null, "items": null}',
    "an error": '{"error": "server_error", "code": 800003, "message": "no"}',
    "twice": '{"value": [], "value": {}, "balanceAmount": 1, "BalanceAmount": 2, "currencyCode": "USD"}',
    "deep": "[" * 100_000,
    "bytes": bytes(range(256)),
    "a row without an owner": '{"value": [{"PartitionKey": 5, "RowKey": null, "BalanceAmount": "1"}]}',
    "large and broken": '{"access_token": "hush", "value": "' + "y" * 100_000 + '" }}',
}

_WIRE: dict[str, bytes] = {
    "not HTTP": b"<html>hello</html>\r\n",
    "endless 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "status 103": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status 000": b"HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\n{}",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n{}",
    "long header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "length of -1": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a word as the length": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
    "chunk of -5": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}",
    "chunk cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "conflict cut": b'HTTP/1.1 409 X\r\nContent-Length: 99\r\n\r\n{"odata.error": {"code": "EntityAl',
    "conflict without a length, cut": b'HTTP/1.1 409 X\r\nContent-Type: application/json\r\n\r\n{"odata.error": {"co',
}
_LOCATIONS = {"to nowhere": {}, "to nonsense": {"Location": "https://[::1"}, "to itself": {"Location": "/"}}
_RETRY_NEVER = ("9" * 400, "Fri, 31 Dec 9999 23:59:59 -2359")
_RETRY_AFTER = ("-5", "NaN", "1e400", "Mon, 01 Foo 2026", "Fri, 31 Dec 0001 23:59:59 +2359", *_RETRY_NEVER)

FAULTS: dict[str, Fault] = {
    **{f"status {status}": Status(status) for status in (400, 401, 403, 404, 405, 409, 410, 412, 413, 418, 422, 451)},
    **{f"status {status}": Status(status) for status in (501, 505, 507, 520, 599, *sorted(PASSING))},
    **{f"page {status}": html(status) for status in (200, 401, 403, 404, 407, 500, 502, 511)},
    **{f"redirect {status}": redirect(ELSEWHERE, status) for status in (300, 301, 302, 303, 305, 307, 308)},
    **{f"redirect {where}": Status(307, headers=headers) for where, headers in _LOCATIONS.items()},
    **{name: Raw(sent) for name, sent in _WIRE.items()},
    **{f"Retry-After {text[:20]}": Status(503, headers={"Retry-After": text}) for text in _RETRY_AFTER},
    "challenge": Status(401, "you sent it", {"WWW-Authenticate": "Bearer"}),
    "parts": Status(202, "--x--", content_type="multipart/mixed; boundary=x"),
    "not compressed": Status(200, "{}", {"Content-Encoding": "gzip"}),
    "another charset": ContentType("application/json; charset=utf-7"),
    **{f"cut after {count} bytes": CutAnswer(count) for count in (0, 7, 15, 40, 90, 160)},
    **{f"body cut after {count} bytes": CutBody(count) for count in (0, 1, 20)},
    "cut before": Cut(),
    "answer lost": AnswerLost(),
    "silence": Hang(),
    "drip": Drip(60),
    "slow header": Drip(60, head=True),
    **{f"200 {name}": Status(200, body) for name, body in _BODIES.items()},
    **{f"answer of {service}": answer_of(service) for service in ("identity", "vault", "entra", "partner", "table")},
    **{f"status {status} with an object": Status(status, "{}") for status in (201, 202, 203, 206)},
    "status 204": Status(204),
    "echo 400": Echo(),
    "echo 401": Echo(401),
    "echo 503": Echo(503),
    "bomb": gzip_bomb(20),
    "clock ahead": WrongDate(timedelta(hours=26)),
    "clock behind": WrongDate(timedelta(hours=-26)),
}

TIMES: dict[str, int | None] = {"once": 1, "twice": 2, "lasting": None}
"""How often a fault is injected."""


def must_recover(fault: Fault, times: int | None) -> bool:
    """Whether the job must succeed in the same run: at most two incomplete responses or transient statuses."""
    wish = fault.headers.get("Retry-After") if isinstance(fault, Status) else None
    passing = isinstance(fault, Status | Echo) and fault.status in PASSING and wish not in _RETRY_NEVER
    return times is not None and (passing or isinstance(fault, Cut | CutAnswer | CutBody | AnswerLost | Hang | Drip))
