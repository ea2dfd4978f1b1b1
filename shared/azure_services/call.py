"""What every client of the Azure SDK is given."""

from typing import Any

CLIENT_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 20, "read_timeout": 20}
"""shared.net.retry is the one retry layer. Times in seconds."""
