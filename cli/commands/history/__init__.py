"""`history`: the recorded balances as tables, charts and files."""
