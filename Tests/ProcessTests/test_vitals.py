"""`meshnode vitals` beside what the system's own programs say of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from peers import RELEASE

#: What else happens on the machine between two looks at its memory or its disk.
MEMORY_ERROR = 256 * 2**20
DISK_ERROR = 256 * 2**20
#: Two looks at the processors' times are not at the same moments.
LOAD_ERROR = 0.15


def vitals(over: str = "100ms", folder: str = ".") -> dict[str, Any]:
    words = [RELEASE / "meshnode", "vitals", "--over", over, "--data", folder]
    return dict(json.loads(subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout))


def said(*words: str) -> list[list[str]]:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    return [line.split() for line in done.stdout.splitlines()]


class ThisMachine(unittest.TestCase):
    def test_memory_is_what_free_says(self) -> None:
        found = vitals()
        total, *_, available = (int(word) for word in said("/usr/bin/free", "--bytes")[1][1:])
        if found["memory_total_bytes"] < total:
            self.skipTest("this process has a limit of its own, of which `free` knows nothing")
        self.assertEqual(found["memory_total_bytes"], total)
        self.assertAlmostEqual(found["memory_available_bytes"], available, delta=MEMORY_ERROR)

    def test_the_disk_is_what_df_says(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = vitals(folder=folder)
            _, (total, available) = said("df", "--block-size=1", "--output=size,avail", folder)
        self.assertEqual(found["disk_total_bytes"], int(total))
        self.assertAlmostEqual(found["disk_available_bytes"], int(available), delta=DISK_ERROR)

    def test_processors_are_as_many_as_nproc_says(self) -> None:
        self.assertEqual(vitals()["cpu_count"], int(said("nproc")[0][0]))

    def test_processors_that_are_not_allowed_do_not_count(self) -> None:
        words = ["taskset", "--cpu-list", "0", RELEASE / "meshnode", "vitals", "--over", "10ms"]
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
        self.assertEqual(json.loads(done.stdout)["cpu_count"], 1)

    def test_the_load_is_what_the_processors_times_say(self) -> None:
        def times() -> tuple[int, int]:
            ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
            return sum(ticks), ticks[3] + ticks[4]

        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(1)]
        try:
            time.sleep(0.2)
            total, idle = times()
            found = vitals(over="2s")
            total, idle = times()[0] - total, times()[1] - idle
        finally:
            for process in busy:
                process.kill()
                process.wait()
        expected = (total - idle) / total
        print(f"load {found['cpu_load']:.3f}, by /proc/stat {expected:.3f}")
        self.assertAlmostEqual(found["cpu_load"], expected, delta=LOAD_ERROR)
        self.assertGreater(found["cpu_load"], 0.3, "one of the processors had work all the time")
        one = float(Path("/proc/loadavg").read_text().split()[0])
        self.assertAlmostEqual(found["load_average_1m"], one, delta=1)

    def test_what_the_machine_does_not_have_is_absent(self) -> None:
        found = vitals()
        sensors = [*Path("/sys/class/hwmon").glob("hwmon*"), *Path("/sys/class/thermal").glob("thermal_zone*")]
        if not sensors:
            self.assertNotIn("temperature_celsius", found)
        if not [*Path("/sys/class/drm").glob("card*")] and not Path("/proc/driver/nvidia").exists():
            self.assertNotIn("gpus", found)
        if not [*Path("/sys/class/power_supply").glob("*")]:
            self.assertNotIn("battery_charge", found)

    def test_a_folder_that_is_not_there_has_no_disk(self) -> None:
        self.assertNotIn("disk_total_bytes", vitals(folder="/not/there"))


if __name__ == "__main__":
    unittest.main()
