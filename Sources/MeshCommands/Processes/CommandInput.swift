internal import Glibc

/// Standard input of a program, piece by piece.
package struct CommandInput: Sendable {
    /// What a reading brings.
    package enum Piece: Hashable, Sendable {
        /// These bytes, never none.
        case bytes([UInt8])
        /// Nothing more will come.
        case end
        /// A signal came first: its number.
        case interrupted(Int32)
    }

    /// Whether a person types it.
    package let isTerminal: Bool
    /// The next piece, `limit` bytes at most; waits for it.
    package let read: @Sendable (_ limit: Int) -> Piece

    /// An input of this function.
    package init(isTerminal: Bool, read: @escaping @Sendable (_ limit: Int) -> Piece) {
        self.isTerminal = isTerminal
        self.read = read
    }

    /// One that is at its end.
    package static let nothing = CommandInput(isTerminal: false) { _ in .end }

    /// All of it; nil where it has more than `limit` bytes.
    package func all(upTo limit: Int) throws(CancellationError) -> [UInt8]? {
        var content: [UInt8] = []
        while content.count <= limit {
            switch read(65_536) {
            case .bytes(let bytes): content += bytes
            case .end: return content
            case .interrupted: throw CancellationError()
            }
        }
        return nil
    }

    /// That of this process; signals that were taken interrupt it.
    static func ofThisProcess() -> CommandInput {
        CommandInput(isTerminal: isatty(STDIN_FILENO) == 1) { limit in
            while true {
                if let signal = ProcessSignals.waitForInput() { return .interrupted(signal) }
                var bytes = [UInt8](repeating: 0, count: limit)
                let count = Glibc.read(STDIN_FILENO, &bytes, limit)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                return count > 0 ? .bytes(Array(bytes[..<count])) : .end
            }
        }
    }
}
