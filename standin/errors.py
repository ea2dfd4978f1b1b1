"""What can stop the stand-in from starting."""


class StandInError(RuntimeError):
    """The stand-in cannot start. `remedy` is a sentence a person can act on; it is part of the text as well."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.remedy = remedy
