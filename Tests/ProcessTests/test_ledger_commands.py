"""`meshnode ledger verify` and `export` on a hub that is stopped: their codes, and what they say where."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import tempfile
import unittest
from pathlib import Path

from test_ledger_kills import Books, ledger

PROVED, UNREADABLE, MISUSED, FAULTY = 0, 1, 2, 3


class StoppedHub(unittest.TestCase):
    """A folder that was charged and whose hub is dead; each test has a copy of its own."""

    made: Path

    @classmethod
    def setUpClass(cls) -> None:
        """Charges, in two lives: the second one stores what the first one has charged."""
        cls.made = Path(tempfile.mkdtemp(prefix="meshstopped-"))
        cls.addClassCleanup(shutil.rmtree, cls.made)
        books = Books()
        for life in range(2):
            books.life(cls.made, life, seconds=1)

    def setUp(self) -> None:
        """A copy that may be spoiled."""
        holder = Path(tempfile.mkdtemp(prefix="meshspoiled-"))
        self.addCleanup(shutil.rmtree, holder)
        self.folder = holder / "hub"
        shutil.copytree(self.made, self.folder)
        self.usage = self.folder / "usage.sqlite"

    def report(self, code: int) -> dict:
        """What `verify --json` says, which ends with `code`."""
        done = ledger("verify", self.folder, "--json")
        self.assertEqual(done.returncode, code, done.stdout[-2_000:] + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["proved"], code == PROVED)
        return report

    def exported(self, *words: str) -> str:
        """What `export` prints, which ends well."""
        done = ledger("export", self.folder, *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    # verify

    def test_what_holds_is_proved_with_and_without_a_database(self) -> None:
        report = self.report(PROVED)
        self.assertTrue(report["usage_store"])
        self.assertTrue(all(account["stored"] > 0 for account in report["accounts"]))
        text = ledger("verify", self.folder)
        self.assertEqual(text.returncode, PROVED)
        self.assertRegex(text.stdout, r"\nproved: 4 accounts, \d+ postings, 0 faults\n$")
        for file in self.folder.glob("usage.sqlite*"):
            file.unlink()
        report = self.report(PROVED)
        self.assertFalse(report["usage_store"])
        self.assertEqual([account["stored"] for account in report["accounts"]], [None] * 4)

    def test_what_was_changed_is_no_proof(self) -> None:
        with sqlite3.connect(self.usage) as database:
            changed = "SET fee = fee + 1, metered = metered - 1 WHERE account = 'acct-1' AND number = 5"
            database.execute(f"UPDATE postings {changed}")
        faults = [account["faults"] for account in self.report(FAULTY)["accounts"]]
        self.assertEqual(faults, [[], ["the database of usage has another posting 5 than the journal"], [], []])
        text = ledger("verify", self.folder)
        self.assertEqual(text.returncode, FAULTY)
        said = r"\nFAULT  acct-1: .*another posting 5.*\nnot proved: 4 accounts, \d+ postings, 1 faults\n$"
        self.assertRegex(text.stdout, said)

    def test_a_database_that_cannot_be_read_is_its_own_fault_and_the_journal_is_proved(self) -> None:
        whole = self.report(PROVED)["accounts"]
        for harm in ("empty", "no database", "flipped bit", "blocked"):
            with self.subTest(harm):
                self.spoil(harm)
                report = self.report(FAULTY)
                self.assertTrue(report["usage_store"])
                self.assertRegex(report["usage_fault"], r"^usage\.(damaged|unusable): ")
                # All figures are the journal's own.
                self.assertEqual(report["accounts"], [{**account, "stored": None} for account in whole])
                text = ledger("verify", self.folder)
                self.assertEqual(text.returncode, FAULTY)
                said = r"\nFAULT  the database of usage: usage\.\w+: .*\nnot proved: 4 accounts, .* 1 faults\n$"
                self.assertRegex(text.stdout, said)

    def spoil(self, harm: str) -> None:
        """Takes the database, whole and without its log, and has it be what nobody can read."""
        for file in self.folder.glob("usage.sqlite*"):
            file.unlink()
        with sqlite3.connect(f"file:{self.made / 'usage.sqlite'}?mode=ro", uri=True) as source:
            pages = sqlite3.connect(self.usage)
            source.backup(pages)
            pages.execute("PRAGMA journal_mode = WAL")
            pages.close()
        content = bytearray(self.usage.read_bytes())
        match harm:
            case "empty": content.clear()
            case "no database": content[:64] = b"\7" * 64
            # The kind of the page where the schema begins: from it follows where its cells are.
            case "flipped bit": content[100] ^= 0x40
            # What readers of a log share cannot be made, as on a disk that nobody may write.
            case "blocked": os.symlink("nowhere/at-all", f"{self.usage}-shm")
        self.usage.write_bytes(content)

    def test_a_folder_without_a_store_cannot_be_read(self) -> None:
        shutil.rmtree(self.folder / "store")
        for verb in ("verify", "export"):
            for folder in (self.folder, self.folder / "nowhere", Path("/dev/null")):
                done = ledger(verb, folder)
                self.assertEqual((done.returncode, done.stdout), (UNREADABLE, ""), (verb, folder))
                self.assertRegex(done.stderr, r"^meshnode: error: .+\n$")

    # export

    def test_postings_are_printed_as_values_unless_lines_are_wanted(self) -> None:
        text = self.exported()
        self.assertEqual(text, self.exported("--csv"))
        rows = list(csv.DictReader(io.StringIO(text)))
        lines = [json.loads(line) for line in self.exported("--json").splitlines()]
        self.assertEqual(len(rows), len(lines))
        self.assertEqual(len(rows), sum(account["postings"] for account in self.report(PROVED)["accounts"]))
        for row, line in zip(rows, lines, strict=True):
            self.assertEqual(row, {name: "" if value is None else str(value) for name, value in line.items()})

    def test_one_account_is_printed_alone_and_one_that_is_not_there_is_refused(self) -> None:
        whole = self.exported().splitlines()
        one = self.exported("--account", "acct-2").splitlines()
        self.assertEqual(one, whole[:1] + [line for line in whole if line.startswith("acct-2,")])
        self.assertGreater(len(one), 1)
        for words in ((), ("--csv",), ("--json",)):
            done = ledger("export", self.folder, *words, "--account", "acct-9")
            self.assertEqual((done.returncode, done.stdout), (UNREADABLE, ""))
            self.assertRegex(done.stderr, r"^meshnode.*: error: there is no account of that name in the folder\n$")

    def test_two_forms_at_once_are_a_mistake_of_who_asks(self) -> None:
        done = ledger("export", self.folder, "--csv", "--json")
        self.assertEqual((done.returncode, done.stdout), (MISUSED, ""))
        self.assertIn("--csv and --json exclude each other", done.stderr)


if __name__ == "__main__":
    unittest.main()
