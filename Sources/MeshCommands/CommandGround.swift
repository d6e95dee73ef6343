internal import Glibc
internal import MeshCommandLine

/// What `synesis` finds around it: the environment, files, other programs.
///
/// A value of functions, so that tests say what there is.
package struct CommandGround: Sendable {
    /// The variable of that name; nil where there is none or it is empty.
    package let variable: @Sendable (String) -> String?
    /// The bytes of a file, `limit` at most; nil where it cannot be read.
    package let file: @Sendable (_ path: String, _ limit: Int) -> [UInt8]?
    /// The folder in which this program lies; nil where that is not known.
    package let ownFolder: @Sendable () -> String?
    /// Asks a person for what nobody else shall see; nil where there is no person.
    package let askSecretly: @Sendable (_ prompt: String) -> SecretAnswer?
    /// Asks a person whether something shall be done; nil where there is no person.
    package let confirm: @Sendable (_ prompt: String) -> Bool?
    /// What comes on standard input.
    package let input: CommandInput
    /// So many bytes that nobody can guess.
    package let freshBytes: @Sendable (_ count: Int) -> [UInt8]
    /// Has the signals that end a program come as bytes, and says where to read them; nil where there are none.
    package let takeSignals: @Sendable () -> Int32?

    /// A ground of these functions.
    package init(
        variable: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (_ path: String, _ limit: Int) -> [UInt8]?,
        ownFolder: @escaping @Sendable () -> String?,
        askSecretly: @escaping @Sendable (_ prompt: String) -> SecretAnswer?,
        confirm: @escaping @Sendable (_ prompt: String) -> Bool? = { _ in nil },
        input: CommandInput = .nothing,
        freshBytes: @escaping @Sendable (_ count: Int) -> [UInt8] = { [UInt8](repeating: 7, count: $0) },
        takeSignals: @escaping @Sendable () -> Int32? = { nil }
    ) {
        self.variable = variable
        self.file = file
        self.ownFolder = ownFolder
        self.askSecretly = askSecretly
        self.confirm = confirm
        self.input = input
        self.freshBytes = freshBytes
        self.takeSignals = takeSignals
    }

    /// That of this process, whose environment is `variables`; `freshBytes` makes bytes that nobody can guess.
    package static func ofThisProcess(
        variables: [String: String],
        freshBytes: @escaping @Sendable (_ count: Int) -> [UInt8]
    ) -> CommandGround {
        CommandGround(
            variable: { name in variables[name].flatMap { $0.isEmpty ? nil : $0 } },
            file: { readFile($0, upTo: $1) },
            ownFolder: {
                var bytes = [UInt8](repeating: 0, count: 4_096)
                let count = bytes.withUnsafeMutableBytes { buffer in
                    buffer.withMemoryRebound(to: CChar.self) { path in
                        path.baseAddress.map { readlink("/proc/self/exe", $0, path.count) } ?? -1
                    }
                }
                guard count > 0, let slash = bytes[..<count].lastIndex(of: UInt8(ascii: "/")) else { return nil }
                return String(decoding: bytes[..<slash], as: UTF8.self)
            },
            askSecretly: { SecretPrompt.ask($0) },
            confirm: { Confirmation.ask($0) },
            input: .ofThisProcess(),
            freshBytes: freshBytes,
            takeSignals: { ProcessSignals.take() }
        )
    }
}

private func readFile(_ path: String, upTo limit: Int) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while content.count <= limit {
        let count = read(file, &piece, piece.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        if count == 0 { return content }
        content += piece[..<count]
    }
    return nil
}
