"""Servers of pages, each in a process of its own that ends with the block that asked for it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = Path(__file__).parent / "pages"
WORKSHOP = ROOT / "layouts" / "workshop.py"
PATIENCE_S = 60.0
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Server:
    """Where a page is served, and by which process."""

    port: int
    path: str
    pid: int

    @property
    def page_url(self) -> str:
        return f"http://{HOST}:{self.port}{self.path}"

    @property
    def socket_url(self) -> str:
        return f"ws://{HOST}:{self.port}{self.path}/ws"

    def resident_mb(self) -> float:
        """Memory of the process that is in RAM now. [MB]"""
        return self._memory_mb("VmRSS")

    def peak_mb(self) -> float:
        """The most that it was since `forget_peak`. [MB]"""
        return self._memory_mb("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _memory_mb(self, name: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0]) / 1024


def wattlas(
    processes: int = 1, *options: str, path: str = WORKSHOP.stem
) -> AbstractContextManager[Server]:
    """A page of what the app's command serves; the app's own if left out."""
    port = _free_port()
    own = ["--port", str(port), "--num-procs", str(processes)]
    return _serving(["explorer.cli", "serve", *own, *options], port, path)


def panel(page: Path, *options: str) -> AbstractContextManager[Server]:
    """Any page, by Panel's own command."""
    port = _free_port()
    own = ["--port", str(port), "--address", HOST, "--allow-websocket-origin", f"{HOST}:{port}"]
    return _serving(["panel", "serve", str(page), *own, *options], port, page.stem)


@contextmanager
def _serving(command: list[str], port: int, name: str) -> Iterator[Server]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *command],
            cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(process, port)
            yield Server(port, f"/{name}", process.pid)
        except BaseException:
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(
                    process.pid, signal.SIGKILL
                )  # a session of its own: nobody else's process is in it
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("The server did not start.")
