"""The banned check: each construct of the list fails where it is banned, and nowhere else."""

from fake_repository import RepositoryTestCase

DOMAIN, IO = "Sources/MeshLedger/More.swift", "Sources/MeshIO/More.swift"
#: Joined from halves, so that these tests do not report themselves.
TO_DO, FIX = "TO" + "DO", "FIX" + "ME"

DETERMINISM = {
    "task": (
        "Task { await run() }", "Task(executorPreference: loop) { }", "Task.detached { }", "Task<Void, Never> { }",
        "let handle = Task(priority: .high) { }", "spawn(handle: Task { })", 'log("\\(Task { 1 })")',
        "Task<Result<Int, any Error>, Never> { }", "Task<() -> [A<B<C<D>>>], Never> { }", "Task\n{\n}",
        "Task<\n    Void,\n    Never\n>\n{ }", "`Task` { }", "_Concurrency.Task { }", "Task\n    .detached { }",
        "let t: Task<Void, Never> = .detached { }", "let t: Task<Void, Never> = .init { }", "start(.detached { })",
        "var t: Task<Void, Never>? = .init(priority: .high) { }", "let t: [Task<Void, Never>] = [.init { }]",
        "func f() -> Task<Void, Never> { .init { } }", "typealias Job = Task<Void, Never>",
        "typealias Job<T> = _Concurrency.Task<T, Never>", "let type = Task<Void, Never>.self",
        "Task.immediate { }",
    ),
    "implicit-init": ("handle = .init { }", "handle = .init(priority: .high) { }"),
    "executor": (
        "group.addTask(executorPreference: other) { }", "await withTaskExecutorPreference(other) { }",
        "run(on: globalConcurrentExecutor)", "let group = x.addTask(\n    executorPreference\n: y)",
    ),
    "clock": (
        "let now = Date()", "ContinuousClock().now", "SuspendingClock()", "ContinuousClock.now",
        "clock_gettime(0, &t)", "time(nil)", "Glibc.time(nil)", "time(&now)", "clock()", "times(&t)", "localtime(&t)",
        "timespec_get(&t, 1)",
        "Date(timeIntervalSinceNow: 1)", "Date.init()", "ContinuousClock.init()", "try await wait(clock: .continuous)",
    ),
    "random": ("UUID()", "Int.random(in: 0..<9)", "var g = SystemRandomNumberGenerator()", "names.shuffled()",
               "Glibc.rand()", "getentropy(a, 1)", "UUID.init()"),
    "hash": ("let a = b.hashValue", "let a = map(\\.hashValue)", "var a = Hasher()", "func f(_ a: inout Hasher) {}",
             "func hash(into hasher: inout Hasher) {\n    var a = Hasher()\n}"),
    "sleep": ("try await Task.sleep(for: .seconds(1))", "try await Task<Never, Never>.sleep(for: x)", "usleep(5)"),
    "dispatch": ("DispatchQueue.main.async {}", "Thread.current", "Thread(block: run).start()"),
    "environment": ("ProcessInfo.processInfo", 'getenv("HOME")'),
}
EVERYWHERE = {
    "force-try": "let a = try! open()",
    "force-cast": "let a = b as! String",
    "fatal-error": 'fatalError("no")',
    "static-var": "enum A { static var count = 0\n}",
    "singleton": "static let shared = A()",
    "synchronization": "import Synchronization",
    "public": "public struct A {}",
    "unbounded-stream": "AsyncStream<Int> { $0.finish() }",
    "bare-closure": "let leave = Lock<@Sendable (Int) async throws -> Void>({ _ in })",
    "print": 'print("x")',
    "received-through-tunnel": "let text = RedactedText(receivedThroughTunnel: query)",
}
HARMLESS = (
    '// Task { Date() }\n/* fatalError( /* nested */ try! */\nlet text = "Task { UUID() } try! \\(name) print("\n',
    'let text = """\n    Task.sleep( .random( "quoted" static var x = 1\n    """\n',
    'let raw = #"a "quote" Task { \\(Date()) "#\n',
    "if let a = b as? Task<Void, Never> {}\nif a is Task<Void, Never> {}\nextension A where B == Task<Int, Never> {}\n",
    "switch a {\ncase .detached: b()\ncase .detached(let c): d()\n}\nif a == .detached {}\nif case .detached = a {}\n",
    "func start()\n    -> Task<Void, Never>\n{}\nlet a: Task<Void, Never>?\nlet b: [Task<Void, Never>] = []\n",
    "func `a Task { } is started`() {}\nlet a = A.init { 1 }\nlet b: A = .init(c)\nlet c = map(A.init) { 1 }\n",
    "func start() -> Task<Void, Never> {}\nvar handle: Task<Void, Never> { stored }\nextension Task {}\n",
    "struct A: Hashable {\n    func hash(into hasher: inout Hasher) {}\n    var hashValue: Int { 1 }\n}\n",
    "extension A {\n    func hash(into hasher: inout Swift.Hasher) { hasher.combine(1) }\n}\n",
    "let a = world.time(nil)\nlet b = clock.now\nlet c = time(of: d)\nclock(1)\nlet d = at.times(&e)\nuptime(nil)\n",
    "let a = AsyncStream(Int.self, bufferingPolicy: .bufferingOldest(Limits.A.b)) { $0.finish() }\n",
    "let (a, b) = AsyncStream<[Int]>.makeStream(\n    of: Int.self,\n    bufferingPolicy: .bufferingNewest(1)\n)\n",
    "let a = AsyncStream(unfolding: { await b() })\nfunc c() -> AsyncThrowingStream<Int, any Error> { d }\n",
    "struct TaskTable {}\nlet tasks = TaskTable()\nlet a = MyTask(1)\n",
    "withTaskGroup(of: Int.self) { $0.addTask { 1 } }\n",
    "let a = Lock<(Int, Int)>((1, 2))\nfunc b(_ c: (Lock<Int>) -> Void) {}\nlet e = { (f: Int) -> Int in f }\n",
    "enum A {\n    static var zero: Self { .init() }\n    static var all: [String: Int] {\n        [:]\n    }\n}\n",
    "clock.sleep(until: deadline)\nfunc sleep(until: Instant) {}\ntry Task.checkCancellation()\n",
    "lock(.shared)\nfunc print(_ line: String) {}\noutput.print(line)\nlet x = value as? String\ncase public\n",
    "let a: ContinuousClock.Instant\nfunc random(in range: Range<Int>) {}\n",
)


