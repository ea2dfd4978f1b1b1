"""Failures that the playground can rehearse: each has a name, a description, and a function that starts it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from standin.faults import CutBody, Hang, WrongDate, html, throttled, unavailable
from standin.playground import Playground
from standin.services.partner_center import error_response


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A failure described in one sentence, and what starts it. It lasts until the playground ends."""

    sentence: str
    start: Callable[[Playground], object]


def _always(service: str, fault: Callable[[], object]) -> Callable[[Playground], object]:
    return lambda playground: playground.world.faults.add(service, fault(), times=None)  # type: ignore[arg-type]


REHEARSALS = {
    "secret-expired": Rehearsal(
        "The client secret of Contoso's app has expired.",
        lambda play: play.world.entra.refuse(play.partners[0].tenant_id, 7000222),
    ),
    "secret-missing": Rehearsal(
        "Someone deleted Contoso's secret from the vault.",
        lambda play: play.world.vault.delete(str(play.partners[0].secret_name)),
    ),
    "consent-revoked": Rehearsal(
        "The user behind Tailspin's refresh token changed their password.",
        lambda play: play.world.entra.refuse(play.partners[3].tenant_id, 50173),
    ),
    "entra-down": Rehearsal("Entra ID returns 503.", _always("entra", unavailable)),
    "identity-silent": Rehearsal("The managed identity never responds (takes a minute).", _always("identity", Hang)),
    "vault-denied": Rehearsal(
        "The identity lost its role on the vault.",
        lambda play: play.world.identity.user_assigned.vault_rights.clear(),
    ),
    "table-denied": Rehearsal(
        "The identity lost its role on the table.",
        lambda play: play.world.identity.user_assigned.table_rights.clear(),
    ),
    "archive-denied": Rehearsal(
        "The identity lost its role on the archive.",
        lambda play: play.world.identity.user_assigned.archive_rights.clear(),
    ),
    "partner-down": Rehearsal("Partner Center returns 503.", _always("partner", unavailable)),
    "partner-throttled": Rehearsal("Partner Center returns 429.", _always("partner", lambda: throttled(5))),
    "partner-denied": Rehearsal(
        "Partner Center refuses every account: a role is missing.", _always("partner", lambda: error_response(900308))
    ),
    "partner-portal": Rehearsal(
        "A proxy returns an HTML page in place of Partner Center's response.", _always("partner", lambda: html(200))
    ),
    "partner-cut": Rehearsal("Partner Center's responses are cut off.", _always("partner", CutBody)),
    "clock-wrong": Rehearsal(
        "This machine's clock is an hour ahead of the table's.",
        _always("table", lambda: WrongDate(timedelta(hours=-1))),
    ),
}
