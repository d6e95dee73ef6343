"""How every Python program of the scripts begins and ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def exit_with(main: Callable[[list[str]], int], last_words: str = "") -> None:
    """Runs `main` with the command line and ends the process with its status.

    What a person does from outside is no fault of the program and gets no traceback: Ctrl-C, a reader that has seen
    enough, a folder that may not be written, a full disk. `last_words` are printed where the program cannot end by
    itself.
    """
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = _ended("interrupted", last_words, 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        status = _ended(str(error), last_words, 1)
    sys.exit(status)


def _ended(why: str, last_words: str, status: int) -> int:
    try:
        print(f"\n{why}", file=sys.stderr)
        if last_words:
            print(last_words, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
