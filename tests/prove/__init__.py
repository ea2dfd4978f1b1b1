"""Proof that the job keeps its guarantees when the world misbehaves: `python3 dev.py prove`."""
