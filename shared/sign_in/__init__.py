"""Signing in to Partner Center at Entra ID."""
