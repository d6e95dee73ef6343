package import MeshCommandLine

/// With which codes `synesis` ends.
package enum SynesisExit {
    /// No gateway answers, or what answers is none.
    package static let notReached = ExitCode(rawValue: 3)
    /// The gateway says no.
    package static let refused = ExitCode(rawValue: 4)
    /// The edge is not known, is not connected, does not answer or says no.
    package static let node = ExitCode(rawValue: 5)
    /// What was looked at is not well.
    package static let unwell = ExitCode(rawValue: 6)
    /// The answer broke off.
    package static let brokenOff = ExitCode(rawValue: 7)
    /// The question has not been answered yet.
    package static let notYet = ExitCode(rawValue: 8)

    /// The rows that every command which asks a gateway has.
    package static let gatewayMeanings: KeyValuePairs<ExitCode, String> = [
        notReached: "No gateway answers, or what answers is none.",
        refused: "The gateway says no; standard error says why.",
    ]

    /// Those, and the one of commands about one edge.
    package static let nodeMeanings: KeyValuePairs<ExitCode, String> = [
        notReached: "No gateway answers, or what answers is none.",
        refused: "The gateway says no; standard error says why.",
        node: "The edge is not known, is not connected, does not answer, or says no.",
    ]

    /// Those of commands that ask a model.
    package static let questionMeanings: KeyValuePairs<ExitCode, String> = [
        notReached: "No gateway answers, what answers is none, or only a hub does, and nobody has allowed to ask it.",
        refused: "The gateway says no, before a word of an answer; standard error says why.",
        brokenOff: "The answer broke off; what came of it has been written.",
        notYet: "The question is known and has not been answered yet (--fetch).",
    ]

    /// Those of commands that look whether something is well.
    package static func meanings(unwell sentence: String) -> KeyValuePairs<ExitCode, String> {
        [
            notReached: "No gateway answers, or what answers is none.",
            refused: "The gateway says no; standard error says why.",
            unwell: sentence,
        ]
    }
}
