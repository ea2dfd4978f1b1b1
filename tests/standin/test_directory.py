"""Apps and grants."""

import pytest

from standin.aadsts import RefusedError
from standin.clock import Clock
from standin.directory import App, Directory, Grant, SignIn


@pytest.fixture
def clock() -> Clock:
    """Give the time that grants age by."""
    return Clock()


@pytest.fixture
def directory(clock: Clock) -> Directory:
    """Give an empty one."""
    return Directory(clock)


@pytest.fixture
def app(directory: Directory) -> App:
    """Give a registered app."""
    return directory.register(App("tenant", "client", "tenant"))


def code_of(refused: pytest.ExceptionInfo[RefusedError]) -> int:
    """Return the AADSTS code."""
    return refused.value.refusal.code


def test_tenants_and_apps_are_found_in_any_case(directory: Directory, app: App) -> None:
    """GUIDs have no case."""
    assert directory.app("TENANT", "Client") is app


def test_unknown_tenants_and_apps_are_refused(directory: Directory, app: App) -> None:
    """90002 for the tenant, 700016 for the app."""
    with pytest.raises(RefusedError) as refused:
        directory.app("nowhere", "client")
    assert code_of(refused) == 90002
    with pytest.raises(RefusedError) as refused:
        directory.app("tenant", "nobody")
    assert code_of(refused) == 700016


def test_a_refresh_token_lives_ninety_days_however_often_it_is_used(
    directory: Directory, app: App, clock: Clock
) -> None:
    """Using it does not make it younger."""
    token = directory.issue_refresh_token(app, SignIn())
    clock.advance(days=89)
    assert directory.refresh_grant(app, token).user
    clock.advance(days=1)
    with pytest.raises(RefusedError) as refused:
        directory.refresh_grant(app, token)
    assert code_of(refused) == 700082


def test_a_refresh_token_is_bound_to_its_app_but_not_to_the_tenant(directory: Directory, app: App) -> None:
    """700007 for another app; a multi-tenant app uses it in another tenant."""
    token = directory.issue_refresh_token(app, SignIn())
    elsewhere = directory.register(App("other-tenant", "client", "tenant"))
    assert directory.refresh_grant(elsewhere, token).user
    with pytest.raises(RefusedError) as refused:
        directory.refresh_grant(directory.register(App("tenant", "other", "tenant")), token)
    assert code_of(refused) == 700007


def test_a_revoked_refresh_token_is_unknown(directory: Directory, app: App) -> None:
    """70000, as for one that never was."""
    token = directory.issue_refresh_token(app, SignIn())
    directory.revoke(token)
    with pytest.raises(RefusedError) as refused:
        directory.refresh_grant(app, token)
    assert code_of(refused) == 70000


def test_a_code_works_once_and_not_for_long(directory: Directory, app: App, clock: Clock) -> None:
    """54005 for the second time, 70008 after ten minutes."""

    def issue() -> str:
        return directory.issue_code(Grant("tenant", "client", "user", mfa=True, issued=clock.now()))

    code = issue()
    assert directory.redeem_code(app, code, "", "").mfa
    with pytest.raises(RefusedError) as refused:
        directory.redeem_code(app, code, "", "")
    assert code_of(refused) == 54005
    code = issue()
    clock.advance(seconds=601)
    with pytest.raises(RefusedError) as refused:
        directory.redeem_code(app, code, "", "")
    assert code_of(refused) == 70008


def test_a_code_is_for_the_app_that_asked(directory: Directory, app: App, clock: Clock) -> None:
    """700007 for another app."""
    code = directory.issue_code(Grant("tenant", "client", "user", mfa=True, issued=clock.now()))
    with pytest.raises(RefusedError) as refused:
        directory.redeem_code(directory.register(App("tenant", "other", "tenant")), code, "", "")
    assert code_of(refused) == 700007


def test_clearing_forgets_everything(directory: Directory, app: App) -> None:
    """Also the tenant."""
    directory.clear()
    with pytest.raises(RefusedError) as refused:
        directory.require_tenant("tenant")
    assert code_of(refused) == 90002
