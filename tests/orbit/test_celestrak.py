"""CelesTrak download against a local server that imitates its responses."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sgp4.tests import MARIO_CSV

from d2c.errors import CatalogueError
from d2c.orbit.catalogue import read_elements
from d2c.orbit.celestrak import INTERVAL_S, update
from d2c.orbit.group_cache import cached_group, cached_groups

POLICY = "GP data has not updated since your last successful download of GROUP=starlink at 2026-11-01."
NEWER_CSV = MARIO_CSV.replace("MARIO", "NEWER")


class Server:
    """Local server: answer every request with `status` and `body`, and record the paths."""

    def __init__(self):
        self.status, self.body, self.requests = 200, MARIO_CSV, []
        self.missing_bytes, self.delay_s = 0, 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                outer.agent = self.headers["User-Agent"]
                outer.stopped.wait(outer.delay_s)
                body = outer.body.encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body) + outer.missing_bytes))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.stopped = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def fetch(server, tmp_path):
    """Return `update` bound to the server and an empty cache."""

    def fetch(group="starlink", **options):
        return update(
            group, **{"base_url": server.url, "cache": tmp_path / "cache", "timeout_s": 10} | options
        )

    return fetch


def age(cache, hours):
    """Set the age of the last attempt."""
    for stamp in cache.glob("*.attempt"):
        then = time.time() - hours * 3600
        os.utime(stamp, (then, then))


def test_valid_response_is_cached(server, fetch, tmp_path):
    path = fetch()
    assert path == tmp_path / "cache" / "starlink.csv"
    assert read_elements(path).name == ("MARIO",)
    assert server.requests == ["/gp.php?GROUP=starlink&FORMAT=csv"]
    assert server.agent.startswith("d2c/")
    assert cached_group("starlink", tmp_path / "cache") == path
    assert not list(path.parent.glob("*.part"))


def test_supplemental_data_have_their_own_file(server, fetch, tmp_path):
    assert fetch(supplemental=True).name == "starlink-supplemental.csv"
    fetch()
    assert server.requests[0] == "/supplemental/sup-gp.php?FILE=starlink&FORMAT=csv"
    assert cached_groups(tmp_path / "cache") == ["starlink", "starlink-supplemental"]


def test_one_request_in_two_hours(server, fetch, tmp_path):
    assert INTERVAL_S == 7200
    fetch()
    server.body = NEWER_CSV
    assert read_elements(fetch()).name == ("MARIO",)
    age(tmp_path / "cache", 1.99)
    fetch()
    assert len(server.requests) == 1
    age(tmp_path / "cache", 2.01)
    assert read_elements(fetch()).name == ("NEWER",)
    assert len(server.requests) == 2


def test_download_interval_is_per_group(server, fetch):
    fetch()
    fetch("oneweb")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (403, POLICY, f"HTTP status 403 instead of elements: '{POLICY}'"),
        (200, POLICY, f"not an OMM CSV; it begins with '{POLICY}'"),
        (404, "No GP data found", "HTTP status 404 instead of elements: 'No GP data found'"),
        (301, "", "HTTP status 301"),
        (500, "<html>\noops", "HTTP status 500 instead of elements: '<html>'"),
        (200, "", "not an OMM CSV; it begins with ''"),
        (200, MARIO_CSV.splitlines()[0] + "\n", "not an OMM CSV"),
        (200, "<!DOCTYPE html>\n<p>", "not an OMM CSV; it begins with '<!DOCTYPE html>'"),
        (200, NEWER_CSV + NEWER_CSV.splitlines()[1][:-5], "is truncated"),
    ],
    ids=["403", "200 policy", "404", "301", "500", "200 empty", "200 header", "200 html", "200 cut"],
)
def test_invalid_response_keeps_the_cached_file(server, fetch, tmp_path, status, body, message):
    old = fetch()
    age(tmp_path / "cache", 3)
    server.status, server.body = status, body
    with pytest.raises(CatalogueError) as caught:
        fetch()
    assert message in str(caught.value)
    assert "older starlink.csv stays in use" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert old.read_text() == MARIO_CSV
    assert fetch(offline=True) == old
    # The failure counts: no second request within two hours, and the error gives its reason and the time.
    server.status, server.body = 200, NEWER_CSV
    with pytest.raises(
        CatalogueError, match="one download in two hours, the next for starlink at 20"
    ) as again:
        fetch()
    assert message in str(again.value)
    assert len(server.requests) == 2
    age(tmp_path / "cache", 3)
    assert read_elements(fetch()).name == ("NEWER",)


def test_truncated_body_keeps_the_cached_file(server, fetch, tmp_path):
    old = fetch()
    age(tmp_path / "cache", 3)
    server.body, server.missing_bytes = NEWER_CSV, 1000
    with pytest.raises(CatalogueError, match="the download was interrupted"):
        fetch()
    assert old.read_text() == MARIO_CSV
    assert not list(old.parent.glob(".writing*"))


def test_silent_server_times_out(server, fetch):
    server.delay_s = 30
    begin = time.monotonic()
    with pytest.raises(CatalogueError, match="no complete response within 0.3 s".replace(".", r"\.")):
        fetch(timeout_s=0.3)
    assert time.monotonic() - begin < 5
    with pytest.raises(CatalogueError, match="no complete response"):
        fetch()  # from the stamp file, without another request
    assert len(server.requests) == 1


def test_connection_failure_is_not_counted_as_attempt(server, fetch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        unused_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(CatalogueError, match="no connection"):
            fetch(base_url=unused_url)
    fetch()
    assert len(server.requests) == 1


def test_two_processes_make_one_request(server, tmp_path):
    server.delay_s = 0.7
    program = (
        "import sys; from pathlib import Path; from d2c.orbit.celestrak import update;"
        "print(update(base_url=sys.argv[1], cache=Path(sys.argv[2]), timeout_s=20).read_text())"
    )
    command = [sys.executable, "-c", program, server.url, str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("MARIO" in answer for answer in answers)
    assert len(server.requests) == 1


def test_killed_download_counts_as_attempt(server, fetch, tmp_path, monkeypatch):
    def killed(*_, on_sent, **__):
        on_sent()
        raise KeyboardInterrupt

    monkeypatch.setattr("d2c.orbit.celestrak.download", killed)
    with pytest.raises(KeyboardInterrupt):
        fetch()
    monkeypatch.undo()
    with pytest.raises(CatalogueError, match="it did not finish"):
        fetch()
    assert server.requests == []


def test_offline_sends_no_request(server, fetch):
    with pytest.raises(CatalogueError, match="is not in the cache"):
        fetch(offline=True)
    assert server.requests == []
    path = fetch()
    assert fetch(offline=True) == path
    assert len(server.requests) == 1


def test_a_deleted_file_is_not_fetched_twice(server, fetch):
    fetch().unlink()
    with pytest.raises(CatalogueError, match="was deleted from the cache"):
        fetch()
    assert len(server.requests) == 1


@pytest.mark.parametrize("group", ["", "../etc", "a b", "star&FORMAT=tle", "x" * 65])
def test_invalid_group_names_are_errors(server, fetch, group):
    with pytest.raises(CatalogueError, match="use letters, digits and hyphens"):
        fetch(group)
    assert server.requests == []


def test_unwritable_cache_is_an_error(server, fetch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(CatalogueError, match="cannot be written"):
        fetch()
    assert server.requests == []


def test_impossible_lock_is_an_error(server, fetch, tmp_path):
    (tmp_path / "cache" / "starlink.lock").mkdir(parents=True)
    with pytest.raises(CatalogueError, match="cannot be written"):
        fetch()
    assert server.requests == []


def test_waiting_for_the_lock_times_out(server, fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    with closing(sqlite3.connect(tmp_path / "cache" / "starlink.lock", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogueError, match="another process is updating it"):
            fetch(timeout_s=0.2)
    assert server.requests == []
    fetch()


def test_full_disk_keeps_the_cached_file(server, fetch, tmp_path, monkeypatch):
    old = fetch()
    age(tmp_path / "cache", 3)
    server.body = NEWER_CSV

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CatalogueError, match="no space left on the disk"):
        fetch()
    assert old.read_text() == MARIO_CSV
    assert not list(old.parent.glob(".writing*"))


def test_importing_does_not_load_the_web_client():
    program = "import sys, d2c.orbit.celestrak; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
