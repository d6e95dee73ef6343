"""What is shown of the log of a stage that failed."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from testing.excerpt import excerpt  # noqa: E402


class ExcerptTests(unittest.TestCase):
    """The end of the log alone says little of a crash: the frames of all other threads stand there."""

    def test_short_logs_are_shown_whole(self) -> None:
        self.assertEqual(excerpt("one\ntwo", 60), ["one", "two"])

    def test_failures_before_the_end_are_shown_before_it(self) -> None:
        log = ["✘ Test ab failed", *["noise"] * 10, "x.swift:3:1: error: no such thing", *["noise"] * 10]
        shown = excerpt("\n".join(log), 2)
        self.assertEqual(shown, [log[0], log[11], "…", "noise", "noise"])

    def test_the_frames_of_the_thread_that_crashed_are_shown(self) -> None:
        frames = [f"  {number}  frame" for number in range(5)]
        log = ["ok", "Fatal error: gone", 'Thread 5 "loop" crashed:', *frames, *["other thread"] * 100]
        shown = excerpt("\n".join(log), 1)
        self.assertEqual(shown[:2], log[1:3])
        self.assertEqual(shown[2:7], frames)
        self.assertEqual(shown[-2:], ["…", "other thread"])
        self.assertNotIn("ok", shown)

    def test_many_failures_are_counted_and_not_all_shown(self) -> None:
        shown = excerpt("\n".join(["✘ Test failed"] * 100), 1)
        self.assertEqual(len(shown), 63)
        self.assertEqual(shown[60], "… and 39 lines more that tell what failed")

    def test_a_crash_is_shown_before_many_failures_and_so_are_reports_of_sanitizers(self) -> None:
        for report in ("Fatal error: gone", "WARNING: ThreadSanitizer: data race (pid=1)",
                       "==7==ERROR: AddressSanitizer: heap-use-after-free", "SUMMARY: ThreadSanitizer: data race f"):
            shown = excerpt("\n".join([*["✘ Test failed"] * 100, report, *["ok"] * 100]), 1)
            self.assertEqual(shown[0], report)

    def test_long_lines_are_cut(self) -> None:
        shown = excerpt("Fatal error: " + "x" * 9_000 + "\nend", 1)
        self.assertEqual(len(shown[0]), 400)


if __name__ == "__main__":
    unittest.main()
