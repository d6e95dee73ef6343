"""The constructs we do not write, where, why, and what to write instead: the one list (docs/ARCHITECTURE.md).

Patterns run over Swift without comments, string literals, backticks and the generic arguments of tasks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.modules import Module

#: Whether a file of this module, under this path, is in the zone of a ban.
Zone = Callable[[Module | None, str], bool]


def in_sources(module: Module | None, path: str) -> bool:
    """Everything that ships, and test support."""
    return path.startswith("Sources/")


def must_be_deterministic(module: Module | None, path: str) -> bool:
    """What the simulator runs: all of Sources but MeshNode, L2 and the executables."""
    exempt = module is not None and (module.name == "MeshNode" or module.layer in ("l2", "l4"))
    return in_sources(module, path) and not exempt


def in_library(module: Module | None, path: str) -> bool:
    """Sources that are no executable."""
    return in_sources(module, path) and not (module is not None and module.kind == "executable")


def in_tests(module: Module | None, path: str) -> bool:
    """The tests."""
    return path.startswith("Tests/")


def anywhere(module: Module | None, path: str) -> bool:
    """Sources and tests alike."""
    return path.startswith(("Sources/", "Tests/"))


@dataclass(frozen=True)
class Ban:
    """One line of the list. `rule` is the name behind the dot in `banned.<rule>`."""

    rule: str
    zone: Zone
    pattern: re.Pattern[str]
    problem: str
    mend: str
    #: What stands before a harmless namesake.
    spared_behind: re.Pattern[str] | None = None

    def matches(self, code: str) -> Iterator[re.Match[str]]:
        """Where code uses the construct; a declaration of that name is no use."""
        for found in self.pattern.finditer(code):
            before = max(0, found.start() - _LOOK_BACK), found.start()
            if not any(spared.search(code, *before) for spared in (_DECLARED, self.spared_behind) if spared):
                yield found


#: What stands before a name that is declared, or that is the type of a result or of a computed property.
_DECLARED = re.compile(r"(?:->|\b(?:func|extension|struct|enum|class|actor|protocol)|\bvar\s+\w+\s*:)\s*$")


#: How many characters before a match are looked at, for a pattern that ends there would try every earlier place.
_LOOK_BACK = 200


def _ban(
    rule: str, zone: Zone, pattern: str, problem: str, mend: str, spared_behind: re.Pattern[str] | None = None
) -> Ban:
    return Ban(rule, zone, re.compile(pattern, re.MULTILINE), problem, mend, spared_behind)


_TASK = r"(?<!\w)Task(?:[ \t]*\(|\s*\{|\s*\.\s*(?:init|self|detached|immediate\w*)\b)"
#: A type, or the name of another type, that lets a bare `.init` or another word stand for `Task`.
_TASK_UNNAMED = (
    r"(?:(?:->|:)\s*)?(?<!\w)Task[\s?!\])]*(?:=|\{\s*(?:return\b)?)\s*\[?\s*\.\s*init\b"
    r"|\b(?:typealias|associatedtype)\s[^=\n]*=\s*(?:\w+\s*\.\s*)*Task\b(?!\s*\.)"
    r"|\.\s*detached\s*[({]"
)
#: A type that is compared or a case that is matched; behind `Task` itself the first pattern has seen it.
_COMPARED = re.compile(r"(?:[!=]=|\bas[?!]?|\b(?:is|case|Task))\s*$")
#: A positional argument: `sleep(until:)` of an injected clock is not C's `sleep(1)`.
_C_SLEEP = r"(?<![\w.])(?:u|nano)?sleep[ \t]*\((?![ \t]*\w+[ \t]*:)"

BANS: tuple[Ban, ...] = (
    # What would make a run differ from its replay.
    *(
        _ban(
            "task", must_be_deterministic, pattern, "starts a task that no scope waits for",
            "run it in the task group of the service's `run()`, or start it in MeshNode, L2 or an executable",
            _COMPARED,
        )
        for pattern in (_TASK, _TASK_UNNAMED)
    ),
    _ban(
        "implicit-init", must_be_deterministic,
        r"(?<![\w)\]>?!])\.\s*init\s*(?:\{|\(\s*priority\s*:[^(){}]*\)\s*\{)",
        "may start a task, for the type is not to be seen", "write the type before `.init`",
    ),
    _ban(
        "executor", must_be_deterministic,
        r"\b(?:executorPreference|withTaskExecutorPreference|globalConcurrentExecutor)\b",
        "runs outside the injected executor, where no watch sees it", "leave the choice of executor to L2 and MeshNode",
    ),
    _ban(
        "clock", must_be_deterministic,
        r"\bDate[ \t]*\([ \t]*\)|\bDate\.now\b|\b(?:Continuous|Suspending)Clock\b[ \t]*(?:\(|(?:\.Instant)?\.now\b)"
        r"|\bclock:[ \t]*\.(?:continuous|suspending)\b|\b(?:clock_gettime|gettimeofday)[ \t]*\(",
        "reads the machine's clock", "take a clock (or the present instant) as a parameter",
    ),
    _ban(
        "random", must_be_deterministic,
        r"\bUUID[ \t]*\([ \t]*\)|\.random[ \t]*\(|\bSystemRandomNumberGenerator\b"
        r"|\.(?:shuffled|shuffle|randomElement)[ \t]*\([ \t]*\)|(?<![\w.])(?:getrandom|arc4random\w*|rand|random)\(",
        "draws randomness that no seed replays", "take a seeded generator as an `inout` parameter",
    ),
    _ban(
        "sleep", must_be_deterministic, r"\bTask\s*\.\s*sleep\b|" + _C_SLEEP,
        "sleeps on the machine's clock", "wait for `nextDeadline` on the injected clock",
    ),
    _ban(
        "dispatch", must_be_deterministic,
        r"\bDispatch(?:Queue|Source|Group|Semaphore|Time|WorkItem)\b|(?<![\w.`])Thread\b[ \t]*[.(]|\bpthread_create\b",
        "runs outside the injected executor", "use an actor, or start the thread in L2",
    ),
    _ban(
        "environment", must_be_deterministic, r"\bProcessInfo\b|(?<![\w.])(?:getenv|secure_getenv)[ \t]*\(",
        "reads the process's environment", "take the value from a configuration struct in `init`",
    ),
    # What turns a mistake into a crash.
    _ban("force-try", in_sources, r"\btry[ \t]*!", "`try!` traps on an error", "use `try` and let the caller decide"),
    _ban("force-cast", in_sources, r"\bas[ \t]*!", "`as!` traps on another type", "use `as?` and handle nil"),
    _ban(
        "fatal-error", in_sources, r"\bfatalError[ \t]*\(", "`fatalError` can be reached by somebody else's bytes",
        "throw the module's error; for a bug of our own use `precondition`",
    ),
    # Ambient state: who depends on it cannot be seen.
    _ban(
        "static-var", in_sources,
        r"\bstatic[ \t]+var[ \t]+`?\w+`?[ \t]*(?::[^\n={]*)?(?:=|$)"
        r"|^(?:\w+[ \t]+)*nonisolated\(unsafe\)[ \t]+(?:\w+[ \t]+)*var\b",
        "is mutable state that everybody shares", "pass it in `init`, or make it a `let`",
    ),
    _ban(
        "singleton", in_sources, r"\bstatic[ \t]+let[ \t]+shared\b|\b[A-Z]\w*\.shared\b",
        "is a singleton", "create it in MeshNode and pass it in `init`",
    ),
    _ban(
        "synchronization", in_sources, r"\bimport\s+(?:\w+\s+)?Synchronization\b",
        "its Mutex gives the thread sanitizer false alarms", "use `Lock` of MeshCore",
    ),
    _ban(
        "print", in_library, r"(?<![\w.`])(?:print|debugPrint|dump)[ \t]*\(", "a library does not print",
        "return the text, or write it to the output that was passed in",
    ),
    # What hides the shape of the house.
    _ban(
        "public", anywhere, r"(?<![\w.`])public(?=[ \t]+[\w@]|\(set\))",
        "`public` is not used: nothing outside links us", "write `package` for a module's API, or nothing",
    ),
    _ban(
        "testable", anywhere, r"@testable\b", "`@testable` ties a test to the inside", "test through the `package` API",
    ),
    # Tests wait for events.
    _ban(
        "test-sleep", in_tests, r"\b(?:Task|Thread)\s*\.\s*sleep\b|" + _C_SLEEP,
        "a test does not sleep", "await the event, or move the virtual clock",
    ),
)
