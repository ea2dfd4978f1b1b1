"""Reading why a service refused, in every shape that services use."""

import json

import pytest

from shared.errors import Ids
from shared.net.refusal import RefusedError, read_refusal
from tests.shared.net.conftest import token_of

TENANT, OTHER = "11111111-AAAA-4bbb-8ccc-222222222222", "33333333-aaaa-4bbb-8ccc-444444444444"
XML = (
    '﻿<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
    "<code>AuthenticationFailed</code><message>Server failed to authenticate the request.\nRequestId:1</message>"
    "<AuthenticationErrorDetail>Request date header too old: 'Fri, 27 Nov'</AuthenticationErrorDetail></error>"
)


@pytest.mark.parametrize(
    ("body", "headers", "code", "reason"),
    [
        ("", {}, "", ""),
        ("{}", {}, "", "no readable reason"),
        ("null", {}, "", "no readable reason"),
        ("403 Forbidden", {}, "", "403 Forbidden"),
        ('"just text"', {}, "", "just text"),
        ('{"code":900420,"description":"d","data":[],"source":"s"}', {}, "900420", "d"),
        ('{"Code":"900421","Message":"","Description":null,"ErrorName":"MfaRequired"}', {}, "900421", "MfaRequired"),
        ('{"statusCode":429,"message":"Rate limit is exceeded. Request ID: 5"}', {}, "", "Rate limit is exceeded."),
        ('{"Reason":"Authorization has been denied."}', {}, "", "Authorization has been denied."),
        ('{"error":"invalid_client","error_description":"AADSTS7000215: no.\\r\\nTrace ID: x"}', {}, "invalid_client", "AADSTS7000215: no."),
        ('{"error":{"code":"Forbidden","message":"m","innererror":{"code":"SecretDisabled","message":"i"}}}', {}, "SecretDisabled", "m"),
        ('{"odata.error":{"code":"A","message":{"lang":"en","value":"v\\nRequestId:1"}}}', {"x-ms-error-code": "B"}, "A", "v"),
        ('{"type":"about:blank","title":"Not allowed","detail":"The tenant is closed."}', {}, "", "The tenant is closed."),
        ('{"errors":[{"code":"E1","message":"first"},{"code":"E2"}]}', {}, "E1", "first"),
        ('{"error":"a <h1>wrong</h1> thing"}', {}, "", "a <h1>wrong</h1> thing"),
        (XML, {}, "AuthenticationFailed", "Request date header too old: 'Fri, 27 Nov'"),
        ("<Error><Code>AuthorizationFailure</Code><Message>Not &lt;you&gt;.</Message><Message/><Message>2</Message></Error>", {}, "AuthorizationFailure", "Not <you>."),
        ('{"fault":{"faultstring":"No such key","detail":{}}}', {}, "", "No such key"),
        ('{"ErrorCode":5,"ErrorMessage":"No."}', {}, "5", "No."),
        ('{"error_code":"E7","message":"E7"}', {}, "E7", ""),
        ('{"balanceAmount":68059.03,"currencyCode":"USD"}', {}, "", "no reason, only the members balanceamount, currencycode"),
        ('{"value":68059}', {}, "", "no reason, only the members value"),
        ('[{"balanceAmount":68059.03}]', {}, "", "no readable reason"),
        ('{"balanceAmount":68059.03,"curr', {}, "", "no readable reason"),
        ('answer({"balanceAmount":68059.03})', {}, "", "no readable reason"),
        ("68059.03", {}, "", "no readable reason"),
        ('"hush', {}, "", "no readable reason"),
        ("<Summary><BalanceAmount>68059.03</BalanceAmount></Summary>", {}, "", "no reason, only the members balanceamount"),
        ("<Summary><BalanceAmount>68059.03", {}, "", "no readable reason"),
        ("<s:Fault><s:ErrorCode>900308</s:ErrorCode><s:ErrorMessage>No role</s:ErrorMessage></s:Fault>", {}, "900308", "No role"),
        ("<!DOCTYPE html><title>403 Blocked\n by Corp</title>", {}, "", "an HTML page titled '403 Blocked by Corp'"),
        ("\n" + "<!-- gateway -->" * 99 + "<html><title>Late</title>", {}, "", "an HTML page titled 'Late'"),
        ("<center><style>p {}</style><p>No<br>title &amp; more</center>", {}, "", "an HTML page that says 'No title & more'"),
        ("<header><title>Forbidden</title></header>", {}, "", "Forbidden"),
        ("{}", {"WWW-Authenticate": "Bearer error='invalid_token', error_description='over'"}, "invalid_token", "over"),
        ("", {"WWW-Authenticate": 'Bearer error=x, error_description="say \\"y\\""'}, "x", 'say "y"'),
        ("", {"x-ms-error-code": "AccountIsDisabled"}, "AccountIsDisabled", ""),
        ("", {"WWW-Authenticate": 'Bearer error="two words", error_description="expired"'}, "", "expired"),
        ("[" * 5000, {}, "", "no readable reason"),
        ("no " * 5000, {}, "", ("no " * 100)[:300]),
        ('{"code":["x"],"error":true,"message":{"value":5}}', {}, "", "no reason, only the members code, error, message"),
        ('{"code":"two words","message":"m"}', {}, "", "m"),
        (f'{{"code":"{"c" * 81}","message":"m"}}', {}, "", "m"),
        (" " * 70_000 + '{"message":"m"}', {}, "", ""),
        ('{"code":" 900421 ","message":"m"}', {}, "900421", "m"),
    ],
)  # fmt: skip
def test_every_shape_is_read(body: str, headers: dict[str, str], code: str, reason: str) -> None:
    """The innermost code and one line of reason with limited length, with or without a byte order mark."""
    for content in (body.encode(), b"\xef\xbb\xbf" + body.encode() if body else b""):
        refusal = read_refusal(403, headers, content)
        assert (refusal.code, refusal.reason) == (code, reason)


