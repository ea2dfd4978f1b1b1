"""The values that Bicep's expressions work with, and its functions, as far as infra/ uses them."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
TENANT = "22222222-2222-2222-2222-222222222222"


class BicepError(ValueError):
    """A file says what the language, or this reader, does not allow."""


class Runtime(str):
    """A text that is not known before the deployment has begun."""

    __slots__ = ()


@dataclass(frozen=True)
class Group:
    """A resource group."""

    subscription: str
    name: str

    @property
    def id(self) -> str:
        """The group's resource id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


@dataclass(frozen=True)
class Symbol:
    """What a file can say about a resource: its id and name at once, its properties when it stands."""

    type: str
    name: str
    id: str

    def get(self, member: str) -> Any:
        """Return `.id`, `.name`, `.type`, or the access to what Azure will answer."""
        return (
            getattr(self, member) if member in ("id", "name", "type") else Answer(f"{self.type}:{self.name}.{member}")
        )


@dataclass(frozen=True)
class Answer:
    """An access to what Azure will answer, such as `identity.properties`."""

    path: str

    def get(self, member: str) -> Runtime:
        """Return the text that stands for the answer."""
        return Runtime(f"<{self.path}.{member}>")


@dataclass(frozen=True)
class _Suffixes:
    storage: str = "core.windows.net"
    keyvaultDns: str = ".vault.azure.net"  # noqa: N815 - the language's own name


@dataclass(frozen=True)
class _PublicCloud:
    suffixes: _Suffixes = _Suffixes()


@dataclass(frozen=True)
class _Tenant:
    tenantId: str = TENANT  # noqa: N815 - the language's own name


def settled(value: Any) -> Any:
    """Return what a module gets: its parameters are known when it starts, also those that another module put out."""
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items()}
    return str(value) if isinstance(value, Runtime) else value


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": lambda container, item: item in container,
    "empty": lambda value: not value,
    "environment": _PublicCloud,
    "guid": lambda *parts: str(uuid.UUID(bytes=_hash(*parts)[:16])),
    "length": len,
    "map": lambda items, convert: [convert(item) for item in items],
    "split": lambda text, delimiter: text.split(delimiter),
    "string": lambda value: value if isinstance(value, str) else json.dumps(value, separators=(",", ":")),
    "tenant": _Tenant,
    "uniqueString": lambda *parts: base64.b32encode(_hash(*parts)).decode().lower()[:13],
}
"""uniqueString and guid are hashes of Azure's own; these have the same alphabet and length."""
