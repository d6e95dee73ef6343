"""Swift with one spelling for each name, so that no pattern must know backticks and generic arguments.

Like `swift_text`, every text returned is as long as the one given: line numbers stay those of the file.
"""

import re

_QUOTED = re.compile(r"`([^`\n]*)`")
#: The types that a ban looks for, whose arguments may nest to any depth.
_GENERIC = re.compile(r"(?<!\w)(?:Task|AsyncStream|AsyncThrowingStream)\s*(<)")
#: An argument list longer than this, in characters, is none; it bounds the search for a bracket that never closes.
_LONGEST_LIST = 2_000
_ANGLE = re.compile(r"->|[<>{};]")


def plain(code: str) -> str:
    """The code without backticks and without the generic arguments of tasks and streams."""
    code, position = _QUOTED.sub(_unquoted, code), 0
    while found := _GENERIC.search(code, position):
        position, end = found.end(), _angles_end(code, found.start(1))
        if end is not None:
            blank = re.sub(r"[^\n]", " ", code[found.start(1) : end])
            code = code[: found.start(1)] + blank + code[end:]
    return code


def _unquoted(name: re.Match[str]) -> str:
    """`Task` is Task; a name that needs its backticks, such as a test's sentence, is nobody's construct."""
    is_word = re.fullmatch(r"\w+", name[1])
    return name[1] + "  " if is_word else "_" * len(name[0])


def _angles_end(code: str, opening: int) -> int | None:
    """Behind the bracket that closes the one at `opening`; None where it is no bracket but a comparison."""
    depth = 0
    for found in _ANGLE.finditer(code, opening, opening + _LONGEST_LIST):
        if found.group() in "{};":
            return None
        depth += {"<": 1, ">": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
    return None
