"""A failure of a command that is not one of the job, so it has no code of shared.errors."""


class CommandFailed(Exception):
    """The command cannot do what it was asked for: what happened, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
