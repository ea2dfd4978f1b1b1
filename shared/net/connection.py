"""What stopped a connection, in words, whichever HTTP library met it."""

import socket
import ssl
from collections.abc import Iterator


def reason(error: BaseException) -> str:
    """Say why no answer came, from the innermost known cause."""
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message})"
            case socket.gaierror():
                return "its name cannot be resolved"
            case ConnectionRefusedError():
                return "it refused the connection"
            case ConnectionResetError() | BrokenPipeError():
                return "it cut the connection"
            case TimeoutError():
                return "it did not answer in time"
            case _:
                continue
    return f"the connection failed ({type(error).__name__})"


def is_untrusted(error: BaseException) -> bool:
    """Whether the other side's certificate was refused, which no repetition heals."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk the causes: requests keeps them in `args`, urllib3 in `reason`, azure-core in `inner_exception`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            kept = [getattr(cause, name, None) for name in ("reason", "inner_exception")]
            waiting += [cause.__cause__, cause.__context__, *kept, *cause.args]
