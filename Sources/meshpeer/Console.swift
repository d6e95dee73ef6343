internal import Glibc

/// Lines to standard output, each at once and whole.
enum Console {
    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}
