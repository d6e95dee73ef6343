"""`meshload bill`: the accounts of a hub over a store, with a double of Stripe or a file behind them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

_HERE = Path(__file__).resolve().parent
sys.path += [str(_HERE.parent / "ProcessTests")]

from fake_stripe import KEY  # noqa: E402
from nodes import MESHNODE  # noqa: E402
from peers import MESHLOAD, Spoken  # noqa: E402

#: The program; another build of it where somebody is writing it.
PROGRAM = Path(os.environ.get("MESHNODE_MESHLOAD", MESHLOAD))
#: What looks at accounts that are stopped; another build of it where somebody is writing it.
LOOKER = Path(os.environ.get("MESHNODE_MESHNODE", MESHNODE))
SECRETS = ("whsec_new_0123456789", "whsec_old_9876543210")


class Bills:
    """Accounts in a folder of their own; may die and live again."""

    def __init__(self, url: str | None, *, before: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="bills-")
        self.folder = Path(self._holder.name)
        self._before = before
        self._turn = threading.Lock()
        self._words = ["--file", str(self.folder / "events.jsonl")]
        if url is not None:
            (key, secrets) = (self.folder / "key", self.folder / "secrets")
            for path, text in ((key, KEY), (secrets, "\n".join(SECRETS))):
                path.touch(mode=0o600)
                path.write_text(text)
            self._words = ["--url", url, "--key-file", str(key), "--secret-file", str(secrets), *words]
        self.process: Spoken | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._holder.cleanup()

    def start(self) -> None:
        """A life on what earlier ones have left."""
        self.process = Spoken(*self._before, PROGRAM, "bill", "--data", self.folder / "store", *self._words)

    def kill(self) -> None:
        """Ends it as kill -9 does."""
        if self.process is None:
            return
        process, self.process = self.process.process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, *words: object) -> dict[str, Any]:
        """What it answers to a line."""
        assert self.process is not None
        # It answers line by line; a test may speak from several threads.
        with self._turn:
            answer: dict[str, Any] = json.loads(self.process.tell(" ".join(str(word) for word in words)))
        if "error" in answer:
            raise AssertionError(f"{words[0]}: {answer['error']}")
        return answer

    def ledger(self, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What `meshnode ledger` says of the accounts as they lie; they must not run."""
        line = [str(LOOKER), "ledger", verb, str(self.folder / "store"), *words]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    def reconcile(self, url: str, meter: str | None, *words: str) -> subprocess.CompletedProcess[str]:
        """The same, of what they say against the double's meter."""
        asked = ["--stripe-key-file", str(self.folder / "key"), "--stripe-base-url", url]
        if meter is not None:
            asked += ["--stripe-meter-id", meter]
        return self.ledger("reconcile", *asked, *words)

    def standing(self, account: str) -> dict[str, Any]:
        """How an account stands."""
        return self.say("standing", account)

    def settled(self, account: str, seconds: float = 60) -> dict[str, Any]:
        """How it stands once everything was told."""
        end = time.monotonic() + seconds
        while (standing := self.standing(account))["outbox"]:
            if time.monotonic() > end:
                raise AssertionError(f"after {seconds} s this is still to be told: {standing}")
            time.sleep(0.02)
        return standing

    def take_together(self, *events: tuple[str, str]) -> list[str]:
        """What becomes of webhooks, bodies and signatures, that come at the same time."""
        words = [word for body, signature in events for word in (signature, body.encode().hex())]
        return [str(outcome) for outcome in self.say("webhooks", *words)["outcomes"]]

    def take(self, body: str, signature: str) -> str:
        """What becomes of a webhook."""
        return str(self.say("webhook", signature, body.encode().hex())["outcome"])
