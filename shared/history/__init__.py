"""The history of balances in Table Storage."""
