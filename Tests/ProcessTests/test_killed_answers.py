"""Whatever is killed, cut or stopped at any stage of an answer: the application has all of it, or one typed error.

Each point is one kind of trouble at one stage of one answer, on real processes: an application asks an edge, the edge
its hub through a link, and the hub a provider that holds its answer at the stage. `MESHNODE_KILLS=all` plays every kind
at every stage; else some of each.
"""

from __future__ import annotations

import os
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from escalated import ROUTES, Application, Asking, SessionRoute, StreamRoute, ask
from stands import Stand

#: Whether every kind meets every stage.
EVERY = os.environ.get("MESHNODE_KILLS") == "all"
#: How many stands there are at once: most of the time is spent in waiting.
AT_ONCE = 3
#: Words of an answer, and how wide they are: narrow ones fit the edge's first receipt, wide ones do not.
COUNT, NARROW, WIDE = 40, 20, 2_000
#: Nothing may take longer, from the trouble to the end of the answer.
PATIENCE = 40.0

#: Where an answer is: `sending` is within the request, `sent` right behind it, `after` behind the answer's last byte;
#: the others are those of `upstreams.held_provider`.
STAGES = [
    "sending", "sent", "accepted", "asked", "head", "1", "2", "3", "8", "20", "39", "40", "ended", "done", "closed",
    "after",
]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A sort of trouble."""

    name: str
    happen: Callable[[Stand], None]
    #: Whether it is short enough that nobody notices.
    is_harmless: bool = False
    #: Whether it may end an answer.
    loses_edge: bool = False
    loses_hub: bool = False
    loses_provider: bool = False


KINDS = [
    Kind("edge killed", lambda stand: stand.kill_edge(), loses_edge=True),
    Kind("hub killed", lambda stand: stand.kill_hub(), loses_hub=True),
    Kind("hub away for 3 s", lambda stand: stand.kill_hub(3), loses_hub=True),
    Kind("both killed", lambda stand: (stand.kill_hub(), stand.kill_edge()) and None, loses_edge=True, loses_hub=True),
    Kind("provider killed", lambda stand: stand.kill_provider(), loses_provider=True),
    Kind("provider resets", lambda stand: stand.provider.tell("drop") and None, loses_provider=True),
    Kind("cut for 0.3 s", lambda stand: stand.cut(0.3), is_harmless=True),
    Kind("cut for 2 s", lambda stand: stand.cut(2), is_harmless=True),
    Kind("cut for 14 s", lambda stand: stand.cut(14)),
    Kind("address moves", lambda stand: stand.link.tell("rebind") and None, is_harmless=True),
    Kind("edge stops for 0.5 s", lambda stand: stand.stop("edge", 0.5), is_harmless=True),
    Kind("hub stops for 0.5 s", lambda stand: stand.stop("hub", 0.5), is_harmless=True),
    Kind("hub stops for 12 s", lambda stand: stand.stop("hub", 12)),
    Kind("provider stops for 0.5 s", lambda stand: stand.stop("provider", 0.5), is_harmless=True),
]
#: Errors of an answer that is lost for good; asking again under the same number says the same.
_LASTING = ("interrupted", "conflict")
#: Those that take long, of which scripts/test plays one point.
_LONG = {"cut for 14 s", "hub stops for 12 s"}


@dataclass(frozen=True)
class Point:
    """A kind of trouble at a stage."""

    number: int
    kind: Kind
    stage: str

    @property
    def asking(self) -> Asking:
        """What is asked: at one of four routes, and answered in words of either width."""
        route = ROUTES[["chat", "stream", "messages", "session"][self.number % 4]]
        return Asking(route, f"point-{self.number}", COUNT, WIDE if self.number // 4 % 2 else NARROW)

    @property
    def is_held(self) -> bool:
        """Whether the answer stands still while it happens; else it goes on."""
        return self.number % 3 != 2 or self.stage in ("accepted", "asked")


@dataclass
class Result:
    """What came of a point."""

    point: Point
    outcome: str = ""
    #: Seconds from the trouble to the end of the answer.
    seconds: float = 0
    again: str = ""
    #: What should not be.
    faults: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """For the table."""
        short = {"whole": "whole", "broken": "gone"}.get(self.outcome) or self.outcome.split(" ")[0]
        return ("!" if self.faults else "") + short + (f"+{self.again.split(' ')[0]}" if self.again else "")


def points() -> Iterator[Point]:
    """All of them, or some of each kind, spread over the stages."""
    number = 0
    for index, kind in enumerate(KINDS):
        for place, stage in enumerate(STAGES):
            number += 1
            few = 1 if kind.name in _LONG else 2
            chosen = {(index * 5 + step * 9) % len(STAGES) for step in range(few)}
            if EVERY or place in chosen:
                yield Point(number, kind, stage)


class _Play:
    """One point on a stand."""

    def __init__(self, stand: Stand, point: Point) -> None:
        self._stand, self._point = stand, point
        self._asking = point.asking
        self._result = Result(point)
        #: Whether the application had words of the answer before it happened, as far as anybody knows.
        self._words_came = point.stage == "after"

    def play(self) -> Result:
        """Has it happen, and judges what came of it."""
        stand, kind, result = self._stand, self._point.kind, self._result
        hub = stand.hub
        application = self._begin()
        begun = time.monotonic()
        if application is not None:
            kind.happen(stand)
            application.send_rest()
            stand.provider.tell("go")
            result.outcome = application.outcome(PATIENCE)
        result.seconds = time.monotonic() - begun
        stand.provider.tell("go")
        self._judge_outcome()
        if kind.loses_edge and result.outcome != "whole":
            result.again = self._until_answered(self._asking)
        self._judge_asked(stand.asked().get(self._asking.key, 0))
        fresh = self._until_answered(Asking(self._asking.route, f"{self._asking.key}-fresh", 5, NARROW))
        if fresh != "whole":
            result.faults.append(f"afterwards nobody answers: {fresh}")
        # In the life of this hub, which what is killed begins anew.
        asked = sum(stand.asked().values()) - stand.asked_before
        if isinstance(self._asking.route, SessionRoute):
            self._judge_session()
        # A chat may ask twice then; and a provider may read what a hub that is no more has sent it.
        is_known = not kind.loses_provider and not (kind.loses_hub and self._point.stage == "accepted")
        account = stand.resting(asked if is_known else None)
        self._judge_account(account, asked if is_known else None)
        # What was no fault, or was told already; from here on, they are counted against each other again.
        stand.asked_before += asked - int(account["closed"])
        return result

    def _begin(self) -> Application | None:
        """The application, once the answer is at the stage."""
        stand, stage = self._stand, self._point.stage
        if stage == "sending":
            return Application(stand.edge_address, self._asking, sends=0.6)
        if stage == "sent":
            application = Application(stand.edge_address, self._asking)
            time.sleep(0.001 * (self._point.number % 5))
            return application
        if stage == "after":
            self._result.outcome = ask(stand.edge_address, self._asking, PATIENCE)
            self._point.kind.happen(stand)
            return None
        stand.provider.tell(f"{'hold' if self._point.is_held else 'mark'} {stage}")
        application = Application(stand.edge_address, self._asking)
        if stand.provider.tell("await 20") != "reached":
            self._result.faults.append("the provider was not asked")
        if self._point.is_held and (stage.isdecimal() or stage in ("ended", "done", "closed")):
            # The end of it may be held back, for it could go on as a placeholder.
            last = int(stage) - 1 if stage.isdecimal() else 0
            self._words_came = application.has_read(f"word {last}:")
            if not self._words_came:
                self._result.faults.append("a word does not come while those behind it are held back")
        return application

    def _until_answered(self, asking: Asking) -> str:
        """Asks until somebody answers: an edge that is back finds its hub a little later."""
        end = time.monotonic() + PATIENCE
        while True:
            said = ask(self._stand.edge_address, asking, PATIENCE)
            if not said.startswith("error") or said.endswith(_LASTING) or time.monotonic() > end:
                return said
            time.sleep(0.1)

    # What should not be

    def _judge_outcome(self) -> None:
        result, kind = self._result, self._point.kind
        outcome = result.outcome
        is_typed = outcome.startswith("error ")
        allowed = outcome == "whole" or is_typed or (outcome == "broken" and kind.loses_edge)
        if not allowed:
            result.faults.append(outcome)
        if outcome != "whole" and (kind.is_harmless or self._point.stage == "after"):
            result.faults.append(f"nobody should have noticed: {outcome}")

    def _judge_asked(self, count: int) -> None:
        kind, result = self._point.kind, self._result
        most = 1
        if kind.loses_hub and not self._words_came or kind.loses_provider:
            most = 2
        if result.again and (kind.loses_hub or not isinstance(self._asking.route, StreamRoute)):
            # Who asks again under a number of their own gets the same answer, where the hub still has it.
            most += 1
        if count > most:
            result.faults.append(f"the provider was asked {count} times")

    def _judge_session(self) -> None:
        """An answer is there once where the application has all of it, and else not at all or as a whole."""
        result, said = self._result, self._stand.session(self._asking.key)
        answers = [content for role, content in said if role == "assistant"]
        has_whole = "whole" in (result.outcome, result.again)
        if len(answers) > 1 or (has_whole and not answers):
            result.faults.append(f"its session has {len(answers)} answers")
        if any(content != self._asking.answer for content in answers):
            result.faults.append("its session has another answer")
        if [content for role, content in said if role == "user"] != [self._asking.question][: len(said)]:
            result.faults.append("its session has another question")

    def _judge_account(self, account: dict[str, float], asked: int | None) -> None:
        faults = self._result.faults
        if account["open"]:
            faults.append(f"{account['open']:.0f} chats are under way for ever")
        if not account["begun"] <= account["closed"] <= account["begun"] + account["refused"]:
            # What was refused may have been begun: nobody answered, and what was set aside is given back.
            faults.append(f"{account['begun']:.0f} chats were begun, and {account['closed']:.0f} settled")
        if account["failed"]:
            faults.append("a settlement failed")
        if asked is not None and account["closed"] != asked:
            faults.append(f"the provider was asked {asked} times, and {account['closed']:.0f} chats were settled")


class KilledAnswers(unittest.TestCase):
    def test_an_answer_is_whole_or_one_error_whatever_happens_at_whatever_stage(self) -> None:
        """And nobody is asked twice, nothing is settled twice or never, and everybody answers afterwards."""
        waiting = list(points())
        lock = threading.Lock()
        results: list[Result] = []

        def work() -> None:
            with Stand() as stand:
                while True:
                    with lock:
                        if not waiting:
                            return
                        # Those that take long first, and else one kind after the other.
                        waiting.sort(key=lambda point: (point.kind.name not in _LONG, STAGES.index(point.stage)))
                        point = waiting.pop(0)
                    result = _Play(stand, point).play()
                    with lock:
                        results.append(result)
                        for fault in result.faults:
                            print(f"{point.kind.name} at {point.stage}, {point.asking.route.name}: {fault}", flush=True)

        begun = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as workers:
            for future in [workers.submit(work) for _ in range(AT_ONCE)]:
                future.result()
        print(_table(results))
        print(f"{len(results)} points in {time.monotonic() - begun:.0f} s")
        faults = [f"{r.point.kind.name} at {r.point.stage}: {fault}" for r in results for fault in r.faults]
        self.assertEqual(faults, [])
        self.assertGreaterEqual(len(results), 200 if EVERY else 24)


def _table(results: list[Result]) -> str:
    """Kinds and stages, with what came of each point, and how long that took."""
    found = {(result.point.kind.name, result.point.stage): result for result in results}
    stages = [stage for stage in STAGES if any(key[1] == stage for key in found)]
    lines = [f"{'':26}" + "".join(f"{stage:>13}" for stage in stages)]
    for kind in KINDS:
        cells = [found.get((kind.name, stage)) for stage in stages]
        told = [f"{cell.word} {cell.seconds:.1f}" if cell else "" for cell in cells]
        lines.append(f"{kind.name:26}" + "".join(f"{cell:>13}" for cell in told))
    errors = sorted({result.outcome for result in results if result.outcome.startswith("error")})
    return "\n".join([*lines, f"errors: {', '.join(errors) or 'none'}"])


if __name__ == "__main__":
    unittest.main()
