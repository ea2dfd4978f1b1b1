"""The job itself: once a day, it reads each Partner Center account's balance and appends it to the history."""

VERSION = "0.1.0"
"""The version in pyproject.toml, which is not deployed."""
