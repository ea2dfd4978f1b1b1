"""Every error code of the contract, caused through the real stack and logged with what to do."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from shared import errors
from standin import StandIn
from standin.faults import Drip, Status, html, throttled, unavailable
from standin.partner import Partner
from standin.services.partner_center import error_response
from tests.end_to_end.conftest import environ_of, marked, rows
from tests.support.engine import InvocationResult

Run = Callable[..., InvocationResult]

LASTING = unavailable(600)
"""A 503 whose Retry-After is beyond any budget, so that no test waits for a second attempt."""


@dataclass(frozen=True)
class Case:
    """What a case may touch: the stand-in, the partner, the settings, and what must be undone."""

    world: StandIn
    partner: Partner
    environ: dict[str, str]
    undo: ExitStack


def _secret(case: Case) -> str:
    return str(case.partner.secret_name)


def _refusing(service: str) -> Callable[[Case], object]:
    return lambda case: case.undo.enter_context(case.world.service(service).refusing())


def _partner_answers(status: Status) -> Callable[[Case], object]:
    return lambda case: case.world.faults.add("partner", status, times=None)


def _body(content: bytes) -> Callable[[Case], object]:
    return lambda case: case.world.partner_center.answer(case.partner.tenant_id, content)


def _entra(code: int) -> Callable[[Case], object]:
    return lambda case: case.world.entra.refuse(case.partner.tenant_id, code)


def _without_rights(*rights: str) -> Callable[[Case], object]:
    def take(case: Case) -> None:
        granted = case.world.identity.user_assigned.table_rights
        case.undo.callback(granted.update, set(rights))
        granted.difference_update(rights)

    return take


CASES: tuple[tuple[str, str, Callable[[Case], object]], ...] = (
    ("settings-invalid", "a domain name", lambda case: case.environ.update(PARTNER_TENANT_ID="contoso.com")),
    ("vault-unreachable", "refused connection", _refusing("vault")),
    ("vault-access-denied", "no right", lambda case: case.world.identity.user_assigned.vault_rights.clear()),
    ("vault-secret-missing", "deleted", lambda case: case.world.vault.delete(_secret(case))),
    ("vault-secret-disabled", "disabled", lambda case: case.world.vault.put(_secret(case), "x", enabled=False)),
    ("vault-secret-invalid", "empty", lambda case: case.world.vault.put(_secret(case), "  \n")),
    (
        "vault-secret-invalid",
        "no certificate",
        lambda case: case.world.vault.put(_secret(case), "x", content_type="application/x-pkcs12"),
    ),
    (
        "identity-unavailable",
        "foreign identity",
        lambda case: case.environ.update(AZURE_CLIENT_ID=case.partner.client_id),
    ),
    ("identity-unavailable", "down", lambda case: case.world.faults.add("identity", LASTING, times=None)),
    ("sign-in-unavailable", "503", lambda case: case.world.faults.add("entra", LASTING, times=None)),
    ("sign-in-unavailable", "html", lambda case: case.world.faults.add("entra", html(200), times=None)),
    ("sign-in-rejected", "wrong secret", lambda case: case.partner.app.secrets.clear()),
    ("sign-in-rejected", "unknown tenant", _entra(90002)),
    ("consent-required", "expired", _entra(700082)),
    ("consent-required", "policy", _entra(50076)),
    ("mfa-required", "900421", _partner_answers(error_response(900421))),
    ("wrong-audience", "900420", _partner_answers(error_response(900420, code_as_text=True))),
    ("app-only-refused", "900329", _partner_answers(error_response(900329, extended=True))),
    ("partner-access-denied", "empty 403", _partner_answers(Status(403))),
    ("partner-access-denied", "900308", _partner_answers(error_response(900308))),
    ("partner-throttled", "429", _partner_answers(throttled(600))),
    ("partner-unavailable", "503", _partner_answers(LASTING)),
    ("partner-bad-response", "html", _partner_answers(html(200))),
    ("partner-bad-response", "cut", _body(b'{"balanceAmount": 68059.03, "currencyCode"')),
    ("partner-bad-response", "an error with 200", _body(b'{"code":2000,"description":"no"}')),
    ("partner-bad-response", "redirect", _partner_answers(Status(302, headers={"Location": "https://127.0.0.1/"}))),
    ("table-unreachable", "503", lambda case: case.world.faults.add("table", LASTING, times=None)),
    ("table-access-denied", "may not read", _without_rights("read")),
    ("table-access-denied", "may not add", _without_rights("add")),
    ("table-missing", "may not create", _without_rights("create")),
    ("clock-wrong", "an hour ahead", lambda case: case.world.clock.advance(seconds=-3600)),
    (
        "table-unreachable",
        "an answer nobody knows",
        lambda case: case.world.faults.add("table", Status(418), times=None),
    ),
)

USER_CODES = ("consent-required", "mfa-required")


@pytest.mark.parametrize(("code", "why", "arrange"), CASES, ids=[f"{code}: {why}" for code, why, _ in CASES])
def test_code_is_logged_with_its_remedy(
    world: StandIn, run_once: Run, code: str, why: str, arrange: Callable[[Case], object]
) -> None:
    """The failed invocation and the log carry the code, what happened and what to do; no row is written."""
    partner = world.add_partner(auth="app_user" if code in USER_CODES else "app")
    with ExitStack() as undo:
        case = Case(world, partner, environ_of(world, partner), undo)
        arrange(case)
        result = run_once(case.environ)
    assert not result.success
    (failed,) = marked(result.logs, "SNAPSHOT_FAILED")
    assert failed["code"] == code, failed
    assert len(failed["message"]) > 20
    assert len(failed["remedy"]) > 40
    (run,) = marked(result.logs, "SNAPSHOT_RUN")
    assert run["failed"] == 1
    world.faults.clear()
    assert not rows(world)
    if code not in {"partner-throttled", "partner-unavailable", "sign-in-unavailable"}:
        assert world.journal.count("entra", method="POST") <= 2
    if code.startswith("partner") or code in {"mfa-required", "wrong-audience", "app-only-refused"}:
        assert failed["requestId"]
        assert failed["correlationId"]


def test_every_code_has_a_case() -> None:
    """A new error cannot be added without a case that causes it."""

    def leaves(kind: type[errors.SnapshotError]) -> set[str]:
        below = kind.__subclasses__()
        return set().union(*map(leaves, below)) if below else {kind.code}

    assert {code for code, _, _ in CASES} | {"unexpected"} == leaves(errors.SnapshotError), (
        "no service can cause unexpected"
    )


def test_a_slow_answer_is_not_a_failure(world: StandIn, run_once: Run) -> None:
    """A body that arrives byte by byte within the limits is read whole."""
    world.faults.add("partner", Drip(every_ms=1))
    assert run_once(environ_of(world, world.add_partner())).success
