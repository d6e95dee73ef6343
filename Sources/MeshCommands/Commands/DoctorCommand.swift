internal import MeshAPI
internal import MeshCommandLine

/// `synesis doctor`.
enum DoctorCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "doctor",
            summary: "Have a node look itself over, and say what to do.",
            discussion: """
                Looks at the node that runs; `meshnode doctor` looks at a machine before a node is started there. Ends \
                with code 6 where something does not work.
                """,
            examples: [
                "synesis doctor": "The node of this machine.",
                "synesis doctor --quiet": "Only what is not well.",
            ],
            exitCodes: SynesisExit.meanings(unwell: "Something does not work.")
        ) { invocation in
            try await GatewaySession.run(invocation, ground) { session in
                let answer = try await session.gateway.get(
                    APIPath.doctor,
                    as: DoctorDocument.self,
                    within: .seconds(90)
                )
                let found = answer.document
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: try session.screen.lines(lines(found.checks.filter(\.status.isUnwell), session.screen))
                case .people:
                    try session.screen.lines(lines(found.checks, session.screen) + summary(found, session.screen))
                }
                return found.worst == .failure ? SynesisExit.unwell : .success
            }
        }
    }

    private static func lines(_ checks: [DoctorDocument.Check], _ screen: Screen) -> [String] {
        let names = checks.map { NodeWords.plain($0.name).printable }
        let column = names.map(\.count).max() ?? 0
        return zip(names, checks).flatMap { name, check -> [String] in
            let word = check.status.word
            let padding = String(repeating: " ", count: column - name.count)
            let first = "\(screen.paint(word.padded, check.status.paint))  \(name)\(padding)  "
            let indent = String(repeating: " ", count: column + 11)
            let room = screen.width.map { max(10, $0 - column - 11) }
            var lines = check.detail.printable.wrapped(to: room).enumerated().map { ($0 == 0 ? first : indent) + $1 }
            if let advice = check.advice, check.status.isUnwell {
                lines += "→ \(advice.printable)".wrapped(to: room).map { indent + screen.paint($0, .bold) }
            }
            return lines
        }
    }

    private static func summary(_ found: DoctorDocument, _ screen: Screen) -> [String] {
        let failures = found.checks.count { $0.status == .failure }
        let warnings = found.checks.count { $0.status == .warning }
        guard failures + warnings > 0 else { return [screen.paint("All is well.", .green)] }
        let words = "\(Words.count(failures, "failure")), \(Words.count(warnings, "warning"))"
        return [screen.paint(words, failures > 0 ? .red : .yellow)]
    }
}

extension DoctorDocument.Check.Status {
    fileprivate var isUnwell: Bool { self == .warning || self == .failure }

    fileprivate var word: (text: String, padded: String) {
        let text =
            switch self {
            case .ok: "ok"
            case .warning: "warning"
            case .failure: "failure"
            case .skipped: "skipped"
            }
        return (text, text + String(repeating: " ", count: 7 - text.count))
    }

    fileprivate var paint: Paint {
        switch self {
        case .ok: .green
        case .warning: .yellow
        case .failure: .red
        case .skipped: .dim
        }
    }
}
