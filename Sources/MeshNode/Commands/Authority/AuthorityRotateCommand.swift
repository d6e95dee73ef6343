internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore

/// One authority after another, without a node that is left behind.
enum AuthorityRotateCommand {
    private static let name = Option<String>("name", default: "meshnode CA 2", "What the new authority is called.")
    private static let life = Option<Lifetime>(
        "valid-for",
        default: Lifetime(seconds: CertificateAuthority.standardLife.components.seconds),
        "How long it counts."
    )

    static let command = Command(
        "rotate",
        summary: "Replace the authority while nodes go on.",
        discussion: """
            Three steps. `begin` makes a second authority, which nodes are given to believe as they renew. When all \
            have (after the life of a certificate), `switch` lets it sign; issue new certificates to the hubs then, \
            and make tokens afterwards. When all have renewed again, `finish` forgets the first one, and what it has \
            signed counts no more.
            """,
        subcommands: [begin, switchOver, finish]
    )

    private static let begin = Command(
        "begin",
        summary: "Make a second authority, and let nodes believe both.",
        parameters: [AuthorityCommand.folder, name, life, AuthorityCommand.quiet],
        examples: ["meshnode ca rotate begin --name 'Acme mesh 2027'": "The first one goes on signing."]
    ) { invocation in
        let folder = AuthorityFolder(path: invocation[AuthorityCommand.folder])
        let (name, life) = (invocation[name], invocation[life].duration)
        let certificate = try folder.beginRotation { () throws(CertificateError) in
            try .make(name: name, life: life, now: CommandTime.now)
        }
        try say(
            """
            Made '\(certificate)'. Nodes are given both as they renew.
            When the life of a certificate is over: meshnode ca rotate switch --folder '\(folder.path)'
            Earlier, whoever has not renewed is locked out.
            """,
            invocation
        )
        return .success
    }

    private static let switchOver = Command(
        "switch",
        summary: "Let the second authority sign.",
        parameters: [AuthorityCommand.folder, AuthorityCommand.quiet],
        examples: ["meshnode ca rotate switch": "When every node believes both."]
    ) { invocation in
        let folder = AuthorityFolder(path: invocation[AuthorityCommand.folder])
        let certificate = try folder.switchRotation()
        try say(
            """
            '\(certificate)' signs from now on.
            When the life of a certificate is over once more: meshnode ca rotate finish --folder '\(folder.path)'
            Earlier, whoever has not renewed is locked out.
            """,
            invocation
        )
        return .success
    }

    private static let finish = Command(
        "finish",
        summary: "Forget the first authority.",
        parameters: [AuthorityCommand.folder, AuthorityCommand.quiet],
        examples: ["meshnode ca rotate finish": "When every node has a certificate of the second one."]
    ) { invocation in
        let certificate = try AuthorityFolder(path: invocation[AuthorityCommand.folder]).finishRotation()
        try say("'\(certificate)' alone is believed from now on.", invocation)
        return .success
    }

    private static func say(_ line: String, _ invocation: Invocation) throws {
        if !invocation[AuthorityCommand.quiet] { try invocation.terminal.writeLine(line) }
    }
}
