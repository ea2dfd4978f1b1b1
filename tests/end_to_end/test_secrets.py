"""No secret, token, assertion or key in anything that leaves the worker, at any level."""

import logging
import re
from collections.abc import Callable, Iterator

import pytest

from standin import StandIn
from standin.faults import CutBody, Status
from standin.partner import Partner
from standin.services.partner_center import error_response
from tests.end_to_end.conftest import environ_of
from tests.support.engine import Engine

TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]+")
KEY = re.compile(r"BEGIN (RSA |EC )?PRIVATE KEY|[A-Za-z0-9+/]{200,}")

CREDENTIALS = ("secret", "pkcs12", "pem", "federated")


@pytest.mark.parametrize("auth", ["app", "app_user"])
@pytest.mark.parametrize("credential", CREDENTIALS)
def test_nothing_secret_is_said(world: StandIn, start: Callable[..., Engine], credential: str, auth: str) -> None:
    """Everything logged at DEBUG by every library, and every exception, is free of every secret used: success and failures."""
    partner = world.add_partner(credential=credential, auth=auth)
    with start(environ_of(world, partner) | world.environ_archive, log_level=logging.DEBUG) as engine:
        results = [engine.invoke()]
        assert results[0].success, results[0]
        for _ in failures(world, partner):
            world.table.clear()
            results.append(engine.invoke())
    said = [line.message for line in engine.logs] + engine.output
    said += [str(result.exception) for result in results if result.exception]
    assert len(said) > 200, "DEBUG was on"
    assert any(line.logger.startswith("azure.core") for line in engine.logs)
    assert any("msal" in line.logger for line in engine.logs)
    for text in said:
        assert not TOKEN.search(text), text
        assert not KEY.search(text), text
        for secret in secrets_of(world, partner):
            assert secret not in text, text


def failures(world: StandIn, partner: Partner) -> Iterator[None]:
    """Play one failure after the other."""
    cases = (
        ("entra", CutBody(400), "token"),
        ("entra", Status(400, b'{"error":"invalid_request","error_description":"no"}'), "token"),
        ("identity", CutBody(200), ""),
        ("vault", CutBody(60), ""),
        ("vault", Status(403), ""),
        ("partner", error_response(900421), ""),
        ("table", Status(403), ""),
    )
    for service, fault, path in cases:
        world.faults.add(service, fault, path_contains=path)
        yield
        world.faults.clear()


def secrets_of(world: StandIn, partner: Partner) -> set[str]:
    """Return every opaque secret there was."""
    known = {world.identity.header, *partner.app.secrets}
    for name in (partner.secret_name, partner.refresh_token_name):
        known |= {version.value for version in world.vault.versions(name or "")}
    return known | world.entra.directory.issued
