"""What to show of the log of a stage that failed: its end, and before it the lines that say what went wrong.

Thousands of lines may lie between them: tests run beside each other, and a process that crashes says of each of its
threads where it stood.
"""

from __future__ import annotations

import re

#: A test that failed, a process that gave up, a build that did not go through.
_TELLING = re.compile(r"✘ |Fatal error: |\*\*\* Program crashed|^Thread \d+.* crashed:|: error: |^(?:FAIL|ERROR): ")
#: Behind it come the frames of the thread that crashed.
_CRASHED = re.compile(r"^Thread \d+.* crashed:")
_FRAMES = 24
#: Of lines that say what went wrong so many at most; a few hundred tests that fail have one reason.
_MOST = 60
#: Of a line so many characters.
_WIDTH = 400


def excerpt(text: str, shown: int) -> list[str]:
    """The last `shown` lines of `text`, behind the lines before them that tell what failed."""
    lines = text.splitlines()
    split = max(len(lines) - shown, 0)
    telling: list[str] = []
    wanted = 0
    for line in lines[:split]:
        if _TELLING.search(line):
            wanted = max(wanted, _FRAMES if _CRASHED.search(line) else 1)
        if wanted > 0:
            telling.append(line[:_WIDTH])
            wanted -= 1
    if len(telling) > _MOST:
        telling = [*telling[:_MOST], f"… and {len(telling) - _MOST} lines more that tell what failed"]
    return [*telling, *(["…"] if telling else []), *lines[split:]]
