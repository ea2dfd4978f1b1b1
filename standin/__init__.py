"""A local stand-in for Entra ID, managed identity, Key Vault, Partner Center and Table Storage. Never deployed."""

from standin.world import StandIn

__all__ = ["StandIn"]
