"""One HTTP request with a limit of size and of total time, its errors explained in one line."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any

from d2c import __version__
from d2c.errors import CatalogueError

if TYPE_CHECKING:
    import httpx

LARGEST_BYTES = 64 * 2**20  # the catalogue of all objects in orbit is some 20 MB
_PROXY_VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_CREDENTIALS = re.compile(r"//[^/@]*@")
_FIRST_LINE_LENGTH = 200


class NotSentError(CatalogueError):
    """No connection was made, so no request reached the server."""


def download(url: str, *, timeout_s: float, on_sent: Callable[[], None]) -> bytes:
    """Return the body of a response of status 200; `on_sent` is called when the request is about to be sent.

    `timeout_s` limits the whole, LARGEST_BYTES the body. NotSentError if no request was sent, CatalogueError if one
    was and its response is another, too large, too slow or not complete.
    """
    import httpx  # here because it takes longer to import than every command without a download

    deadline = _Deadline(timeout_s, on_sent)
    body = bytearray()
    try:
        with _client(timeout_s) as client, deadline.running():
            headers = {"User-Agent": f"d2c/{__version__}"}
            trace = {"trace": deadline.trace}
            with client.stream("GET", url, headers=headers, extensions=trace) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST_BYTES:
                        raise CatalogueError(
                            f"{url}: the response is larger than {LARGEST_BYTES >> 20} MB, which no set of elements is;"
                            " it was stopped"
                        )
                    deadline.check()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise _explained(url, error, deadline) from None
    if response.status_code != httpx.codes.OK:
        raise CatalogueError(
            f"{url}: HTTP status {response.status_code} instead of elements: {first_line(bytes(body))!r}; do not repeat"
        )
    return bytes(body)


def first_line(body: bytes) -> str:
    """Return the beginning of a response, for messages."""
    text = body.decode("utf-8", "replace").strip()
    return text.split("\n", 1)[0].strip()[:_FIRST_LINE_LENGTH]


def _client(timeout_s: float) -> "httpx.Client":
    """Return a client with the proxies and certificates of the environment; NotSentError if they cannot be used."""
    import httpx  # as above

    try:
        return httpx.Client(timeout=timeout_s)
    except ImportError:
        raise NotSentError(
            f"nothing was downloaded: a SOCKS proxy needs the package socksio; pip install 'httpx[socks]', or unset"
            f"{_set_in_environment(_PROXY_VARIABLES)}"
        ) from None
    except OSError as error:  # of the file system or of OpenSSL
        raise NotSentError(
            f"nothing was downloaded: the certificates cannot be read: {error.strerror or error}; correct or unset"
            f"{_set_in_environment(_CERTIFICATE_VARIABLES)}"
        ) from None
    except (ValueError, httpx.InvalidURL) as error:
        raise NotSentError(
            f"nothing was downloaded: the proxy settings cannot be used: {_without_credentials(str(error))}; correct or"
            f" unset{_set_in_environment(_PROXY_VARIABLES)}"
        ) from None


def _explained(url: str, error: Exception, deadline: "_Deadline") -> CatalogueError:
    """Return the error of a request that failed, which says what to do where that is known."""
    import httpx  # as above

    kind = CatalogueError if deadline.sent else NotSentError
    proxies = _set_in_environment(_PROXY_VARIABLES)
    through = f"; proxies are set:{proxies}" if proxies and not deadline.sent else ""
    if deadline.passed or isinstance(error, httpx.TimeoutException):
        return kind(f"{url}: no complete response within {deadline.timeout_s:g} s{through}")
    reason = _without_credentials(str(error)) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        certificates = _set_in_environment(_CERTIFICATE_VARIABLES)
        return kind(
            f"{url}: no connection: the server's certificate cannot be verified; SSL_CERT_FILE names a file of the "
            f"certificates to trust, such as those of a proxy{'; set are:' if certificates else ''}{certificates}"
        )
    if not deadline.sent:
        return kind(f"{url}: no connection: {reason}{through}")
    return kind(f"{url}: the download was interrupted: {reason}")


def _set_in_environment(names: tuple[str, ...]) -> str:
    """Return " NAME=VALUE, ..." of the variables that are set, without passwords."""
    pairs = ((name, os.environ.get(name)) for upper in names for name in (upper, upper.lower()))
    texts = [f" {name}={_without_credentials(value)[:_FIRST_LINE_LENGTH]}" for name, value in pairs if value]
    return ",".join(texts)


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("//***@", text)


class _Deadline:
    """Ends a request after a total time, also while a read waits: httpx limits single reads only.

    At the end the socket is shut down, which ends the read. `trace` learns from httpx which socket that is.
    """

    def __init__(self, timeout_s: float, on_sent: Callable[[], None]) -> None:
        self.timeout_s, self.sent = timeout_s, False
        self._on_sent, self._end = on_sent, time.monotonic() + timeout_s
        self._socket: Any = None

    @property
    def passed(self) -> bool:
        """Return whether the time is over."""
        return time.monotonic() >= self._end

    def check(self) -> None:
        """Raise TimeoutError if the time is over."""
        if self.passed:
            raise TimeoutError

    def trace(self, event: str, about: dict[str, Any]) -> None:
        """Take the socket of a connection, and note when the request goes out over it."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = about["return_value"].get_extra_info("socket")
        # a proxy is asked by CONNECT first
        elif event == "http11.send_request_headers.started" and about["request"].method == b"GET":
            self.check()
            self.sent = True
            self._on_sent()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Shut the socket down at the end of the time."""
        timer = Timer(self.timeout_s, self._shut_down)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _shut_down(self) -> None:
        with suppress(OSError, AttributeError):  # it is closed, or there is none yet
            self._socket.shutdown(2)
