"""`check`: try every step of a run with real calls."""
