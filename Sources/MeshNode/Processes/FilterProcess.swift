internal import Glibc
internal import MeshCore
internal import MeshIO

/// What a program that was given some bytes has done with them.
package enum FilterOutcome: Hashable, Sendable {
    /// It has ended, and this is what it wrote.
    case ended(ChildProcessEnd, output: [UInt8])
    /// It could not be started.
    case notStarted(String)
    /// It took too long, or wrote too much, and was killed.
    case killed(String)
}

/// Runs another program that reads its standard input and writes to its standard output, within bounds.
///
/// What it says on standard error goes to our own. It and whatever it starts are killed when the time is over.
enum FilterProcess {
    /// Runs `words` with `input`, on a thread of its own.
    static func run(
        _ words: [String],
        environment: [String],
        input: [UInt8],
        maximumOutputBytes: Int,
        patience: Duration
    ) async -> FilterOutcome {
        await withCheckedContinuation { continuation in
            begin(
                words,
                environment: environment,
                input: input,
                maximumOutputBytes: maximumOutputBytes,
                patience: patience
            ) { continuation.resume(returning: $0) }
        }
    }

    /// The same for a caller that may not want to wait for the end: `ended` is called once, on some thread.
    static func begin(
        _ words: [String],
        environment: [String],
        input: [UInt8],
        maximumOutputBytes: Int,
        patience: Duration,
        ended: @escaping @Sendable (FilterOutcome) -> Void
    ) {
        let hasThread = WorkThread.start {
            let run = FilterRun(maximumOutputBytes: maximumOutputBytes, patience: patience)
            ended(run.run(words, environment, input))
        }
        if !hasThread { ended(.notStarted("no thread can be made")) }
    }
}

/// One run; it blocks its thread.
private struct FilterRun {
    let maximumOutputBytes: Int
    let patience: Duration

    func run(_ words: [String], _ environment: [String], _ input: [UInt8]) -> FilterOutcome {
        // A program that reads nothing must not end ours: the signal stays pending on this thread, which ends.
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        defer { for file in toChild + fromChild where file >= 0 { close(file) } }
        var child = pid_t()
        // One at a time: a program that another thread starts in between would hold our pipes open.
        let status = Self.starting.withLock { _ -> Int32 in
            guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { return EMFILE }
            for file in toChild + fromChild { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
            return Self.spawn(&child, words, environment, standardInput: toChild[0], standardOutput: fromChild[1])
        }
        guard status == 0 else { return .notStarted(String(cString: strerror(status))) }
        close(toChild[0])
        close(fromChild[1])
        (toChild[0], fromChild[1]) = (-1, -1)
        for file in [toChild[1], fromChild[0]] { _ = fcntl(file, F_SETFL, O_NONBLOCK) }
        let (output, problem) = exchange(input, &toChild[1], fromChild[0])
        // Also what it has started and left behind.
        if problem != nil { kill(-child, SIGKILL) }
        let end = Self.wait(for: child, kill: problem != nil ? 0 : 5)
        if let problem { return .killed(problem) }
        guard let end else { return .killed("it has closed its output and does not end") }
        return .ended(end, output: output)
    }

    /// Writes and reads until the program closes its output; the second value says why it is to be killed.
    private func exchange(_ input: [UInt8], _ writing: inout Int32, _ reading: Int32) -> ([UInt8], String?) {
        let deadline = Self.now + Int(patience.components.seconds * 1_000)
        var rest = input[...]
        var output: [UInt8] = []
        while true {
            if rest.isEmpty, writing >= 0 {
                close(writing)
                writing = -1
            }
            let left = deadline - Self.now
            guard left > 0 else { return (output, "it took longer than \(patience.components.seconds) s") }
            var files = [pollfd(fd: reading, events: Int16(POLLIN), revents: 0)]
            if writing >= 0 { files.append(pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)) }
            guard poll(&files, nfds_t(files.count), Int32(clamping: left)) > 0 else { continue }
            if files.count > 1, files[1].revents != 0 {
                let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EAGAIN, errno != EINTR { rest = [] }
            }
            guard files[0].revents != 0 else { continue }
            var piece = [UInt8](repeating: 0, count: 4_096)
            let count = read(reading, &piece, piece.count)
            if count == 0 { return (output, nil) }
            if count > 0 { output += piece[..<count] }
            guard output.count <= maximumOutputBytes else {
                return (output, "it wrote more than \(maximumOutputBytes) bytes")
            }
        }
    }

    private static func spawn(
        _ child: inout pid_t,
        _ words: [String],
        _ environment: [String],
        standardInput: Int32,
        standardOutput: Int32
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return posix_spawnp(&child, words[0], &actions, &attributes, &arguments, &variables)
    }

    /// How the child ended; it is killed when it has not after so many seconds more.
    private static func wait(for child: pid_t, kill seconds: Int) -> ChildProcessEnd? {
        let deadline = now + seconds * 1_000
        var wasKilled = false
        while true {
            var status: Int32 = 0
            let result = waitpid(child, &status, wasKilled ? 0 : WNOHANG)
            if result == child {
                let signal = status & 0x7F
                if wasKilled { return nil }
                return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
            }
            guard result == 0 || errno == EINTR else { return nil }
            if now >= deadline, !wasKilled {
                Glibc.kill(-child, SIGKILL)
                wasKilled = true
            } else {
                usleep(1_000)
            }
        }
    }

    /// Holds something: at the address of a value without bytes the sanitizer sees the lock itself.
    private static let starting = Lock(false)

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
