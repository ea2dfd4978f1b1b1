"""A throw-away certificate authority, trusted only by clients that are given its bundle."""

import ssl
from pathlib import Path

import trustme


class Authority:
    """Issues one server certificate for 127.0.0.1 and writes what others need into `folder`.

    `bundle` is the CA alone (for REQUESTS_CA_BUNDLE); `certificate` and `key` are for a server in another process.
    """

    def __init__(self, folder: Path) -> None:
        ca = trustme.CA()
        self._server = ca.issue_cert("127.0.0.1", "localhost")
        self.bundle = folder / "ca.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        ca.cert_pem.write_to_path(self.bundle)
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in self._server.cert_chain_pems))
        self._server.private_key_pem.write_to_path(self.key)

    def server_context(self) -> ssl.SSLContext:
        """Return the context of a TLS listener."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._server.configure_cert(context)
        return context
