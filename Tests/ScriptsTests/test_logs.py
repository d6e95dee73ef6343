"""The check of logs: what can be logged is listed for those who read it."""

from fake_repository import RepositoryTestCase

PATH = "Sources/MeshLedger/LogEvent+Ledger.swift"
DOCUMENT = "docs/logs.md"


class LogsTests(RepositoryTestCase):
    """Events and fields, in the source and in the list."""

    def test_an_event_and_a_field_that_are_not_listed_fail(self) -> None:
        self.write(PATH, 'let owed = LogEvent("ledger.owed")\nlet amount = LogKey("amount")\n')
        self.assert_fails("logs", f"{PATH}:1", "`ledger.owed` is not listed", f"Mend: add a row to {DOCUMENT}")
        self.assert_fails("logs", f"{PATH}:2", "`amount` is not listed", f"Mend: name it in {DOCUMENT}")

    def test_what_is_listed_passes_and_what_nothing_logs_fails(self) -> None:
        self.write(PATH, 'let owed = LogEvent("ledger.owed")\nlet amount = LogKey("amount")\n')
        self.write(DOCUMENT, "| event | level |\n|---|---|\n| `ledger.owed` | info | `amount` | money is owed |\n")
        self.assert_passes("logs")
        self.write(PATH, "")
        self.assert_fails("logs", f"{DOCUMENT}:3", "nothing logs `ledger.owed`", "Mend: take the row out")

    def test_a_field_that_every_line_has_fails(self) -> None:
        self.write(PATH, 'let time = LogKey("time")\n')
        self.assert_fails("logs", f"{PATH}:1", "every line has a `time` of its own", "Mend: take another word")
