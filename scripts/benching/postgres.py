"""A PostgreSQL server of one's own: a cluster in a temporary folder, on a unix socket alone, durable as it ships."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from typing import Self

_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    # So that no checkpoint falls into a round.
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
}


def programs() -> Path | None:
    """Where the newest of the server's programs are; None where Debian's postgresql is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found and shutil.which("pgbench") else None


class PostgreSQL:
    """A server that lives as long as the `with` does; it never runs as root, because it refuses to."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
        if self._as:
            user = pwd.getpwnam("postgres")
            os.chown(self._folder, user.pw_uid, user.pw_gid)

    def __enter__(self) -> Self:
        data = self._folder / "data"
        self._run("initdb", "--pgdata", str(data), "--username", "bench", "--auth", "trust", "--no-instructions")
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        options += f" -c unix_socket_directories={self._folder}"
        log = self._folder / "log"
        self._run("pg_ctl", "--pgdata", str(data), "--wait", "--log", str(log), "--options", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "--pgdata", str(self._folder / "data"), "--wait", "--mode", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def execute(self, statements: str) -> str:
        """Has `statements` executed; what they print."""
        command = [str(self._programs / "psql"), *self._place, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        stopping = ["--set", "ON_ERROR_STOP=1"]
        finished = subprocess.run(
            [*command, *stopping], input=statements, capture_output=True, text=True, check=False, timeout=600
        )
        if finished.returncode != 0:
            raise RuntimeError(f"psql: {finished.stderr.strip()}")
        return finished.stdout.strip()

    def measure(self, script: Path, clients: int, seconds: int) -> tuple[float, float, float]:
        """pgbench runs `script`: how often a second, and the p50 and p99 of one run in microseconds."""
        with tempfile.TemporaryDirectory(prefix="bench-pgbench-") as folder:
            words = [
                "--no-vacuum", "--protocol", "prepared", "--client", str(clients), "--jobs", "2",
                "--time", str(seconds), "--file", str(script), "--log", "--log-prefix", f"{folder}/log",
            ]  # fmt: skip
            finished = subprocess.run(
                ["pgbench", *self._place, *words], capture_output=True, text=True, check=False, timeout=seconds + 120
            )
            rate = re.search(r"^tps = ([\d.]+)", finished.stdout, re.MULTILINE)
            if finished.returncode != 0 or rate is None or re.search(r"failed transactions: [1-9]", finished.stdout):
                raise RuntimeError(f"pgbench: {finished.stdout}{finished.stderr}")
            waits: list[int] = []
            for log in Path(folder).iterdir():
                waits += [int(line.split()[2]) for line in log.read_text().splitlines()]
        waits.sort()
        return float(rate[1]), waits[len(waits) // 2], waits[len(waits) * 99 // 100]

    @property
    def _place(self) -> list[str]:
        return ["--host", str(self._folder), "--username", "bench", "postgres"]

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as, str(self._programs / program), *words]
        # The server inherits what it is given, and would keep a pipe open for as long as it lives.
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=120, cwd="/"
        )
