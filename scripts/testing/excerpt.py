"""What to show of the log of a stage that failed: its end, and before it the lines that say what went wrong.

Thousands of lines may lie between them: tests run beside each other, and a process that crashes says of each of its
threads where it stood.
"""

from __future__ import annotations

import re

#: A test that failed, a build that did not go through.
_FAILED = re.compile(r"✘ |: error: |^(?:FAIL|ERROR): ")
#: A process that gave up, or a sanitizer that reports: this is shown whatever else fails.
_FATAL = re.compile(r"Fatal error: |\*\*\* Program crashed|runtime error: |^SUMMARY: ")
#: Behind it come the frames of the thread that crashed.
_CRASHED = re.compile(r"^Thread \d+.* crashed:|WARNING: ThreadSanitizer: |ERROR: AddressSanitizer: ")
_FRAMES = 24
#: Of lines that say what went wrong so many at most; a few hundred tests that fail have one reason.
_MOST = 60
#: Of a line so many characters.
_WIDTH = 400


def excerpt(text: str, shown: int) -> list[str]:
    """The last `shown` lines of `text`, behind the lines before them that tell what failed, those of a crash first."""
    lines = text.splitlines()
    split = max(len(lines) - shown, 0)
    fatal: list[str] = []
    failed: list[str] = []
    wanted = 0
    for line in lines[:split]:
        if _CRASHED.search(line):
            wanted = _FRAMES
        if wanted > 0 or _FATAL.search(line):
            fatal.append(line[:_WIDTH])
            wanted = max(wanted - 1, 0)
        elif _FAILED.search(line):
            failed.append(line[:_WIDTH])
    telling = fatal + failed
    if len(telling) > _MOST:
        telling = [*telling[:_MOST], f"… and {len(telling) - _MOST} lines more that tell what failed"]
    return [*telling, *(["…"] if telling else []), *lines[split:]]
