"""money: nothing computes money in floating point.

What it looks at, and it looks at no more: (1) every Swift file of the modules of money (`MeshLedger`, `MeshAccounts`,
`MeshStripe`, `MeshUsageStore`), and every one of Sources and Tests that names money (`Money`, `nanodollars`,
`microdollars`, `ModelPrice`, `LedgerTerms`): none of them has a floating-point type, a floating-point literal, or a
function that returns one, and no word of SQL for a floating-point column in its texts; and one that reads JSON does not
ask for `number`, whose type nobody has to write: it is a `Double`, where `integer` is exact; (2) everywhere else in
Sources, declarations that are called like money (`price`, `cost`, `dollars`, `cents`, `usd`, `fee`, `balance`,
`credit`) and are of a floating-point type; (3) the data files of prices and policies, in which every number is whole;
(4) Python files that name nano- or micro-dollars: no `float`, no floating-point literal, no `/` by a number (`//`,
`fractions` or `decimal` in its place); `/` between names is a matter of review, for paths are joined by it; those of
the tests of Stripe, whatever they name, make no `float` of anything and divide by no number: there only times are
floating; (5) scripts of pages that name them: there every number is floating, so they show what they are told and
compute nothing; (6) SQL that names accounts, postings or them: no column of a floating-point type.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile

_NAMES = re.compile(r"\b(?:Money|\w*[Nn]anodollars|\w*[Mm]icrodollars|ModelPrice|LedgerTerms)\b")
_TYPE = r"(?:Double|Float(?:16|32|64|80)?|CGFloat|Decimal)"
_FLOATING = re.compile(
    rf"(?<![\w.]){_TYPE}(?!\w)"
    r"|(?<![\w.$])\d[\d_]*\.\d[\d_]*(?:[eE][+-]?\d+)?"
    r"|(?<![\w.$])\d[\d_]*[eE][+-]?\d+(?!\w)"
    r"|(?<![\w.$])0x[\da-fA-F_.]+[pP][+-]?\d+"
    r"|(?<![\w.])(?:pow|exp|log|log2|log10|fmod|remainder|ceil|floor|round|trunc|sqrt|llround|lround)\("
    r"(?![^()]*\b(?:Int|Int128)\b)"
    r"|\.\s*(?:rounded|squareRoot|truncatingRemainder)\s*\("
)
_DECLARED = re.compile(
    r"\b(?:let|var|case|func)\s+"
    r"`?(\w*(?:[Pp]rice|[Cc]ost|[Dd]ollar|[Cc]ent|[Uu]sd|USD|[Ff]ee|[Bb]alance|[Cc]redit)s?)`?"
    rf"\s*(?::\s*\[?{_TYPE}\b|\([^)\n]*\)[^{{\n]*->\s*\[?{_TYPE}\b)"
)
#: Prices and policies. A comment is prose, and `1.03` may stand in it.
_DATA = ("data/models.json5", "data/ledger.json5")
_DATA_NUMBER = re.compile(r"(?<![\w.\"-])\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)(?![\w.\"-])")
_SMALL_NAMES = re.compile(r"nano_?dollar|micro_?dollar", re.IGNORECASE)
_MODULES = tuple(f"Sources/{name}/" for name in ("MeshLedger", "MeshAccounts", "MeshStripe", "MeshUsageStore"))
_JSON = re.compile(r"^[ \t]*(?:\w+[ \t]+)*import[ \t]+MeshJSON\b", re.MULTILINE)
_JSON_NUMBER = re.compile(r"(?<!\.)\.\s*number\b")
#: Python about money by its place: what is summed up there may have any name.
_FOLDERS = ("Tests/Stripe/", "Tests/LocalStripe/")
_SQL_NAMES = re.compile(r"nanodollar|microdollar|\baccounts\b|\bpostings\b", re.IGNORECASE)
_SQL_COLUMN = re.compile(
    r"\b(?:double precision|float[48]?|real|money)\b(?=\s*(?:,|\)|not null|default|primary))", re.IGNORECASE
)
#: In texts of Swift, where `Money)` is a type of ours.
_SQL_WORD = re.compile(r"\b(?:double precision|float[48]|real)(?=\s*(?:,|\)|not null|default|primary))", re.IGNORECASE)
_SCRIPT_NUMBER = re.compile(
    r"(?<![\w.])(?:parseFloat|Number|Math\.\w+)\s*\(|\.toFixed\s*\("
    r"|(?:nano|micro)_?dollars?\w*[\]).]*\s*[-+*/%](?!=?=)"
    r"|[-+*/%]\s*[\w.\[(]*(?:nano|micro)_?dollar",
    re.IGNORECASE,
)
_MEND = "count in whole nano-dollars: `Int64`, `Int128` and the one rounding of `Money`"


def inspect(repository: Repository) -> Outcome:
    """How many files were held to it, and what in them is floating."""
    findings: list[Finding] = []
    looked = 0
    for file in repository.swift:
        if not file.path.startswith(("Sources/", "Tests/")):
            continue
        if _is_of_money(file):
            looked += 1
            findings += _floating(file)
        elif file.path.startswith("Sources/"):
            findings += _declared(file)
    for path in _DATA:
        if document := repository.texts.get(path):
            looked += 1
            findings += _in_data(document)
    for file in repository.texts.values():
        if file.path.startswith("scripts/checks/"):
            continue
        if file.is_python and (file.path.startswith(_FOLDERS) or _SMALL_NAMES.search(file.text)):
            looked += 1
            findings += _in_python(file)
        elif file.path.endswith((".js", ".mjs", ".html")) and _SMALL_NAMES.search(file.text):
            looked += 1
            findings += _in_page(file)
        elif file.path.endswith(".sql") and _SQL_NAMES.search(file.text):
            looked += 1
            findings += _in_sql(file)
    return Outcome(counted(looked, "file") + " of money", findings)


def _is_of_money(file: TextFile) -> bool:
    return file.path.startswith(_MODULES) or _NAMES.search(file.code) is not None


def _floating(file: TextFile) -> Iterator[Finding]:
    # `floor(…)` and `round(…)` that a file declares itself are its own, and its own code is looked at anyway.
    declared = set(re.findall(r"\bfunc\s+(\w+)", file.code))
    for found in _FLOATING.finditer(file.code):
        word = found.group().rstrip("( ")
        if found.group().endswith("(") and (word in declared or _is_declaration(file.code, found.start())):
            continue
        problem = f"`{word}` is floating, in a file that names money"
        yield Finding(file.path, file.line_of(found.start()), problem, _MEND, "money.floating")
    if _JSON.search(file.code):
        for found in _JSON_NUMBER.finditer(file.code):
            problem = "`.number` of JSON is a `Double`, in a file that names money"
            mend = "ask for `integer`, which is exact"
            yield Finding(file.path, file.line_of(found.start()), problem, mend, "money.json-number")
    yield from _in_sql(file, _SQL_WORD)


def _in_sql(file: TextFile, column: re.Pattern[str] = _SQL_COLUMN) -> Iterator[Finding]:
    for found in column.finditer(file.text):
        problem = f"`{found.group()}` is a floating column, beside money"
        yield Finding(file.path, file.line_of(found.start()), problem, "make it a `bigint`", "money.floating")


def _in_page(file: TextFile) -> Iterator[Finding]:
    for found in _SCRIPT_NUMBER.finditer(file.text):
        problem = f"`{found.group().strip()}` computes, in a page that names money"
        mend = "have the gateway say it as text, or count in `BigInt`"
        yield Finding(file.path, file.line_of(found.start()), problem, mend, "money.floating")


def _is_declaration(code: str, start: int) -> bool:
    return re.search(r"\bfunc\s+$", code[max(0, start - 20) : start]) is not None


def _declared(file: TextFile) -> Iterator[Finding]:
    for found in _DECLARED.finditer(file.code):
        problem = f"`{found[1]}` is called like money and is floating"
        yield Finding(file.path, file.line_of(found.start()), problem, _MEND, "money.floating")


def _in_data(file: TextFile) -> Iterator[Finding]:
    code = re.sub(r"//[^\n]*", lambda comment: " " * len(comment.group()), file.text)
    for found in _DATA_NUMBER.finditer(code):
        mend = "write nano-dollars, and multipliers in thousandths"
        yield Finding(file.path, file.line_of(found.start()), f"`{found.group()}` is not whole", mend, "money.floating")


def _in_python(file: TextFile) -> Iterator[Finding]:
    mend = "use `fractions.Fraction` or `decimal.Decimal`, made of text or integers"
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(file.text).readline))
    except (tokenize.TokenError, SyntaxError):
        yield Finding(file.path, 1, "it is no Python that can be read", "mend the syntax", "money.floating")
        return
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _divides(node):
            problem = "`/` divides floats, in a file that names money"
            yield Finding(file.path, node.lineno, problem, mend, "money.floating")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            problem = "`float(…)` is floating, in a file about money"
            yield Finding(file.path, node.lineno, problem, mend, "money.floating")
    # What is only near money has times in it, which are floating; what names it has none.
    if not _SMALL_NAMES.search(file.text):
        return
    for token in tokens:
        is_number = token.type == tokenize.NUMBER and re.search(r"^(?!0[xXbBoO]).*[.eE]", token.string)
        if is_number or (token.type == tokenize.NAME and token.string == "float"):
            problem = f"`{token.string}` is floating, in a file that names money"
            yield Finding(file.path, token.start[0], problem, mend, "money.floating")


def _divides(node: ast.BinOp) -> bool:
    """By a number, and not a time, which may be told by its name."""
    is_number = isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
    return is_number and "second" not in ast.unparse(node.left)
