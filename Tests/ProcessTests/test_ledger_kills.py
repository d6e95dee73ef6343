"""Accounts that are killed while they are charged: no charge is lost, none is there twice, and the books prove it.

`MESHNODE_KILLS=all` kills a thousand times, a number that often; else thirty times.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / os.environ.get("MESHNODE_BUILD", ".build/release")
_ASKED = os.environ.get("MESHNODE_KILLS", "30")
#: How many kills.
KILLS = 1_000 if _ASKED == "all" else int(_ASKED)
#: How often each hub's folder is killed before the next one is begun.
LIVES = 15
CLIENTS = 16


class Books:
    """What clients of one folder know: what they asked, and what they were told."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.asked: set[str] = set()
        self.held: set[str] = set()
        self.told: dict[str, int] = {}

    def life(self, folder: Path, number: int, seconds: float) -> None:
        """Charges until the process is killed, so many seconds after its first charge."""
        command = [str(BUILD / "meshbench"), "ledger-crash", "--folder", str(folder), "--clients", str(CLIENTS)]
        command += ["--life", str(number)]
        again = sorted(self.asked - set(self.told))
        if again:
            command += ["--again", ",".join(again)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
            for line in process.stdout:
                # A line that was cut off has told nobody anything.
                if line.endswith("\n"):
                    self._take(line.split(), timer)
            if timer.is_alive() or timer.finished.is_set():
                timer.join()
            assert process.wait() == -signal.SIGKILL, f"it ended by itself with {process.returncode}"

    def _take(self, words: list[str], timer: threading.Timer) -> None:
        match words:
            case ["asked", call]: self.asked.add(call)
            case ["held", call]: self.held.add(call)
            case ["told", call, amount]:
                told = self.told.setdefault(call, int(amount))
                assert told == int(amount), f"{call} was told {told} and {amount}"
                if not timer.is_alive() and not timer.finished.is_set():
                    timer.start()
            case ["unknown", call]:
                assert call not in self.held, f"{call} was held, and is not known"
                self.asked.discard(call)


def ledger(verb: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What `meshnode ledger` does with the folder of a hub that is stopped."""
    command = [str(BUILD / "meshnode"), "ledger", verb, str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def verify(folder: Path) -> dict:
    """What `meshnode ledger verify` says of accounts that are proved."""
    done = ledger("verify", folder, "--json")
    assert done.returncode == 0, f"{done.returncode}: {done.stdout[-2000:]}{done.stderr[-500:]}"
    return json.loads(done.stdout)


def charges(folder: Path) -> dict[str, int]:
    """The charges in the journal by their calls; one that is there twice fails."""
    done = ledger("export", folder, "--json")
    done.check_returncode()
    found: dict[str, int] = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row["kind"] == "charge":
            call = name(row["id"])
            assert call not in found, f"{call} is charged twice"
            found[call] = row["upstream"] + row["fee"]
    return found


def name(identifier: str) -> str:
    """The client's name for the call with that id."""
    digits = identifier.replace("-", "")
    return f"{int(digits[:16], 16) - 1}.{int(digits[16:], 16)}"


def stored(folder: Path) -> dict[str, int]:
    """The charges in the database of usage, as anybody may read them."""
    with sqlite3.connect(folder / "usage.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {name(row[0]): row[1] for row in database.execute("SELECT id, total FROM charges")}


class KilledLedger(unittest.TestCase):
    """Kill -9 at random instants."""

    def check(self, lives: int, draw: random.Random) -> tuple[int, int]:
        """Kills one hub's folder so often; how many charges it has and how many of them were stored before the end."""
        folder = Path(tempfile.mkdtemp(prefix="meshledger-"))
        books = Books()
        try:
            for life in range(lives):
                books.life(folder, life, draw.uniform(0, 0.4))
                report = verify(folder)
                self.assertTrue(report["proved"])
                found = charges(folder)
                self.assertEqual({call: found.get(call) for call in books.told}, books.told)
                # What nobody was told of is one of those that were under way.
                self.assertLessEqual(set(found), books.asked)
                self.assertLessEqual(len(found) - len(books.told), CLIENTS)
                rows = stored(folder)
                self.assertEqual(rows, {call: found[call] for call in rows})
            return len(found), len(rows)
        finally:
            shutil.rmtree(folder)

    def test_no_kill_loses_a_charge_or_makes_one_twice(self) -> None:
        draw = random.Random(26)
        left, all_charges, all_stored = KILLS, 0, 0
        while left > 0:
            lives = min(LIVES, left)
            found, rows = self.check(lives, draw)
            left -= lives
            all_charges += found
            all_stored += rows
        print(f"{KILLS} kills, {all_charges} charges, {all_stored} of them stored before the last kill")
        self.assertGreater(all_charges, 0)
        self.assertGreater(all_stored, 0)


if __name__ == "__main__":
    unittest.main()
