"""`demo`: runs the whole job against the stand-in."""
