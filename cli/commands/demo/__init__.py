"""`demo`: the whole job against the stand-in."""
