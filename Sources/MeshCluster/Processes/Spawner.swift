internal import Glibc
internal import MeshCore
internal import MeshIO
internal import MeshNode

/// A process of a node that was started.
struct SpawnedProcess: Hashable, Sendable {
    /// Its number.
    let number: pid_t
    /// Where what it writes can be read without waiting; whoever has it closes it.
    let output: Int32
}

/// Starts this program again, as a node.
enum Spawner {
    /// Starts `arguments` with the notices of `noticeSocket`.
    ///
    /// To be called on a thread that lasts: the process is killed when that ends. `variables` are for it alone: its
    /// command line can be read by everybody on the machine.
    static func spawn(
        _ arguments: [String],
        _ variables: [String: String],
        noticesTo socket: String
    ) throws(IOError) -> SpawnedProcess {
        // A descriptor that another thread has just got, and not yet marked, would go along.
        try beginning.withLock { _ throws(IOError) in try begin(arguments, variables, noticesTo: socket) }
    }

    /// Held while a process begins, and by whoever gets descriptors that are marked for us alone a step later.
    static let beginning = Lock(false)

    private static func begin(
        _ arguments: [String],
        _ secrets: [String: String],
        noticesTo socket: String
    ) throws(IOError) -> SpawnedProcess {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failed("a pipe", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        prepare(&attributes)
        var words = (["meshnode"] + arguments).map { strdup($0) } + [nil]
        var variables = environment(socket, secrets).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var number = pid_t()
        let status = posix_spawn(&number, "/proc/self/exe", &actions, &attributes, &words, &variables)
        guard status == 0 else {
            close(ends[0])
            throw failed("a process", status)
        }
        return SpawnedProcess(number: number, output: ends[0])
    }

    /// A process group of its own, so that Ctrl-C reaches the cluster alone, and no signals set aside.
    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var standard = sigset_t()
        sigemptyset(&standard)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&standard, signal) }
        posix_spawnattr_setsigdefault(&attributes, &standard)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// What this process has, without settings of nodes: they come from the description alone.
    private static func environment(_ socket: String, _ secrets: [String: String]) -> [String] {
        var lines: [String] = []
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if !text.hasPrefix("MESHNODE_"), !text.hasPrefix("NOTIFY_SOCKET=") { lines.append(text) }
            next += 1
        }
        lines += secrets.map { "\($0.key)=\($0.value)" }
        return lines + ["NOTIFY_SOCKET=\(socket)", "\(ParentBond.variable)=\(getpid())"]
    }

    private static func failed(_ what: String, _ number: Int32) -> IOError {
        IOError(.failed, "\(what) for a node cannot be made: \(String(cString: strerror(number)))")
    }

    /// Calls `ended` on some thread when the process has ended; until somebody asks ``end(of:)`` its number is kept.
    ///
    /// False where the machine has no thread for it.
    static func watch(_ number: pid_t, ended: @escaping @Sendable () -> Void) -> Bool {
        // A thread that sleeps for each node: what it writes tells nothing, for others may hold the pipe.
        WorkThread.start {
            var what = siginfo_t()
            while waitid(P_PID, id_t(number), &what, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            ended()
        }
    }

    /// Ends a process of which nobody can know more.
    static func discard(_ process: SpawnedProcess) {
        close(process.output)
        end(process.number)
    }

    /// Kills the process, and waits for the moment that this takes.
    static func end(_ number: pid_t) {
        kill(number, SIGKILL)
        while waitpid(number, nil, 0) < 0, errno == EINTR {}
    }

    /// Whether the process has ended, and how, in words; it is reaped then.
    static func end(of number: pid_t) -> String? {
        var status: Int32 = 0
        let found = waitpid(number, &status, WNOHANG)
        if found == 0 { return nil }
        guard found == number else { return "nobody knows how" }
        let signal = status & 0x7F
        return signal == 0 ? "with code \(status >> 8 & 0xFF)" : "by signal \(signal)"
    }

    /// Tells the process.
    static func send(_ signal: NodeSignal, to number: pid_t) {
        switch signal {
        case .stop: kill(number, SIGTERM)
        case .kill: kill(number, SIGKILL)
        case .pause: kill(number, SIGSTOP)
        case .resume: kill(number, SIGCONT)
        }
    }

    /// Memory of the process that is nobody else's, in KiB; nil where it cannot be seen.
    static func anonymousKibibytes(of number: pid_t) -> Int? {
        let file = open("/proc/\(number)/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line.flatMap { Int($0.split(whereSeparator: { !$0.isNumber }).first ?? "") }
    }
}
