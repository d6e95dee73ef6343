internal import Glibc
internal import MeshCommandLine
internal import MeshCore

/// Runs the `meshnode` beside this program, or else the one of the path, on this process's own standard streams.
enum MeshnodeProcess {
    /// What it reads on standard input.
    enum Input: Hashable, Sendable {
        /// What this process does.
        case inherited
        /// This line, which then shows in no list of processes.
        case line(String)
    }

    /// The code with which it has ended; nil where there is none to run.
    static func run(_ words: [String], _ input: Input, ground: CommandGround) -> ExitCode? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var pipe: (reading: Int32, writing: Int32)?
        if case .line(let line) = input {
            guard let made = filled(with: line) else { return .failure }
            pipe = made
            posix_spawn_file_actions_adddup2(&actions, made.reading, STDIN_FILENO)
        }
        defer { if let pipe { close(pipe.reading) } }
        if let pipe { close(pipe.writing) }
        guard let child = spawn(words, &actions, ground) else { return nil }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return .failure }
        }
        // The layout of a wait status is the same on every Linux: the low seven bits are the signal, zero for none.
        let signal = status & 0x7F
        return ExitCode(rawValue: UInt8(truncatingIfNeeded: signal == 0 ? status >> 8 : 128 + signal))
    }

    private static func spawn(
        _ words: [String],
        _ actions: inout posix_spawn_file_actions_t,
        _ ground: CommandGround
    ) -> pid_t? {
        var arguments = (["meshnode"] + words).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var child = pid_t()
        if let folder = ground.ownFolder(), access("\(folder)/meshnode", X_OK) == 0,
            posix_spawn(&child, "\(folder)/meshnode", &actions, nil, &arguments, environ) == 0
        {
            return child
        }
        return posix_spawnp(&child, "meshnode", &actions, nil, &arguments, environ) == 0 ? child : nil
    }

    /// A pipe that holds the line, which fits it: nobody has to read while it is written.
    private static func filled(with line: String) -> (reading: Int32, writing: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let bytes = Array((line + "\n").utf8)
        guard bytes.count <= Limits.Commands.maximumTokenBytes + 1, write(ends[1], bytes, bytes.count) == bytes.count
        else {
            for end in ends { close(end) }
            return nil
        }
        return (ends[0], ends[1])
    }
}
