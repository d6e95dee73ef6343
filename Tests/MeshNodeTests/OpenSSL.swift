import Glibc

/// The machine's `openssl`, for what our own code never makes: weak keys, and other people's authorities.
enum OpenSSL {
    struct Failure: Error { let status: Int32 }

    static func run(_ words: String...) throws {
        var process: pid_t = 0
        let all: [String] = ["openssl"] + words
        var arguments: [UnsafeMutablePointer<CChar>?] = all.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        guard posix_spawnp(&process, "openssl", &actions, nil, &arguments, environ) == 0 else {
            throw Failure(status: -1)
        }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        guard status == 0 else { throw Failure(status: status) }
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Failure(status: errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        guard let file = fopen(path, "w") else { throw Failure(status: errno) }
        fputs(text, file)
        fclose(file)
        chmod(path, mode)
    }
}