class ConstructTests(RepositoryTestCase):
    """The list, line by line."""

    def test_a_task_in_a_domain_fails_and_names_the_mend(self) -> None:
        self.write(DOMAIN, "func run() {\n    Task {\n    }\n}\n")
        self.assert_fails("banned", f"{DOMAIN}:2", "`Task {`", "Mend: run it in the task group", "[banned.task]")

    def test_a_task_is_reported_once_however_it_is_written(self) -> None:
        for example in ("Task<Int, any Error>.detached { }", "`Task` { }", "let a: Task<Int, Never> = .detached { }"):
            with self.subTest(example):
                self.write(DOMAIN, example + "\n")
                self.assertEqual(len(self.run_check("banned").findings), 1)

    def test_what_differs_from_a_replay_is_banned_in_a_domain_and_allowed_in_io(self) -> None:
        for rule, examples in DETERMINISM.items():
            for example in examples:
                with self.subTest(example):
                    self.write(DOMAIN, example + "\n")
                    self.assert_fails("banned", DOMAIN, "Mend: ", f"[banned.{rule}]")
                    (self.root / DOMAIN).unlink()
                    self.write(IO, example + "\n")
                    self.assert_passes("banned")

    def test_test_support_is_held_to_determinism_and_tests_are_not(self) -> None:
        self.write("Sources/MeshTestKit/More.swift", "Task { }\n")
        self.assert_fails("banned", "MeshTestKit", "[banned.task]")
        (self.root / "Sources/MeshTestKit/More.swift").unlink()
        self.write("Tests/MeshCoreTests/More.swift", "Task { print(Date()) }\n")
        self.assert_passes("banned")

    def test_traps_and_ambient_state_are_banned_everywhere(self) -> None:
        for rule, example in EVERYWHERE.items():
            with self.subTest(example):
                self.write(IO, example + "\n")
                self.assert_fails("banned", f"{IO}:1", "Mend: ", f"[banned.{rule}]")

    def test_privacy_and_escalation_alone_say_that_text_came_redacted(self) -> None:
        self.write("Sources/MeshPrivacy/More.swift", "init(receivedThroughTunnel text: String) {}\n")
        self.assert_passes("banned")

    def test_other_spellings_of_ambient_state_are_seen(self) -> None:
        for example in (
            "static var a: Int = 1", "static var a: Int?", "let s = URLSession.shared.x",
            "nonisolated(unsafe) var count = 0", "private nonisolated(unsafe) static var a: [Int: Int] = [:]",
        ):
            with self.subTest(example):
                self.write(IO, example + "\n")
                self.assert_fails("banned", f"{IO}:1", "[banned.s")

    def test_a_stream_without_a_bound_is_seen(self) -> None:
        bounded = "AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))"
        for example in (
            "let a = AsyncStream(Int.self) { $0.finish() }",
            f"let a = AsyncStream<[Int]>.makeStream()\nlet b = {bounded}",
            "AsyncThrowingStream<Int, any Error>.makeStream(of: Int.self)", "let a: AsyncStream<Int> = .init { _ in }",
            "AsyncStream.init(bufferingPolicy: .unbounded) { _ in }", "let (a, b) = Stream.makeStream(of: Int.self)",
            "AsyncStream<Int>(bufferingPolicy: .bufferingNewest(.max)) {}",
            "AsyncStream<Int>(bufferingPolicy: policy) {}",
        ):
            with self.subTest(example):
                self.write(IO, example + "\n")
                self.assert_fails("banned", f"{IO}:1", "Mend: say `bufferingPolicy", "[banned.unbounded-stream]")
                self.assertEqual(len(self.run_check("banned").findings), 1)

    def test_the_main_actor_is_for_programs(self) -> None:
        for example in ("@MainActor func f() {}", "await MainActor.run { }", "func f() { g { @MainActor in h() } }"):
            with self.subTest(example):
                self.write("Sources/meshsim/More.swift", example + "\n")
                self.assert_passes("banned")
                self.write(IO, example + "\n")
                self.assert_fails("banned", f"{IO}:1", "Mend: make it an actor", "[banned.main-actor]")
                (self.root / IO).unlink()

    def test_an_executable_prints(self) -> None:
        self.write("Sources/meshsim/Report.swift", 'print("done")\n')
        self.assert_passes("banned")

    def test_a_test_neither_sleeps_nor_looks_inside(self) -> None:
        for example in ("try await Task.sleep(for: x)", "usleep(10)", "sleep(1)", "@testable import MeshCore"):
            with self.subTest(example):
                self.write("Tests/MeshCoreTests/More.swift", example + "\n")
                self.assert_fails("banned", "More.swift:1", "Mend: ")

    def test_comments_strings_and_lookalikes_are_harmless(self) -> None:
        for example in HARMLESS:
            with self.subTest(example):
                self.write(DOMAIN, example)
                self.assert_passes("banned")


class PromiseTests(RepositoryTestCase):
    """Notes of work to do."""

    def test_work_to_do_names_an_issue(self) -> None:
        self.write(DOMAIN, f"// {TO_DO}: later\n")
        self.assert_fails("banned", f"{DOMAIN}:1", "Mend: open an issue")
        for example in (f"// {TO_DO}(#12): later\n", f"// {TO_DO} #12 later\n", f"// {TO_DO}: #12\n"):
            with self.subTest(example):
                self.write(DOMAIN, example)
                self.assert_passes("banned")

    def test_nothing_lands_to_be_fixed_later(self) -> None:
        for path in (DOMAIN, "Tests/MeshCoreTests/More.swift", "scripts/tool.py"):
            with self.subTest(path):
                self.write(path, f"// {FIX} #12\n")
                self.assert_fails("banned", f"{path}:1", "Mend: fix it now")
                (self.root / path).unlink()
