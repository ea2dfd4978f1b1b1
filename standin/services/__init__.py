"""The services that the stand-in plays, one module each."""
