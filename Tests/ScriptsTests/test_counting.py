"""scripts/test must not call a run green that was not."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from testing import counting  # noqa: E402
from testing.stage import Counts, Stage  # noqa: E402

REPORT = '<testsuites><testsuite tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}"/></testsuites>'


class SwiftCounts(unittest.TestCase):
    def count(self, text: str | None) -> Counts:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            if text is not None:
                report.write_text(text)
            return counting.swift(report)

    def test_passed_failed_and_skipped_tests_are_told_apart(self) -> None:
        self.assertEqual(self.count(REPORT.format(tests=3, failures=0, skipped=0)), Counts(3, 0))
        self.assertEqual(self.count(REPORT.format(tests=5, failures=1, skipped=2)), Counts(2, 1))

    def test_a_run_that_crashed_before_its_report_has_failed(self) -> None:
        self.assertEqual(self.count(None), Counts(0, 1))
        self.assertEqual(self.count("<testsuites><tests"), Counts(0, 1))


class PythonCounts(unittest.TestCase):
    def test_failures_and_errors_are_taken_from_the_total(self) -> None:
        self.assertEqual(counting.python("Ran 7 tests in 0.1s\n\nOK\n"), Counts(7, 0))
        log = "FAIL: test_a (m.A.test_a)\nERROR: test_b (m.A.test_b)\nRan 7 tests in 0.1s\n\nFAILED\n"
        self.assertEqual(counting.python(log), Counts(5, 2))

    def test_many_bad_subtests_of_one_test_are_one_bad_test(self) -> None:
        log = "FAIL: test_a (m.A.test_a) [x]\nFAIL: test_a (m.A.test_a) [y]\nRan 1 test in 0.1s\n\nFAILED\n"
        self.assertEqual(counting.python(log), Counts(0, 1))

    def test_skipped_tests_have_not_passed(self) -> None:
        self.assertEqual(counting.python("Ran 7 tests in 0.1s\n\nOK (skipped=3)\n"), Counts(4, 0))

    def test_a_run_without_a_total_has_failed(self) -> None:
        self.assertEqual(counting.python("Traceback"), Counts(0, 1))


class Stages(unittest.TestCase):
    def test_a_command_that_fails_counts_as_a_failure_although_it_names_no_test(self) -> None:
        self.assertEqual(Stage("self test", ["false"]).run(), Counts(0, 1))
        self.assertEqual(Stage("self test", ["true"]).run(), Counts(0, 0))
        self.assertEqual(Stage("self test", ["true"], is_one_test=True).run(), Counts(1, 0))
        self.assertEqual(Stage("self test", ["false"], is_one_test=True).run(), Counts(0, 1))

    def test_a_program_that_is_not_there_is_a_failure_with_a_mend(self) -> None:
        self.assertEqual(Stage("self test", ["no-such-program"]).run(), Counts(0, 1))


if __name__ == "__main__":
    unittest.main()
