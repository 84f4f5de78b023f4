"""For the tests of the page: what it is made of, and Chromium driven through its debugging pipe."""

import copy
import json
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import shapely

from d2c.region.boundaries import Land
from d2c.results.layers.cells import cells_frame

PATIENCE_S = 60.0
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--hide-scrollbars", "--force-device-scale-factor=1", "--remote-debugging-pipe",
)  # fmt: skip


class Chromium:
    """A browser with one open page: commands and events of the DevTools protocol, one after the other."""

    def __init__(self, program: str, folder: Path):
        from_browser, its_end = os.pipe()
        its_start, to_browser = os.pipe()
        # The browser reads from 3 and writes to 4; numbers out of the way first, so that none is overwritten.
        far = [os.dup2(end, 100 + k) for k, end in enumerate((its_start, its_end))]
        quiet = [(os.POSIX_SPAWN_OPEN, k, os.devnull, os.O_RDWR, 0) for k in (0, 1, 2)]
        wiring = [(os.POSIX_SPAWN_DUP2, far[0], 3), (os.POSIX_SPAWN_DUP2, far[1], 4)]
        arguments = [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self.pid = os.posix_spawn(program, arguments, os.environ, file_actions=[*quiet, *wiring])
        for end in (*far, its_start, its_end):
            os.close(end)
        self.reading, self.writing = from_browser, to_browser
        os.set_blocking(self.reading, False)
        self.sent, self.unread, self.events, self.session = 0, b"", [], None
        (page,) = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params):
        """Return the result of a command; what happens meanwhile is kept in `events`."""
        self.sent += 1
        number = self.sent
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while (answer := self._message()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _message(self):
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self.unread:
            assert time.monotonic() < deadline, "the browser does not answer"
            try:
                more = os.read(self.reading, 1 << 20)
            except BlockingIOError:
                time.sleep(0.002)
                continue
            assert more, "the browser has died"
            self.unread += more
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def wait_for(self, method: str):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message())

    def open(self, path: Path, *, width: int, height: int, sharpness: float = 1.0, phone: bool = False):
        """Open a file in a window of this size and wait until the map is drawn."""
        self.call("Page.navigate", url="about:blank")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=sharpness, mobile=phone,
        )  # fmt: skip
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired")
        drawn = (
            "performance.getEntriesByName('map drawn').length || document.getElementById('state').textContent"
        )
        self.until(f"({drawn}) && !document.getElementById('state').textContent.startsWith('Drawing')")

    def until(self, expression: str):
        deadline = time.monotonic() + PATIENCE_S
        while not self.js(f"Boolean({expression})"):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)

    def js(self, expression: str):
        """Return the value of an expression, awaited if it is a promise."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        return self.js(f"document.querySelector({json.dumps(selector)}).textContent")

    def mouse(self, kind: str, x: float, y: float, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def key(self, key: str):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key)

    def named(self, method: str) -> list[dict]:
        return [event["params"] for event in self.events if event.get("method") == method]

    def close(self):
        with suppress(OSError, AssertionError):
            self.session = None
            self.call("Browser.close")
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)
        for end in (self.reading, self.writing):
            os.close(end)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A browser for all tests; skipped where there is none, an error where there is one that does not start."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine; .ci/browser installs one")
    browser = Chromium(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


SUMMARY = {
    "title": "A made-up area",
    "scenario": {
        "time": {"start": "epoch", "duration_h": 24.0, "step_s": 30.0},
        "constellation": {"elements": "made-up"},
        "region": {"area": "made-up", "surface": "all", "buffer_km": 0.0},
        "grid": {"kind": "latlon", "resolution": 5, "step_deg": 0.1},
        "link": {
            "payload": "made-up-payload",
            "handset": "made-up-handset",
            "losses": "outdoor",
            "environment": None,
            "min_elevation_deg": 25.0,
            "services": ["text"],
            "limits": [],
        },
    },
    "start_utc": "2026-08-22T18:00:00Z",
    "end_utc": "2026-08-23T18:00:00Z",
    "satellites": {
        "used": 3,
        "source": "made-up.tle",
        "payloads": {"made-up-payload": 3},
        "nominal": False,
        "shells": ["3 at 53.0 deg, 360 to 360 km"],
        "lost": 0,
        "duplicates": 0,
        "refused": 1,
        "refused_sets": [{"line": 4, "name": "OLD 1", "reason": "checksum"}],
        "median_age_days": 1.25,
        "oldest_age_days": 2.5,
    },
    "sky": {"visible_fraction": 0.98},
    "region": {"cells": 400, "area_km2": 1234.5, "grid": "latlon"},
    "services": {
        "text": {
            "availability": 0.75,
            "area_share_available": {"0.5": 1.0, "0.9": 0.5, "0.99": 0.25, "0.999": 0.0},
            "longest_gap_s": 5400.0,
            "mean_wait_s": 12.0,
            "margin_p50_db": -1.5,
        }
    },
    "waiting": {
        "minutes": [0.0, 0.5, 5.0, 60.0],
        "area": {"text": [0.75, 0.8, 0.9, 1.0]},
        "population": {"text": [0.5, 0.6, 0.99999, 1.0]},
    },
    "warnings": ["made-up.tle: an old set"],
    "assumptions": {"min_elevation_deg": "25 deg: made up"},
    "not_modelled": ["noise only: made up"],
    "inputs_sha256": {"made-up.tle": "0" * 64},
    "versions": {"d2c": "0.0.0"},
}
HOURS = 24


@pytest.fixture
def page_input():
    """A function that returns what write_page takes, for square cells in rows from the south-west."""

    def made(
        *, across=20, rows=20, west=10.0, south=40.0, step=0.25, availability=None, land=None, **changed
    ):
        k = np.arange(across * rows)
        x, y = west + step * (k % across), south + step * (k // across)
        places = {
            "cell_id": np.array([f"cell-{number}" for number in k], dtype=object),
            "latitude_deg": y + step / 2,
            "longitude_deg": x + step / 2,
            "area_km2": np.full(len(k), 100.0),
            "surface": np.array(["land"] * len(k), dtype=object),
            "country": np.array(["Erewhon"] * len(k), dtype=object),
            "region": np.array([""] * len(k), dtype=object),
        }
        figures = {
            "text_availability": k / len(k) if availability is None else availability,
            "text_longest_gap_s": 30.0 * k,
            "max_visible": k % 9,
        }
        hour = np.datetime64("2026-08-22T18:00:00", "us") + np.arange(HOURS) * np.timedelta64(3600, "s")
        hourly = {
            "start_utc": hour,
            "end_utc": hour + np.timedelta64(3600, "s"),
            # In hour h every cell has h / 24, but the first one nothing.
            "text_availability": np.arange(HOURS)[:, None] / HOURS * (k > 0),
        }
        steps = np.arange(2880)
        timeline = {
            "utc": hour[0] + steps * np.timedelta64(30, "s"),
            "satellites_in_view": steps % 7,
            "text_area_fraction": 1 - (steps % 10) / 20,
        }
        frame = cells_frame(places | figures, shapely.box(x, y, x + step, y + step))
        nowhere = Land((), (), frozenset(), (-18.5, 18.5, 45.0, 51.5))
        return frame, hourly, timeline, copy.deepcopy(SUMMARY) | changed, land or nowhere

    return made
