"""Downloads in bad surroundings: slow, endless and wrong answers, proxies and certificates that cannot be used."""

import resource
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from sgp4.tests import MARIO_CSV

from d2c.errors import CatalogueError
from d2c.orbit.catalogue import read_elements
from d2c.orbit.celestrak import update
from d2c.orbit.download import LARGEST_BYTES, download, first_line

OK = b"HTTP/1.1 200 OK\r\n"
_VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def served(answer):
    """Yield the address of a server that calls `answer` with each connection, after it has read the request."""

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                connection.recv(65536)
                try:
                    answer(connection)
                except OSError:  # the client has gone
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def dripping(data):
    def answer(connection):
        for byte in data * 10_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    return answer


@pytest.mark.parametrize(
    "answer",
    [dripping(b"H"), dripping(OK + b"X: y\r\n"), dripping(OK + b"\r\nA,B")],
    ids=["status", "headers", "body"],
)
def test_a_byte_now_and_then_ends_at_the_total_deadline(answer, tmp_path):
    with served(answer) as url:
        begin = time.monotonic()
        with pytest.raises(CatalogueError, match=r"no complete response within 2 s") as caught:
            update(base_url=url, cache=tmp_path, timeout_s=2)
        assert 1.9 < time.monotonic() - begin < 10
    assert "\n" not in str(caught.value)
    assert (tmp_path / "starlink.attempt").exists()  # it was sent, so it counts


def test_a_body_without_end_stops_at_the_limit(tmp_path):
    def answer(connection):
        connection.sendall(OK + b"Content-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            connection.sendall(bytes(2**20))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with served(answer) as url, pytest.raises(CatalogueError, match="larger than 64 MB"):
        update(base_url=url, cache=tmp_path, timeout_s=60)
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown_bytes < 4 * LARGEST_BYTES
    assert not (tmp_path / "starlink.csv").exists()


HEADER, ROW = MARIO_CSV.strip().split("\n")


@pytest.mark.parametrize(
    "body",
    [
        MARIO_CSV.encode().replace(b"MARIO", b"MA\x00IO"),
        (HEADER + "\n").encode(),
        MARIO_CSV.replace("MARIO", '"' + 200_000 * "x" + '"').encode(),
        f"{HEADER}\n{ROW.partition(',')[0]}\n".encode(),
    ],
    ids=["a byte that the reader refuses", "no set", "a field of 200,000 characters", "no columns"],
)
def test_what_the_reader_refuses_does_not_replace_the_good_set(body, tmp_path):
    good = tmp_path / "starlink.csv"
    good.write_text(MARIO_CSV, encoding="utf-8")

    def answer(connection):
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with served(answer) as url, pytest.raises(CatalogueError, match=r"older starlink\.csv stays") as caught:
        update(base_url=url, cache=tmp_path, timeout_s=10)
    assert "\n" not in str(caught.value)
    assert ".writing-" not in str(caught.value)
    assert read_elements(good).name == ("MARIO",)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "starlink.attempt",
        "starlink.csv",
        "starlink.lock",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:9"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("all_proxy", "socks5://127.0.0.1:9"),
        ("NO_PROXY", "[::1]"),
        ("SSL_CERT_FILE", "/missing.pem"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:9"),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_is_counted(variable, value, tmp_path, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CatalogueError) as caught:
        update(base_url="https://192.0.2.1", cache=tmp_path, timeout_s=5)  # RFC 5737: reaches nobody
    assert f"{variable}={value}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "starlink.attempt").exists()


def test_a_file_of_certificates_that_is_none_is_named(tmp_path, monkeypatch):
    pem = tmp_path / "own.pem"
    pem.write_text("no certificate", encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with pytest.raises(CatalogueError, match="the certificates cannot be read") as caught:
        update(cache=tmp_path / "cache", timeout_s=5)
    assert f"SSL_CERT_FILE={pem}" in str(caught.value)
    assert not (tmp_path / "cache" / "starlink.attempt").exists()


def test_passwords_of_proxies_are_not_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://anna:secret@127.0.0.1:9")
    with pytest.raises(CatalogueError, match=r"HTTPS_PROXY=http://\*\*\*@127\.0\.0\.1:9") as caught:
        update(base_url="https://192.0.2.1", cache=tmp_path, timeout_s=5)
    assert "secret" not in str(caught.value)


def test_a_refusal_of_the_proxy_is_not_counted(tmp_path, monkeypatch):
    def refuse(connection):
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with served(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(CatalogueError, match="407") as caught:
            update(base_url="https://192.0.2.1", cache=tmp_path, timeout_s=5)
    assert f"HTTPS_PROXY={proxy}" in str(caught.value)
    assert not (tmp_path / "starlink.attempt").exists()


def test_a_server_that_nobody_vouches_for_is_not_asked(tmp_path):
    def no_tls(connection):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with served(no_tls) as url, pytest.raises(CatalogueError, match="no connection"):
        update(base_url=url.replace("http:", "https:"), cache=tmp_path, timeout_s=5)
    assert not (tmp_path / "starlink.attempt").exists()


def test_the_callback_comes_before_the_answer():
    events = []

    def answer(connection):
        events.append("answered")
        connection.sendall(OK + b"Content-Length: 2\r\n\r\nhi")

    with served(answer) as url:
        body = download(url, timeout_s=5, on_sent=lambda: events.append("sent"))
    assert (body, events) == (b"hi", ["sent", "answered"])


def test_the_beginning_of_an_answer_is_one_line():
    assert first_line(b"\n <html>\r\nmore") == "<html>"
