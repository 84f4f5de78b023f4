"""What ends a command from outside: signals, output that cannot be written, memory, a broken installation."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from d2c.errors import D2CError, OperationError, OtherResultError
from d2c.printable import printable_lines

FAILURE, BAD_INPUT, INTERRUPTED = 1, 2, 130
_SIGNAL_CODE = 128  # a shell adds it to the number of the signal


def exit_code(run: Callable[[], Any]) -> Any:
    """Run a command and return its exit code; what stops it is one line on standard error."""
    _open_streams()
    signals = _EndingSignals()
    try:
        return run()
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return error.exit_code
    except D2CError as error:
        options = ": -o FOLDER, or --replace" if isinstance(error, OtherResultError) else ""
        return _stopped(f"{error}{options}", FAILURE if isinstance(error, OperationError) else BAD_INPUT)
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(
            error.__cause__, EOFError
        ):  # click takes it for the end of what is typed; d2c asks nothing
            raise error.__cause__ from None
        return _stopped(f"interrupted{signals.received_text}", signals.exit_code)
    except MemoryError:
        return _stopped("not enough memory; use fewer cells, a shorter time or a longer step", FAILURE)
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] == "d2c":
            raise
        return _stopped(
            f"a library cannot be loaded: {error}; install d2c anew, or give it more memory", FAILURE
        )


def drop_output() -> None:
    """Let all that is still to be written to standard output vanish."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stopped(text: str, code: int) -> int:
    with suppress(OSError):  # where messages cannot be written the code must do
        click.echo(f"d2c: {printable_lines(text)}", err=True)
    return code


def _open_streams() -> None:
    """Explain errors of standard output, and give a number to closed streams, which the next file would take otherwise.

    A closed standard output cannot be written; messages to a closed standard error vanish.
    """
    for number, name, mode in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, mode), number)
                stream = os.fdopen(number, "r" if number == 0 else "w", closefd=False)
                setattr(sys, name, stream)
                setattr(sys, f"__{name}__", stream)  # which keeps it open
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _Output(
            sys.stdout.buffer,
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            line_buffering=sys.stdout.line_buffering,
        )


class _Output(io.TextIOWrapper):
    """Standard output: OperationError, and nothing more is written, where it cannot be written.

    No control character reaches the terminal but those of lines and of the colours of tables.
    """

    def write(self, text: str) -> int:
        """Write a text."""
        with self._explained():
            return super().write(printable_lines(text, colour=self.isatty()))

    def flush(self) -> None:
        """Write what is buffered."""
        with self._explained():
            super().flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            drop_output()
            raise OperationError(f"the output cannot be written: {error.strerror or error}") from None


class _EndingSignals:
    """SIGTERM and SIGHUP end a command as Ctrl-C does, unless they are ignored from the start, as by nohup."""

    def __init__(self) -> None:
        self._received: signal.Signals | None = None
        for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._end)

    @property
    def exit_code(self) -> int:
        """Return the exit code of the signal that was received, or that of Ctrl-C."""
        return INTERRUPTED if self._received is None else _SIGNAL_CODE + self._received

    @property
    def received_text(self) -> str:
        """Return " by SIGNAL", "" for Ctrl-C."""
        return "" if self._received is None else f" by {self._received.name}"

    def _end(self, number: int, _: object) -> None:
        self._received = signal.Signals(number)
        signal.signal(number, signal.SIG_DFL)  # a second one ends the command at once
        raise KeyboardInterrupt
