"""The one reader of files that users give: bytes of files and pipes, and their text in whatever encoding."""

import codecs
import gzip
import io
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from d2c.errors import D2CError

STANDARD_INPUT = "-"
LARGEST_BYTES = 512 * 2**20  # assumed: ten times the largest catalogue or outline that is published
_GZIP = b"\x1f\x8b"
_COMPRESSED = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
# UTF-32 first: its mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_XML_ENCODING = re.compile(rb"""\s*<\?xml\b[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")

_streams: dict[str, bytes] = {}  # what came through a pipe can be read once only
_once: ContextVar[dict[Path, bytes] | None] = ContextVar("files read once", default=None)


class TextError(D2CError):
    """What is in a file is not text, or too much; the message is the reason."""


def is_file(name: str | PathLike[str]) -> bool:
    """Return whether there is a file, a pipe or a device to read; `-` is the standard input.

    False for a name that no file can have.
    """
    try:
        return is_stream(name) or Path(name).is_file()
    except (OSError, ValueError):
        return False


def is_stream(name: str | PathLike[str]) -> bool:
    """Return whether a name is that of the standard input, of a pipe or of a device."""
    if str(name) == STANDARD_INPUT:
        return True
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def shown_name(path: str | PathLike[str]) -> str:
    """Return the name by which messages and copies call a file."""
    return "stdin" if str(path) == STANDARD_INPUT else Path(path).name


def is_folder(name: str | PathLike[str]) -> bool:
    """Return whether there is a folder of this name; False for a name that no folder can have."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


@contextmanager
def read_once() -> Iterator[None]:
    """Read each file once inside this context, so that what is hashed and copied is what was parsed."""
    if _once.get() is not None:
        yield
        return
    token = _once.set({})
    try:
        yield
    finally:
        _once.reset(token)


def read_bytes(path: str | PathLike[str]) -> bytes:
    """Return the content of a file or a pipe; OSError if it cannot be read, TextError if it is too large."""
    if is_stream(path):
        if str(path) not in _streams:
            _streams[str(path)] = _stream_bytes(str(path))
        return _streams[str(path)]
    memory = _once.get()
    if memory is None:
        return _file_bytes(Path(path))
    where = Path(path).absolute()
    if where not in memory:
        memory[where] = _file_bytes(where)
    return memory[where]


def _stream_bytes(name: str) -> bytes:
    return _limited(sys.stdin.buffer) if name == STANDARD_INPUT else _file_bytes(Path(name))


def _file_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _limited(file)
    except ValueError:
        raise FileNotFoundError(2, "no file can have this name") from None


def _limited(file: BinaryIO | gzip.GzipFile) -> bytes:
    content: bytes = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise TextError(f"it is larger than {LARGEST_BYTES / 2**20:.0f} MB")
    return content


def read_text(path: str | PathLike[str], *, latin_1: bool = True) -> str:
    """Return the text of a file, as `decode` does; OSError if it cannot be read, TextError if it is no text."""
    return decode(read_bytes(path), latin_1=latin_1)


def decode(content: bytes, *, latin_1: bool = True) -> str:
    r"""Return the text in the bytes of a file, with lines that end in \n.

    Its encoding is that of the byte order mark, else that which XML declares, else UTF-8 (or UTF-16, by its zeros),
    else Latin-1 unless this is not allowed. What gzip compressed is expanded first. TextError with the reason for
    anything else.
    """
    if content.startswith(_GZIP):
        content = _expanded(content)
    for magic, name in _COMPRESSED.items():
        if content.startswith(magic):
            raise TextError(f"this file is compressed ({name}); unpack it first")
    text = _decoded(content, latin_1=latin_1)
    if "\0" in text:
        raise TextError("this is a binary file")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _expanded(content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return _limited(file)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise TextError("this file is compressed (gzip), and cut off or damaged") from None


def _decoded(content: bytes, *, latin_1: bool) -> str:
    encoding = _encoding(content)
    try:
        return content.decode(encoding)
    except LookupError:
        raise TextError(f"its XML declares the encoding {encoding!r}, which is unknown") from None
    except UnicodeError:
        if encoding not in ("utf-8", "ascii"):
            raise TextError(f"this is not a text file in {encoding.upper().removesuffix('-SIG')}") from None
    if not latin_1:
        raise TextError("not a text file in UTF-8 or UTF-16; save it as UTF-8")
    text = content.decode("latin-1")
    if _CONTROL.search(text):
        raise TextError("this is a binary file")
    return text


def _encoding(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    head = content[:200]
    if head.count(0) * 3 > len(head):  # UTF-16 without a mark: every other byte of an ASCII letter is zero
        if not any(head[1::2]):
            return "utf-16-le"
        if not any(head[::2]):
            return "utf-16-be"
    declared = _XML_ENCODING.match(content)
    name = declared[1].decode().lower() if declared else "utf-8"
    # A declaration that can be read byte by byte is not in UTF-16, whatever it says.
    return "utf-8" if name.startswith(("utf-8", "utf8", "utf-16", "utf-32", "ucs-", "iso-10646")) else name
