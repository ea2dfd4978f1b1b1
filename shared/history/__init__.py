"""The balance history in Table Storage."""
