"""The constructs we do not write, where, why, and what to write instead: the one list (docs/ARCHITECTURE.md).

Patterns run over Swift without comments, string literals, backticks and the generic arguments of tasks.
"""

from checks.bans import (
    Ban,
    anywhere,
    ban,
    behind,
    in_library,
    in_sources,
    in_tests,
    must_be_deterministic,
    off_the_main_actor,
    outside_privacy_and_escalation,
    with_argument,
)

_TASK = r"(?<!\w)Task(?:[ \t]*\(|\s*\{|\s*\.\s*(?:init|self|detached|immediate\w*)\b)"
#: A type, or the name of another type, that lets a bare `.init` or another word stand for `Task`.
_TASK_UNNAMED = (
    r"(?:(?:->|:)\s*)?(?<!\w)Task[\s?!\])]*(?:=|\{\s*(?:return\b)?)\s*\[?\s*\.\s*init\b"
    r"|\b(?:typealias|associatedtype)\s[^=\n]{1,200}=\s*(?:\w+\s*\.\s*)*Task\b(?!\s*\.)"
    r"|\.\s*detached\s*[({]"
)
#: A type that is compared or a case that is matched; behind `Task` itself the first pattern has seen it.
_COMPARED = behind(r"[!=]=|\bas[?!]?|\b(?:is|case|Task)")
#: A function of the C library, by its plain name or behind the module's.
_C = r"(?:(?<![\w.])|(?<=\bGlibc\.))"
#: A positional argument: `sleep(until:)` of an injected clock is not C's `sleep(1)`.
_C_SLEEP = _C + r"(?:u|nano)?sleep[ \t]*\((?![ \t]*\w+[ \t]*:)"
#: What C reads the time with; a function of ours that is called `time(of:)` or `clock(…)` is another.
_C_CLOCK = (
    _C + r"(?:clock_get\w+|clock_nanosleep|gettimeofday|timespec_get|ftime|getrusage|localtime(?:_r)?|gmtime(?:_r)?"
    r"|times|time(?=[ \t]*\([ \t]*(?:nil\b|&|\)))|clock(?=[ \t]*\([ \t]*\)))[ \t]*\("
)
_STREAM = (
    r"\bAsync(?:Throwing)?Stream(?:\s*\.\s*(?:init|makeStream))?[ \t]*(?=[({])"
    r"|\bAsync(?:Throwing)?Stream[\s?!]*=\s*\.\s*(?:init|makeStream)\s*(?=[({])"
    r"|\.\s*makeStream[ \t]*(?=\()"
)
#: Drawn by the reader, or bounded by a figure.
_BOUNDED = (
    r"\bunfolding\s*:"
    r"|\bbufferingPolicy\s*:\s*[\w.]*\.\s*buffering(?:Oldest|Newest)\s*\(\s*(?!(?:Int\s*)?\.\s*max\b)"
)

