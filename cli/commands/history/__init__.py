"""`history`: the recorded balances as table, chart and files."""
