"""The real server, with the simulated market."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("FIGCAST_BIN", ROOT / "target/debug/figcast"))
#: Reconnections and stops that do not keep a test waiting.
IMPATIENT = {
    "FIGCAST_HUB__RETRY_MIN": "200ms",
    "FIGCAST_HUB__RETRY_MAX": "400ms",
    "FIGCAST_SERVER__DRAIN_NOTICE": "0s",
}
DEADLINE = 60.0


class Process:
    """A figcast server, as its user starts it."""

    def __init__(self, args: tuple[str, ...], folder: Path, port: int = 0) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = subprocess.Popen(
            [BINARY, "serve", "--listen", f"127.0.0.1:{port}", *args],
            env={**inherited, **IMPATIENT},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("ab"),
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, f"{line!r}: {(folder / 'log').read_text()}"
        self.url = found[1]

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(timeout=DEADLINE) == 0
        self._process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all tests share, which takes pushes from this machine."""
    process = Process(("--allow-ingest",), tmp_path_factory.mktemp("server"))
    yield process.url
    process.stop()


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Process]]:
    """Starts servers of the test's own."""
    started: list[Process] = []

    def begin(*args: str, port: int = 0) -> Process:
        process = Process(args, tmp_path_factory.mktemp("server"), port)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.stop()


def until(probe: Callable[[], Any], what: str) -> Any:
    """Waits until the probe tells something."""
    deadline = time.monotonic() + DEADLINE
    while not (found := probe()):
        assert time.monotonic() < deadline, f"{what} did not come in {DEADLINE} s"
        time.sleep(0.02)
    return found
