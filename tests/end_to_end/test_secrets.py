"""No secret, token, assertion or key in anything that leaves the worker, at any level."""

import logging
import re
from collections.abc import Callable

from standin import StandIn
from standin.faults import CutBody, Fault, Status
from standin.services.partner_center import error_response
from tests.end_to_end.conftest import environ_of
from tests.support.engine import Engine

TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]+")
KEY = re.compile(r"BEGIN (RSA |EC )?PRIVATE KEY|[A-Za-z0-9+/]{200,}")
# Once for each account: a call is only repeated after a cut.
FAILURES: tuple[tuple[str, Fault, str], ...] = (
    ("entra", Status(400, b'{"error":"invalid_request","error_description":"no"}'), "token"),
    ("entra", CutBody(400), "token"),
    ("vault", Status(403), ""),
    ("partner", error_response(900421), ""),
    ("table", Status(403), ""),
)


def test_nothing_secret_leaves_the_worker(world: StandIn, start: Callable[..., Engine]) -> None:
    """Everything logged at DEBUG by any library, every exception and every print, for each kind of credential, in success and failure."""
    partners = [
        world.add_partner(name=credential, auth=auth, credential=credential)
        for auth in ("app", "app_user")
        for credential in ("secret", "pkcs12", "pem", "federated")
    ]
    with start(environ_of(world, *partners) | world.environ_archive, log_level=logging.DEBUG) as engine:
        results = [engine.invoke()]
        assert results[0].success, results[0]
        for service, fault, path in FAILURES:
            world.table.clear()
            rule = world.faults.add(service, fault, path_contains=path, times=len(partners))
            results.append(engine.invoke())
            rule.remove()
    texts = [line.message for line in engine.logs] + engine.output
    texts += [result.message + result.stack for result in results]
    assert len(texts) > 1000, "DEBUG was on"
    assert any(line.logger.startswith("azure.core") for line in engine.logs)
    assert any("msal" in line.logger for line in engine.logs)
    secrets = {world.identity.header, *world.entra.directory.issued}
    for partner in partners:
        secrets |= set(partner.app.secrets)
        for name in filter(None, (partner.secret_name, partner.refresh_token_name)):
            secrets |= {version.value for version in world.vault.versions(name)}
    text = "\n".join(texts)
    assert not TOKEN.search(text)
    assert not KEY.search(text)
    assert [secret for secret in secrets if secret in text] == []
