"""Proof that the job keeps its promises when the world misbehaves: `python3 dev.py prove`."""
