"""The app settings: read, checked and turned into values."""
