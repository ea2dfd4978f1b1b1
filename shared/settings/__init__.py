"""Reads the app settings, checks them and converts them to values."""
