"""What all network calls share."""
