"""`check`: tests every step of a run with real calls."""
