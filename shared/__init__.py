"""The job itself: read the balance of a Partner Center account and append it to the history, once a day."""

VERSION = "0.1.0"
"""As in pyproject.toml, which is not deployed."""
