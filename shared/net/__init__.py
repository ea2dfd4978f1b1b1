"""What every call over the network shares."""
