"""One context manager for everything that the job talks to, on the loopback interface.

    with StandIn() as world:
        partner = world.add_partner()                      # the documented sample: 68059.03 USD
        environment = os.environ | world.environ | partner.environ
        subprocess.run([...], env=environment)
        world.faults.add("partner", throttled(2))          # faults, by service name: see standin.faults
        world.identity.user_assigned.vault_rights.discard("set")
        world.clock.advance(days=89)
        world.journal.count("partner")

The services and their names in the journal and in faults: `entra`, `identity`, `vault`, `partner`, `table`, `archive`.
"""

import secrets
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from standin.azurite_process import Azurite
from standin.certificate import PEM_TYPE, PKCS12_TYPE, Authority, Certificate
from standin.clock import Clock
from standin.directory import App, FederatedCredential, SignIn
from standin.journal import Journal
from standin.partner import Partner
from standin.rules import Faults
from standin.server import EventLoopThread, ServiceContext
from standin.services.entra import Entra
from standin.services.identity import FEDERATION_AUDIENCES, ManagedIdentity
from standin.services.partner_center import PartnerCenter
from standin.services.table import TableProxy
from standin.services.vault import Vault
from standin.tokens import TokenSigner

REFRESH_TOKEN_TYPE = "application/vnd.partner-refresh-token"  # noqa: S105 - a content type


class StandIn:
    """Starts on entering and leaves nothing behind. Each instance can be entered only once.

    Raises a StandInError, with its remedy, when something is missing.
    """

    def __enter__(self) -> Self:
        with ExitStack() as started:
            folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="stand-in-")))
            self._authority = Authority(folder)
            azurite = Azurite(self._authority, folder)
            started.callback(azurite.stop)
            loop_thread = EventLoopThread()
            started.callback(loop_thread.close)
            self.clock, self.tokens = Clock(), TokenSigner()
            self.journal, self.faults = Journal(), Faults(loop_thread.loop)
            tls = self._authority.server_context()
            context = ServiceContext(loop_thread, self.journal, self.faults, self.tokens, self.clock, tls)
            self.identity, self.entra = ManagedIdentity(context), Entra(context)
            self.vault, self.partner_center = Vault(context, self.identity), PartnerCenter(context)
            self.table = TableProxy(context, self.identity, azurite, "balances", "table")
            self.archive = TableProxy(context, self.identity, azurite, "archive", "archive")
            services = (self.identity, self.entra, self.vault, self.partner_center, self.table, self.archive)
            for service in services:
                service.start()
                started.callback(service.stop)
            started.callback(self.faults.clear)
            azurite.wait()
            self._leave = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.close()

    @property
    def ca_bundle(self) -> Path:
        """The path of the certificate authority's certificate."""
        return self._authority.bundle

    @property
    def environ(self) -> dict[str, str]:
        """The variables that point the job and all Azure clients to this stand-in, without any partner's settings."""
        return {
            "IDENTITY_ENDPOINT": self.identity.endpoint,
            "IDENTITY_HEADER": self.identity.header,
            "AZURE_CLIENT_ID": self.identity.user_assigned.client_id,
            "REQUESTS_CA_BUNDLE": str(self._authority.bundle),
            "NO_PROXY": "127.0.0.1",
            "KEY_VAULT_URL": self.vault.url,
            "PARTNER_API_URL": self.partner_center.url,
            "PARTNER_LOGIN_URL": self.entra.url,
            "SNAPSHOT_TABLE_ENDPOINT": self.table.endpoint,
        }

    @property
    def environ_archive(self) -> dict[str, str]:
        """The variable for the second storage account."""
        return {"SNAPSHOT_ARCHIVE_ENDPOINT": self.archive.endpoint}

    def reset(self, *, tables: bool = True) -> None:
        """Restore the initial state: no partners, secrets, faults, calls or (by default) tables, real time, all rights."""
        self.faults.clear()
        self.clock.reset()
        self.tokens.lifetime = timedelta(hours=1)
        for part in (self.identity, self.entra, self.vault, self.partner_center):
            part.reset()
        if tables:
            self.table.clear()
            self.archive.clear()
        self.journal.clear()

    def add_partner(  # noqa: PLR0913 - what a partner is made of, all by name and all with defaults
        self,
        *,
        name: str = "Contoso",
        tenant_id: str | None = None,
        client_id: str | None = None,
        credential: str = "secret",
        secret: str | None = None,
        secret_name: str | None = None,
        secret_expires_in: timedelta | None = timedelta(days=365),
        auth: str = "app",
        refresh_token_name: str | None = None,
        refresh_token_age: timedelta = timedelta(),
        balances: str = "summary",
        items: Sequence[dict[str, Any]] = (),
        credit_limit: str | None = None,
        cloud: str | None = None,
    ) -> Partner:
        """Add a partner everywhere: its app in Entra ID, its secrets in the vault, its balance in Partner Center.

        `credential`: `secret`, `pkcs12`, `pem` or `federated`. `auth` `app_user` stores a refresh token of
        `refresh_token_age` as well. A client secret or refresh token that is in the vault already under the given name
        is shared, not stored again. `items` are its InvoiceSummary documents, one per currency; without them
        it has the documented one.
        """
        tenant = (tenant_id or str(uuid.uuid4())).lower()
        label = f"{name.lower().replace(' ', '-')}-{tenant[:8]}"
        federated = credential == "federated"
        app = self.entra.directory.register(App(tenant, (client_id or str(uuid.uuid4())).lower()))
        stored = None if federated else secret_name or f"{label}-secret"
        if federated:
            identity = self.identity.user_assigned
            audience = FEDERATION_AUDIENCES[cloud or "global"]
            app.federated.append(FederatedCredential(identity.issuer, identity.object_id, audience))
        else:
            self._store_credential(app, credential, secret, str(stored), secret_expires_in)
        refresh_name = (refresh_token_name or f"{label}-refresh-token") if auth == "app_user" else None
        if refresh_name and not self.vault.versions(refresh_name):
            issued = self.clock.now() - refresh_token_age
            token = self.entra.directory.issue_refresh_token(app, SignIn(), issued=issued)
            end = issued + timedelta(days=90)
            self.vault.put(refresh_name, token, content_type=REFRESH_TOKEN_TYPE, created=issued, expires_on=end)
        self.partner_center.balances(tenant, *items)
        return Partner(name, app, stored, refresh_name, auth, balances, credit_limit, cloud)

    def _store_credential(
        self, app: App, kind: str, secret: str | None, stored: str, expires_in: timedelta | None
    ) -> None:
        end = None if expires_in is None else self.clock.now() + expires_in
        if kind == "secret":
            shared = self.vault.versions(stored) if secret is None else ()
            if shared:
                app.secrets[shared[-1].value] = shared[-1].expires_on
                return
            value, content_type = secret or secrets.token_urlsafe(30), None
            app.secrets[value] = end
        else:
            days = 365.0 if expires_in is None else expires_in / timedelta(days=1)
            certificate = Certificate.create(valid_days=days, now=self.clock.now())
            app.certificates.append(certificate)
            pkcs12 = kind == "pkcs12"
            value = certificate.pkcs12() if pkcs12 else certificate.pem()
            content_type = PKCS12_TYPE if pkcs12 else PEM_TYPE
        self.vault.put(stored, value, content_type=content_type, expires_on=end)
