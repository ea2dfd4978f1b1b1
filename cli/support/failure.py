"""What stops a command and is no failure of the job itself, so that it has no code of shared.errors."""


class CommandFailed(Exception):
    """The command cannot do what it was asked for: what was met, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
