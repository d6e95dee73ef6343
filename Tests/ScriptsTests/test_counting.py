"""scripts/test must not call a run green that was not."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from testing import counting  # noqa: E402
from testing.stage import Counts, SecondChance, Stage  # noqa: E402

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

    def test_failed_tests_are_named_as_they_are_found_again(self) -> None:
        bad = '<testcase classname="M.`A store`" name="`opens &quot;it&quot;`(law:)"><failure/></testcase>'
        good = '<testcase classname="M.`A store`" name="`closes`()"/>'
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            report.write_text(f"<testsuites><testsuite>{good}{bad}</testsuite></testsuites>")
            names = counting.swift_failures(report)
        self.assertEqual(names, ["M..A store...opens .it.."])
        self.assertRegex('M.`A store`/`opens "it"`(law:)', names[0])
        self.assertEqual(counting.swift_failures(Path("no such report")), [])


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

    def test_failed_tests_are_named_by_module_class_and_name(self) -> None:
        log = "FAIL: test_b (m.A.test_b)\nERROR: test_a (m.A.test_a) [x]\nRan 7 tests in 0.1s\n\nFAILED\n"
        self.assertEqual(counting.python_failures(log), ["m.A.test_a", "m.A.test_b"])
        self.assertEqual(counting.python_failures(f"ERROR: setUpClass (m.A)\n{log}"), [])

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


class SecondChances(unittest.TestCase):
    FAILED = "FAIL: test_a (m.A.test_a)\nRan 2 tests in 0.1s\n\nFAILED\n"

    def run_stage(self, alone: str, log: str = FAILED) -> Counts:
        chance = SecondChance(counting.python_failures, lambda test: ["sh", "-c", alone], counting.python)
        return Stage("self test", ["sh", "-c", f"printf '{log}'; exit 1"], counting.python, chance).run()

    def test_a_test_that_passes_alone_is_unsteady_and_has_passed(self) -> None:
        found = self.run_stage("printf 'Ran 1 test in 0.1s\n\nOK\n'")
        self.assertEqual(found, Counts(2, 0, ("m.A.test_a",)))

    def test_a_test_that_fails_again_has_failed(self) -> None:
        self.assertEqual(self.run_stage(f"printf '{self.FAILED}'; exit 1"), Counts(1, 1))

    def test_a_second_run_without_the_test_changes_nothing(self) -> None:
        self.assertEqual(self.run_stage("printf 'Ran 0 tests in 0.1s\n\nOK\n'"), Counts(1, 1))
        self.assertEqual(self.run_stage("true"), Counts(1, 1))

    def test_many_failures_are_no_noise(self) -> None:
        bad = "".join(f"FAIL: test_{letter} (m.A.test_{letter})\n" for letter in "abcd")
        log = f"{bad}Ran 5 tests in 0.1s\n\nFAILED\n"
        self.assertEqual(self.run_stage("printf 'Ran 1 test in 0.1s\n\nOK\n'", log), Counts(1, 4))


if __name__ == "__main__":
    unittest.main()
