"""`import`: earlier history from a file."""
