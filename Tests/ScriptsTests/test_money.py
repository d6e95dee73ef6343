"""The check of money: what names it counts in integers."""

from fake_repository import RepositoryTestCase

PATH = "Sources/MeshCore/Money.swift"
ELSEWHERE = "Sources/MeshCore/Battery.swift"


class MoneyTests(RepositoryTestCase):
    """Swift that names money, declarations called like it, data, and Python."""

    def assert_found(self, line: str, word: str, path: str = PATH, first: str = "let owed: Money\n") -> None:
        self.write(path, first + line + "\n")
        self.assert_fails("money", f"{path}:{first.count(chr(10)) + 1}", f"`{word}`", "Mend: ", "[money.floating]")

    def test_floating_types_literals_and_functions_fail_beside_money(self) -> None:
        self.assert_found("let factor: Double = 1", "Double")
        self.assert_found("let factor = Float32(7)", "Float32")
        self.assert_found("let factor = 1.03", "1.03")
        self.assert_found("let factor = 1e9", "1e9")
        self.assert_found("let factor = 0x1p-3", "0x1p-3")
        self.assert_found("let whole = amount.rounded()", ".rounded")
        self.assert_found("let whole = floor(amount)", "floor")
        self.assert_found("let text = \"\\(Double(owed.nanodollars) / 1_000)\"", "Double", first="")

    def test_each_of_the_names_of_money_counts(self) -> None:
        for name in ("Money", "nanodollars", "microdollars", "unpaidNanodollars", "ModelPrice", "LedgerTerms"):
            self.assert_found("let factor = 1.5", "1.5", first=f"let some = {name}\n")

    def test_every_file_of_the_ledger_counts_and_so_do_tests(self) -> None:
        for module in ("MeshLedger", "MeshAccounts", "MeshStripe", "MeshUsageStore"):
            path = f"Sources/{module}/Rate.swift"
            self.assert_found("let factor = 1.5", "1.5", path=path, first="\n")
            self.write(path, "\n")
        self.assert_found("let factor = 1.5", "1.5", path="Tests/MeshCoreTests/MoneyTests.swift")

    def test_integers_places_in_tuples_prose_and_text_pass(self) -> None:
        self.write(
            PATH,
            "/// 1.03 x Double\nlet owed: Money\nlet first = pair.0.1 + $0.1\nlet text = \"$0.0105\"\n"
            "let range = 0..<1_000\nlet hex = 0x1E5\nfunc floor(_ value: Int) -> Int { value }\nlet two = floor(2)\n"
            "let name = version1e9\nlet reallyDoubled = 2\n",
        )
        self.assert_passes("money")

    def test_floating_numbers_far_from_money_pass_unless_they_are_called_like_it(self) -> None:
        self.write(ELSEWHERE, "let charge: Double = 0.5\nlet load = 1.5\n")
        self.assert_passes("money")
        for line, word in (
            ("let price: Double = 1", "price"), ("var totalCosts: [Double]", "totalCosts"),
            ("let topUpDollars: Float", "topUpDollars"), ("func fee(of call: Int) -> Double { 1 }", "fee"),
            ("case balance(Int)\nlet credit: Decimal", "credit"),
            ("let owedCents: Double", "owedCents"), ("var totalUSD: Float", "totalUSD"),
        ):  # fmt: skip
            self.write(ELSEWHERE, line + "\n")
            self.assert_fails("money", ELSEWHERE, f"`{word}` is called like money", "[money.floating]")

    def test_a_data_file_has_whole_numbers_only(self) -> None:
        self.write("data/ledger.json5", '// 1.03\n{version: "2026-11-22", name: "gpt-6.1-sol", cloud: 1030}\n')
        self.assert_passes("money")
        self.write("data/ledger.json5", "{cloud: 1.03}\n")
        self.assert_fails("money", "data/ledger.json5:1", "`1.03` is not whole", "[money.floating]")
        self.write("data/ledger.json5", "{cloud: 1030}\n")
        self.write("data/models.json5", "{\n  input: 2e9}\n")
        self.assert_fails("money", "data/models.json5:2", "`2e9` is not whole")

    def test_python_that_names_nanodollars_has_no_float(self) -> None:
        self.write("Tests/oracle.py", '"""1.5"""\nnanodollars = 7 // 2  # 1.5\nmask = 0x1E5\n')
        self.assert_passes("money")
        self.write("Tests/oracle.py", "nanodollars = 7\nfactor = 1.5\n")
        self.assert_fails("money", "Tests/oracle.py:2", "`1.5` is floating")
        self.write("Tests/oracle.py", "nanodollars = float(7)\n")
        self.assert_fails("money", "Tests/oracle.py:1", "`float` is floating")
        self.write("Tests/other.py", "seconds = 1.5\n")
        self.write("Tests/oracle.py", "")
        self.assert_passes("money")

    def test_the_number_of_json_is_floating_beside_money_though_nobody_writes_its_type(self) -> None:
        path = "Sources/MeshLedger/Sums.swift"
        line = "let whole = value?.number.flatMap { Int64(exactly: $0) }\n"
        self.write(path, "internal import MeshJSON\n" + line)
        self.assert_fails("money", f"{path}:2", "`.number` of JSON", "`integer`", "[money.json-number]")
        self.write(path, "internal import MeshJSON\nif case .number(let some) = value {}\n")
        self.assert_fails("money", f"{path}:2", "[money.json-number]")
        # What has a number and reads no JSON, and what is exact.
        self.write(path, "let last = posting.number\n")
        self.assert_passes("money")
        self.write(path, "internal import MeshJSON\nlet whole = value?.integer\nlet numbers = value.numbers\n")
        self.assert_passes("money")

    def test_python_beside_stripe_makes_no_floats_whatever_it_calls_money(self) -> None:
        path = "Tests/Stripe/fake.py"
        self.write(path, "def settled(seconds: float = 0.5) -> int:\n    return sum(values) // 2\n")
        self.assert_passes("money")
        self.write(path, "value = float(sum(values))\n")
        self.assert_fails("money", f"{path}:1", "`float(…)` is floating", "[money.floating]")
        self.write(path, "value = sum(values) / 100\n")
        self.assert_fails("money", f"{path}:1", "`/` divides floats", "[money.floating]")

    def test_python_that_names_nanodollars_divides_whole_numbers_only(self) -> None:
        whole = "nanodollars = 7 // 1_000\npath = folder / name\nlog = ROOT / 'log'\n"
        self.write("Tests/oracle.py", whole + "wait(milliseconds / 1_000)\n")
        self.assert_passes("money")
        self.write("Tests/oracle.py", "nanodollars = 7\ndollars = nanodollars / 1_000_000_000\n")
        self.assert_fails("money", "Tests/oracle.py:2", "`/` divides floats", "[money.floating]")

    def test_pages_that_name_nanodollars_compute_nothing(self) -> None:
        self.write("pages/usage.js", "show(row.nanodollars_text, 2 * width);\n")
        self.assert_passes("money")
        for line, word in (
            ("show(row.nanodollars / 1e9);", "nanodollars /"), ("let sum = 7 + row.microdollars;", "+ row.microdollar"),
            ("show(Number(row.nanodollars_text));", "Number("), ("nanodollars.toFixed(2);", ".toFixed("),
        ):  # fmt: skip
            self.write("pages/usage.js", line + "\n")
            self.assert_fails("money", "pages/usage.js:1", f"`{word}` computes", "[money.floating]")
        self.write("pages/usage.js", "")

    def test_sql_of_accounts_has_no_floating_column(self) -> None:
        self.write("scripts/books.sql", "CREATE TABLE accounts (id integer, held bigint NOT NULL, at timestamptz);\n")
        self.assert_passes("money")
        for kind in ("double precision", "real", "float8", "money"):
            self.write("scripts/books.sql", f"CREATE TABLE accounts (id integer, held {kind} NOT NULL);\n")
            self.assert_fails("money", "scripts/books.sql:1", f"`{kind}` is a floating column", "[money.floating]")
        self.write("scripts/books.sql", "")
        self.assert_found('let table = "held double precision not null"', "double precision")
