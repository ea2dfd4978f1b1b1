"""What an operator does by hand, before and after the timer does its work: `python -m cli`."""
