"""The command line for operators: `python -m cli`."""
