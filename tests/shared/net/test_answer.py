"""The checks on a response before any library sees it."""

import html
import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from traceback import format_exception
from typing import NoReturn
from urllib.parse import quote

import pytest

from shared.net.attempt import CallError, NoAnswerError, UnreadableAnswerError
from shared.net.refusal import RefusedError
from standin import StandIn
from standin.faults import Echo, Fault, FaultContext, Hang, Raw, Status, redirect
from tests.shared.net.conftest import AUTHORIZED, TOKEN, Answered, token_of
from tests.support.samples import OTHER_TENANT, TENANT

ROW = f"""{{"PartitionKey": "{TENANT}", "RowKey": "2026-11-23_USD", "SchemaVersion": 1, "BalanceAmount": 68059.03,
"BalanceText": "68059.03", "LastPaymentAmount": 100, "CurrencyCode": "USD"}}"""
JSON, PARTS = "application/json", "multipart/mixed; boundary=x"
TRANSACTION = (
    b"--x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 %s\r\nContent-Type: application/json\r\n\r\n{}\r\n--x--\r\n"
)
CUT = b'{"balance'


def unframed(kind: str, body: bytes, status: int = 200) -> Raw:
    """Return a response without a length, which ends when the connection closes."""
    return Raw(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n\r\n".encode() + body)


@pytest.mark.parametrize("status", [300, 301, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_no_redirect_is_followed(world: StandIn, answered: Answered, status: int, method: str) -> None:
    """Otherwise another host would get the token and the row."""
    with pytest.raises(UnreadableAnswerError, match=r"redirect to 127.0.0.1; .*never followed") as raised:
        answered(redirect(f"{world.vault.url}/elsewhere", status), method, data="{}")
    assert "HTTPS_PROXY" in str(raised.value.remedy), "none of these services sends redirects"
    assert world.journal.count("vault") == 0


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ({}, "nowhere"),
        ({"Location": "/login"}, "the same host"),
        ({"Location": "https://[::1"}, "an unreadable address"),
        ({"Location": "https://x:port/"}, "x;"),
        ({"Location": f"https://{'a' * 120}.{'b' * 100}.example"}, r"\*\*\*\.b{96};"),
    ],
)
def test_a_redirect_may_point_to_nonsense(answered: Answered, location: dict[str, str], reason: str) -> None:
    """Whatever the header contains, the response is a redirect."""
    with pytest.raises(UnreadableAnswerError, match=f"a redirect to {reason}"):
        answered(Status(307, headers=location))


NO_OBJECT: dict[str, tuple[Fault, str]] = {
    "utf-16": (Status(200, b"\xff\xfe{\x00}\x00"), "not a JSON object$"),
    "array": (Status(200, "[1]", content_type=f"x/{'y' * 60}"), r"200, 3 bytes, x/y{58}\) is not a JSON object$"),
    "chunks": (Raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\n{[\r\n0\r\n\r\n"), "not a JSON object$"),
    "null": (Status(200, "null"), "not a JSON object$"),
    "deep": (Status(200, "[" * 100_000), "not a JSON object$"),
    "large and broken": (Status(200, '{"access_token": "hush", "x": "' + "y" * 100_000 + '" }}'), "not a JSON object$"),
    "page": (Status(200, "<html><title>Sign in</title>"), "a JSON object but an HTML page titled 'Sign in'"),
    "empty": (Status(201, ""), "201, 0 bytes, .* not a JSON object$"),
    "not compressed": (Status(200, "{}", {"Content-Encoding": "gzip"}), "cannot be decompressed"),
}


@pytest.mark.parametrize("name", NO_OBJECT)
def test_a_success_is_a_json_object(answered: Answered, name: str) -> None:
    """Checked before the libraries, which would log the whole response. A page is not attributed to the service."""
    fault, reason = NO_OBJECT[name]
    with pytest.raises(UnreadableAnswerError, match=reason) as raised:
        answered(fault)
    assert ("HTTPS_PROXY" in str(raised.value.remedy)) == (name == "page")


def test_the_libraries_read_what_was_checked(answered: Answered) -> None:
    """In UTF-8, without a byte order mark: MSAL logs a whole response that it cannot decode."""
    answer = answered(Status(200, b'\xef\xbb\xbf{"a": "+AHs-"}', content_type=f"{JSON}; charset=utf-7"))
    assert json.loads(answer.text) == {"a": "+AHs-"}


UNFRAMED: dict[str, tuple[Fault, type[CallError]]] = {
    "conflict": (unframed(JSON, b'{"error": {"code": "EntityAl', 409), NoAnswerError),
    "nothing": (unframed(JSON, b""), NoAnswerError),
    "transaction": (unframed(PARTS, TRANSACTION[:60]), NoAnswerError),
    "complete transaction": (unframed(PARTS, TRANSACTION % b"400 X"), RefusedError),
    "content type in capitals": (unframed("Application/JSON", CUT), NoAnswerError),
    "no content type": (Raw(b"HTTP/1.1 200 X\r\n\r\n " + CUT), NoAnswerError),
    "an invalid length": (unframed(f"{JSON}\r\nContent-Length: 7x", CUT), NoAnswerError),
    "a negative length": (unframed(f"{JSON}\r\nContent-Length: -1", CUT), NoAnswerError),
    "another transfer encoding": (unframed(f"{JSON}\r\nTransfer-Encoding: identity", CUT), NoAnswerError),
    "no last chunk": (unframed(f"{JSON}\r\nTransfer-Encoding: chunked", b"9\r\n" + CUT + b"\r\n"), NoAnswerError),
    "a part without headers": (unframed(PARTS, b"--x\r\n\r\nHTTP/1.1 503 X\r\n\r\n{}\r\n--x--\r\n", 202), RefusedError),
    "page": (unframed("text/html", b"<html>Blocked", 403), RefusedError),
    "complete conflict": (unframed(JSON, b'{"error": {"code": "EntityAlreadyExists"}}', 409), RefusedError),
}


@pytest.mark.parametrize("name", UNFRAMED)
def test_a_response_without_a_length_may_be_incomplete(answered: Answered, name: str) -> None:
    """It ends with the connection, and only the body shows whether it is complete."""
    fault, error = UNFRAMED[name]
    with pytest.raises(error, match=r"^answered \d|^the response was cut off$"):
        answered(fault, path="$batch")


class TooLong(Hang):
    """Sends a response of 8,192 bytes, the size of one read, and the beginning of another, and keeps the connection open."""

    async def play(self, context: FaultContext) -> NoReturn:
        """Send both."""
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8151\r\n\r\n{}".ljust(8192)
        await context.send(answer + b"HTTP/1.1 204 No Content\r\n\r\n")
        await super().play(context)


def test_data_after_a_response_is_not_the_next_response(answered: Answered) -> None:
    """Otherwise the job would believe an insert that never happened."""
    answered(TooLong())
    with pytest.raises(RefusedError):
        answered(Status(403))


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_an_interim_response_is_not_the_response(answered: Answered, interim: str) -> None:
    """Otherwise the connection's next call would read the following response, another partner's balance."""
    early = f"HTTP/1.1 {interim}\r\nLink: </a>\r\n\r\n" * 2
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + '{"first":1}'
    assert answered(Raw((early + answer).encode())).json() == {"first": 1}


def test_only_a_transaction_may_have_a_multipart_response(answered: Answered) -> None:
    """From a sign-in it is nonsense, which MSAL would log in full. And a page is not a valid response to a transaction."""
    answer = Status(202, TRANSACTION % b"204 X", content_type=PARTS)
    answered(answer, "POST", path="$batch", data="")
    for other, path in ((answer, "token"), (Status(200, "<html>"), "$batch")):
        with pytest.raises(UnreadableAnswerError, match="not a JSON object"):
            answered(other, "POST", path=path, data="")


@pytest.mark.parametrize("header", ["hush-hush", ": hush-hush", "hush-hush hush: x", "Content-Length: 5, 6"])
@pytest.mark.parametrize("status", ["HTTP/1.1 400 X", "HTTP/1.1 hush-hush", "hush-hush"])
def test_an_unreadable_header_is_not_logged(
    answered: Answered, caplog: pytest.LogCaptureFixture, status: str, header: str
) -> None:
    """urllib3 would log it, and a service may repeat a token in it."""
    with caplog.at_level(logging.DEBUG), pytest.raises(NoAnswerError, match="the response is not HTTP") as raised:
        answered(Raw(f"{status}\r\n{header}\r\nContent-Length: 2\r\n\r\n{{}}".encode()))
    assert "hush" not in caplog.text + "".join(format_exception(raised.value))


def test_a_header_that_repeats_a_token_is_dropped(answered: Answered) -> None:
    """azure-core logs some headers."""
    answer = answered(Status(200, "{}", {"Server": f"got {TOKEN}", "ETag": "1"}), headers=AUTHORIZED)
    assert ("Server" in answer.headers, answer.headers["ETag"]) == (False, "1")


ESCAPES: list[Callable[[str], str]] = [str, json.dumps, html.escape, quote, str.upper, lambda text: text[20:90]]


@pytest.mark.parametrize("escape", ESCAPES, ids=["plain", "JSON", "HTML", "percent", "upper case", "a part"])
def test_an_echo_of_the_request_is_not_repeated(answered: Answered, escape: Callable[[str], str]) -> None:
    """Proxies and gateways repeat what was sent, which may be the amount. For a sign-in, only secrets are hidden."""
    with pytest.raises(RefusedError, match="repeats the request"):
        answered(Status(400, json.dumps({"message": f"Bad body: {escape(ROW)}"})), "POST", data=ROW)
    scope = "https://api.partnercenter.microsoft.com/user_impersonation"
    with pytest.raises(RefusedError, match=scope):
        answered(Status(400, json.dumps({"message": f"Bad scope: {scope}"})), "POST", data={"scope": scope})


def test_a_refusal_names_the_tenants(answered: Answered) -> None:
    """The token's, and the one that the service expects."""
    expects = {"WWW-Authenticate": f'Bearer authorization_uri="https://x/{TENANT}"'}
    sent = {"Authorization": f"Bearer {token_of(json.dumps({'tid': OTHER_TENANT}))}"}
    with pytest.raises(RefusedError, match=f"from the tenant {TENANT} but received one from {OTHER_TENANT}"):
        answered(Status(401, "{}", expects), headers=sent)


SHAPES = [
    Status(400, json.dumps({"message": f"{number} is not a Double"}))
    for number in ("68059.03", "68,059.03", "6.805903E4", "-68059.0300", "100.0")
]
STALE = [
    Status(500, '{"value":"hush8Q-other","id":"https://x/secrets/app"}'),
    Status(503, '{"balanceAmount":68059.03,"currencyCode":"USD"}'),
    Status(500, '{"value":[{"PartitionKey":"x","BalanceAmount":68059.03}]}'),
    Status(404, "<Summary><BalanceAmount>68059.03</BalanceAmount></Summary>", content_type="application/xml"),
]
"""A response that a gateway sends from its cache with an error."""


@pytest.mark.parametrize("fault", [Echo(), Echo(503), Status(400, json.dumps({"code": TOKEN})), *SHAPES, *STALE])
def test_no_amount_and_no_token_is_repeated(answered: Answered, fault: Fault) -> None:
    """Alone or within everything that was sent; numbers that were not sent are shown."""
    with pytest.raises(RefusedError) as raised:
        answered(fault, "POST", data=ROW.encode(), headers=AUTHORIZED)
    assert "hush" not in str(raised.value)
    assert not any(amount in str(raised.value) for amount in ("68059", "68,059", "6.805903", "100"))
    others = f"version 1, tenant {TENANT}, client address 10.0.0.5"
    with pytest.raises(RefusedError, match=others):
        answered(Status(403, json.dumps({"message": others})), "POST", data=ROW)


CHALLENGE = {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    ("method", "sent", "status", "headers", "passes"),
    [
        ("GET", {}, 401, CHALLENGE, True),
        ("PUT", {}, 401, CHALLENGE, True),
        ("POST", {}, 401, CHALLENGE, False),
        ("GET", AUTHORIZED, 401, CHALLENGE, False),
        ("GET", {"X-IDENTITY-HEADER": "x"}, 401, CHALLENGE, False),
        ("GET", {}, 403, CHALLENGE, False),
        ("GET", {}, 401, {}, False),
    ],
)
def test_only_a_challenge_passes(
    answered: Answered, method: str, sent: dict[str, str], status: int, headers: dict[str, str], *, passes: bool
) -> None:
    """The vault's first response, to a request without a token. MSAL and azure-identity would log any other one."""
    with nullcontext() if passes else pytest.raises(RefusedError):
        answered(Status(status, "you sent it", headers), method, headers=sent)