def test_a_success_is_not_shown_as_a_reason() -> None:
    """Unknown members may contain a balance, and amounts are not logged."""
    assert read_refusal(200, {}, b'{"balanceAmount":"12 USD"}').reason == ""
    assert read_refusal(200, {}, b'{"code":5,"balanceAmount":12}').reason == ""


def test_ids_and_retry_after_are_kept() -> None:
    """Support asks for the IDs; Retry-After decides the wait."""
    refusal = read_refusal(503, {"x-ms-request-id": "r-1", "Retry-After": "7"}, b"")
    assert (str(refusal), refusal.ids) == ("answered 503, without a reason", Ids("r-1", None))
    assert RefusedError(refusal).retry_after == "7"
    refusal = read_refusal(400, {}, b'{"error":"x","trace_id":"%b","correlation_id":5}' % (b"t" * 99))
    assert refusal.ids == Ids("t" * 80, "5")
    assert read_refusal(400, {}, b"").ids == Ids()


ANOTHER = f"it expects a token from the tenant {TENANT} but received one from {OTHER}."


@pytest.mark.parametrize("name", ["authorization_uri", "authorization"])
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (token_of(json.dumps({"tid": OTHER.upper()})), ANOTHER),
        (token_of(json.dumps({"tid": TENANT.lower()})), ""),
        *((token_of(claims), "") for claims in ('{"tid": "hush"}', '{"tid": 5}', "[]", "{", "[" * 100_000)),
        ("opaque", ""),
    ],
    ids=lambda value: value[:40],
)
def test_a_token_for_another_tenant_is_named(name: str, token: str, reason: str) -> None:
    """A 401 says which tenant was expected and which was found; the token itself is never shown."""
    headers = {"WWW-Authenticate": f'Bearer {name}="https://login.microsoftonline.com/{TENANT}"'}
    assert read_refusal(401, headers, b"", authorization=f"Bearer {token}").reason == reason
