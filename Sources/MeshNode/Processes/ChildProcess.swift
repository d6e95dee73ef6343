internal import Glibc

/// How a child process ended.
package enum ChildProcessEnd: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
}

/// Runs this program again with other words, and waits for it.
///
/// For work that may crash on damaged data: the crash is then an answer and not the end of the caller.
package enum ChildProcess {
    /// Runs this program with `arguments` on this process's own standard streams; nil where it cannot be started.
    package static func runSelf(_ arguments: [String]) -> ChildProcessEnd? {
        var words = (["meshnode"] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child = pid_t()
        guard posix_spawn(&child, "/proc/self/exe", nil, nil, &words, environ) == 0 else { return nil }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        // The layout of a wait status is the same on every Linux: the low seven bits are the signal, zero for none.
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }

    /// Lets this process, a child that reads what may be damaged, end quickly and quietly when it crashes or circles.
    ///
    /// Its own work is what counts for `seconds`: on a machine that has no time for it, or waits for its disk, a sound
    /// store is slow and not damaged.
    package static func expectCrash(afterWorkOf seconds: UInt32) {
        for signal in [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE, SIGXCPU] { Glibc.signal(signal, SIG_DFL) }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var work = rlimit(rlim_cur: rlim_t(seconds), rlim_max: rlim_t(seconds) + 1)
        setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &work)
    }
}
