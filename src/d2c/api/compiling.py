"""The notices that kernels are compiled, which takes minutes without a sign of life, and of faults of their cache."""

from collections.abc import Iterator
from contextlib import contextmanager

from d2c.coverage.kernels.cache import unsaid_faults
from d2c.coverage.kernels.compiling import on_compiling
from d2c.notices import log

_MESSAGE = (
    "compiling the kernels, once after each installation or update "
    "(about three minutes; one for the best case alone)"
)


@contextmanager
def compilation_logged() -> Iterator[None]:
    """Log a message if kernels have to be compiled; as a warning, which Python prints unless it is told otherwise."""
    with on_compiling(_log_compiling):
        yield
    _log_faults()  # what was met while the kernels were written


def _log_compiling() -> None:
    log.warning(_MESSAGE)
    _log_faults()


def _log_faults() -> None:
    for text in unsaid_faults():
        log.warning("%s", text)
