"""Swift source with its comments and string literals blanked, so that words in prose never trigger a check.

Blanked text keeps every character's place: offsets and line numbers are those of the file. Code inside an
interpolation `"\\(…)"` is code and stays. Bare regex literals `/…/` are not recognised (we write none).
"""

import re
from bisect import bisect_right

_TOKEN = re.compile(r'//[^\n]*|/\*|(?P<hashes>#*)(?P<quotes>"""|")|#/|[()]')
#: The head of a type or extension in code without comments, up to and including the brace that opens its body.
TYPE = re.compile(
    r"(?<![.\w`])(?:struct|class|enum|actor|protocol|extension)\s+(?!func\b|var\b|let\b|subscript\b)"
    r"[\w.`]+(?P<header>[^{};)]*)\{"
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class _Scanner:
    """Walks Swift text once and notes where comments and the contents of literals lie."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments: list[tuple[int, int]] = []
        self.literals: list[tuple[int, int]] = []
        self._code(0, interpolated=False)

    def _code(self, position: int, interpolated: bool) -> int:
        """Scans code; inside an interpolation, up to and including the parenthesis that closes it."""
        depth = 0
        while token := _TOKEN.search(self.text, position):
            word, position = token.group(), token.end()
            if word.startswith("//"):
                self.comments.append(token.span())
            elif word == "/*":
                position = self._block_comment(token.start())
            elif word == "#/":
                position = self._until(position, "/#")
            elif word == "(":
                depth += 1
            elif word == ")":
                depth -= 1
                if interpolated and depth < 0:
                    return position
            else:
                position = self._string(position, token["hashes"], token["quotes"])
        return len(self.text)

    def _block_comment(self, start: int) -> int:
        """Swift's block comments nest."""
        depth, position = 0, start
        while edge := _COMMENT_EDGE.search(self.text, position):
            depth += 1 if edge.group() == "/*" else -1
            position = edge.end()
            if depth == 0:
                break
        else:
            position = len(self.text)
        self.comments.append((start, position))
        return position

    def _until(self, start: int, terminator: str) -> int:
        end = self.text.find(terminator, start)
        end = len(self.text) if end < 0 else end
        self.literals.append((start, end))
        return end + len(terminator)

    def _string(self, position: int, hashes: str, quotes: str) -> int:
        """Scans a literal from behind its opening quotes to behind its closing ones."""
        escape, end_of_line = re.escape("\\" + hashes), "" if len(quotes) == 3 else r"|(?P<newline>\n)"
        edge = re.compile(rf"(?P<open>{escape}\()|{escape}.|(?P<close>{quotes}{hashes}){end_of_line}", re.DOTALL)
        while found := edge.search(self.text, position):
            if found["open"]:
                self.literals.append((position, found.end()))
                position = self._code(found.end(), interpolated=True)
                self.literals.append((position - 1, position))
            elif found["close"] or found.groupdict().get("newline"):
                self.literals.append((position, found.start()))
                return found.end()
            else:
                self.literals.append((position, found.end()))
                position = found.end()
        self.literals.append((position, len(self.text)))
        return len(self.text)


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in sorted(spans):
        pieces += [text[position:start], re.sub(r"[^\n]", " ", text[start:end])]
        position = end
    return "".join(pieces + [text[position:]])


def without_comments(text: str) -> str:
    """The text with comments blanked and string literals kept."""
    return _blank(text, _Scanner(text).comments)


def code_only(text: str) -> str:
    """The text with comments and the contents of string literals blanked."""
    scanner = _Scanner(text)
    return _blank(text, scanner.comments + scanner.literals)


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins."""
    return [0] + [match.end() for match in re.finditer("\n", text)]


def line_at(starts: list[int], offset: int) -> int:
    """The line, counted from 1, that holds an offset."""
    return bisect_right(starts, offset)


def closing(text: str, opening: int) -> int:
    """The offset of the bracket that closes the one at `opening`; the end of the text where none does."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    opener = text[opening]
    closer, depth = pairs[opener], 0
    for match in re.compile(re.escape(opener) + "|" + re.escape(closer)).finditer(text, opening):
        depth += 1 if match.group() == opener else -1
        if depth == 0:
            return match.start()
    return len(text)
