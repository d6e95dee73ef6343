"""The database of usage answers the questions of its documentation, and agrees with the journal."""

import json
import re
import shutil
import sqlite3
import tempfile
import unittest
from pathlib import Path

from test_ledger_kills import Books, ledger, verify

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/usage-store.md"


class UsageStore(unittest.TestCase):
    """A hub's folder that has been charged and killed."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="meshusage-"))
        self.addCleanup(shutil.rmtree, self.folder)
        books = Books()
        # The second life stores what the first one has charged.
        for life in range(2):
            books.life(self.folder, life, seconds=1)
        self.report = verify(self.folder)

    def test_every_question_of_the_documentation_has_an_answer(self) -> None:
        questions = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
        self.assertGreaterEqual(len(questions), 5)
        database = sqlite3.connect(f"file:{self.folder}/usage.sqlite?mode=ro", uri=True)
        proofs = 0
        for question in questions:
            with self.subTest(question):
                answer = database.execute(question)
                names = [column[0] for column in answer.description]
                rows = answer.fetchall()
                self.assertTrue(rows)
                if "must_be_zero" in names:
                    proofs += 1
                    self.assertEqual({row[names.index("must_be_zero")] for row in rows}, {0})
        self.assertGreaterEqual(proofs, 1)

    def test_every_column_is_documented(self) -> None:
        text = DOCUMENT.read_text("utf-8")
        database = sqlite3.connect(f"file:{self.folder}/usage.sqlite?mode=ro", uri=True)
        for table in ("postings", "charges"):
            for column in database.execute(f"SELECT name FROM pragma_table_info('{table}')"):
                self.assertIn(f"`{column[0]}`", text)
        self.assertIn(f"`PRAGMA user_version` is {database.execute('PRAGMA user_version').fetchone()[0]}.", text)

    def test_a_verification_sees_a_single_nanodollar(self) -> None:
        with sqlite3.connect(self.folder / "usage.sqlite") as database:
            changed = "SET fee = fee + 1, metered = metered - 1 WHERE account = 'acct-0' AND number = 5"
            database.execute(f"UPDATE postings {changed}")
        done = ledger("verify", self.folder, "--json")
        self.assertEqual(done.returncode, 3, done.stderr)
        report = json.loads(done.stdout)
        faults = {account["account"]: account["faults"] for account in report["accounts"] if account["faults"]}
        self.assertEqual(faults, {"acct-0": ["the database of usage has another posting 5 than the journal"]})
        self.assertEqual((report["proved"], report.get("usage_fault")), (False, None))


if __name__ == "__main__":
    unittest.main()