BANS: tuple[Ban, ...] = (
    # What would make a run differ from its replay.
    *(
        ban(
            "task", must_be_deterministic, pattern, "starts a task that no scope waits for",
            "run it in the task group of the service's `run()`, or start it in MeshNode, L2 or an executable",
            _COMPARED,
        )
        for pattern in (_TASK, _TASK_UNNAMED)
    ),
    ban(
        "implicit-init", must_be_deterministic,
        r"(?<![\w)\]>?!])\.\s*init\s*(?:\{|\(\s*priority\s*:[^(){}]*\)\s*\{)",
        "may start a task, for the type is not to be seen", "write the type before `.init`",
    ),
    ban(
        "executor", must_be_deterministic,
        r"\b(?:executorPreference|withTaskExecutorPreference|globalConcurrentExecutor)\b",
        "runs outside the injected executor, where no watch sees it", "leave the choice of executor to L2 and MeshNode",
    ),
    ban(
        "clock", must_be_deterministic,
        r"\bDate\s*(?:\.\s*init\s*)?\(\s*(?:\)|timeIntervalSinceNow\b)|\bDate\s*\.\s*now\b"
        r"|\b(?:Continuous|Suspending)Clock\s*(?:\(|\.\s*init\b|(?:\.\s*Instant\s*)?\.\s*now\b)"
        r"|\bclock:\s*\.(?:continuous|suspending)\b|" + _C_CLOCK,
        "reads the machine's clock", "take a clock (or the present instant) as a parameter",
    ),
    ban(
        "random", must_be_deterministic,
        r"\bUUID\s*(?:\.\s*init\s*)?\(\s*\)|\.random[ \t]*\(|\bSystemRandomNumberGenerator\b"
        r"|\.(?:shuffled|shuffle|randomElement)[ \t]*\([ \t]*\)|"
        + _C + r"(?:getrandom|getentropy|arc4random\w*|rand|rand_r|random|[delmnj]rand48)[ \t]*\(",
        "draws randomness that no seed replays", "take a seeded generator as an `inout` parameter",
    ),
    ban(
        "hash", must_be_deterministic, r"\.\s*_?(?:rawH|h)ashValue\b|\b(?:Swift\s*\.\s*)?Hasher\b",
        "hashes with a seed that differs from process to process", "compute CRC32C, or compare the values themselves",
        behind(r"\bfunc\s+hash\s*\(\s*into(?:\s+\w+)?\s*:\s*inout"),
    ),
    ban(
        "sleep", must_be_deterministic, r"\bTask\s*\.\s*sleep\b|" + _C_SLEEP,
        "sleeps on the machine's clock", "wait for `nextDeadline` on the injected clock",
    ),
    ban(
        "dispatch", must_be_deterministic,
        r"\bDispatch(?:Queue|Source|Group|Semaphore|Time|WorkItem)\b|(?<![\w.`])Thread\b[ \t]*[.(]|\bpthread_create\b",
        "runs outside the injected executor", "use an actor, or start the thread in L2",
    ),
    ban(
        "environment", must_be_deterministic,
        r"\bProcessInfo\b|" + _C + r"(?:getenv|secure_getenv|getpid|gethostname)[ \t]*\(",
        "reads the process's environment", "take the value from a configuration struct in `init`",
    ),
    ban(
        "main-actor", off_the_main_actor, r"@?\bMainActor\b", "binds a library to the process's main thread",
        "make it an actor of its own, or leave isolation to the caller",
    ),
    # Who may say that text is redacted.
    ban(
        "received-through-tunnel", outside_privacy_and_escalation, r"\breceivedThroughTunnel\s*:",
        "says that text is redacted, which is for the hub's decoder of what an edge sent alone",
        "redact the text with a `Redactor`; decode what came through the tunnel in MeshEscalation",
    ),
    # What grows without a bound.
    ban(
        "unbounded-stream", in_sources, _STREAM, "buffers without a bound unless told otherwise",
        "say `bufferingPolicy: .bufferingOldest(…)` or `.bufferingNewest(…)` with a bound of `Limits`",
        with_argument(_BOUNDED), behind("[!=]="),
    ),
    ban(
        "bare-closure", in_sources, r"\b(?:Lock|Watched)\s*<[^=>{}]{0,80}\([^=>{}]{0,200}->",
        "a function alone in a generic box is wrapped once more each time the box is opened",
        "let it be a member of a struct that lies in the box",
    ),
    # What turns a mistake into a crash.
    ban("force-try", in_sources, r"\btry[ \t]*!", "`try!` traps on an error", "use `try` and let the caller decide"),
    ban("force-cast", in_sources, r"\bas[ \t]*!", "`as!` traps on another type", "use `as?` and handle nil"),
    ban(
        "fatal-error", in_sources, r"\bfatalError[ \t]*\(", "`fatalError` can be reached by somebody else's bytes",
        "throw the module's error; for a bug of our own use `precondition`",
    ),
    # Ambient state: who depends on it cannot be seen.
    ban(
        "static-var", in_sources,
        r"\bstatic[ \t]+var[ \t]+`?\w+`?[ \t]*(?::[^\n={]*)?(?:=|$)"
        r"|^(?:\w+[ \t]+)*nonisolated\(unsafe\)[ \t]+(?:\w+[ \t]+)*var\b",
        "is mutable state that everybody shares", "pass it in `init`, or make it a `let`",
    ),
    ban(
        "singleton", in_sources, r"\bstatic[ \t]+let[ \t]+shared\b|\b[A-Z]\w*\.shared\b",
        "is a singleton", "create it in MeshNode and pass it in `init`",
    ),
    ban(
        "synchronization", in_sources, r"\bimport\s+(?:\w+\s+)?Synchronization\b",
        "its Mutex gives the thread sanitizer false alarms", "use `Lock` of MeshCore",
    ),
    ban(
        "print", in_library, r"(?<![\w.`])(?:print|debugPrint|dump)[ \t]*\(", "a library does not print",
        "return the text, or write it to the output that was passed in",
    ),
    # What hides the shape of the house.
    ban(
        "public", anywhere, r"(?<![\w.])(?<!case )public(?=\s+[\w@]|\(set\))",
        "`public` is not used: nothing outside links us", "write `package` for a module's API, or nothing",
    ),
    ban(
        "testable", anywhere, r"@testable\b", "`@testable` ties a test to the inside", "test through the `package` API",
    ),
    # Tests wait for events.
    ban(
        "test-sleep", in_tests, r"\b(?:Task|Thread)\s*\.\s*sleep\b|" + _C_SLEEP,
        "a test does not sleep", "await the event, or move the virtual clock",
    ),
)
