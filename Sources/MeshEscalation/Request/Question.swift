package import MeshChat
internal import MeshCore
package import MeshSessions

/// What a model is asked, and all that goes with it: what travels through the tunnel, without any name of the asker's.
package struct Question<Text: EscalationText>: Hashable, Sendable {
    /// What is asked.
    package var query: Text

    /// What was said before, in order; every other one is the model's.
    package var history: [Turn]

    /// How many of those that were said before these did not fit, and were left out.
    package var earlierTurns = 0

    /// Pathos: what the asker is after.
    package var framing: Text?

    /// Logos: what the model should know, in order.
    package var knowledge: [Knowledge]

    /// Ethos: what the answer must keep to, in order.
    package var constraints: [Text]

    /// The model's name or alias; nil for whichever the hub takes.
    package var model: String?

    /// The most tokens of the answer.
    package var maximumTokens: Int

    /// What it is asked for.
    package var project: String?

    /// The adapter with which it shall be answered.
    package var adapter: String?

    /// One thing that was said before.
    package struct Turn: Hashable, Sendable {
        /// Who said it.
        package var role: ChatRole
        /// What.
        package var text: Text

        /// `text` of `role`.
        package init(_ role: ChatRole, _ text: Text) {
            self.role = role
            self.text = text
        }
    }

    /// A piece of knowledge.
    package struct Knowledge: Hashable, Sendable {
        /// What it is called.
        package var name: Text?
        /// What it says.
        package var text: Text

        /// A piece that says `text`.
        package init(name: Text? = nil, text: Text) {
            self.name = name
            self.text = text
        }
    }

    /// A question without anything beside it.
    package init(_ query: Text, maximumTokens: Int) {
        self.query = query
        self.maximumTokens = maximumTokens
        history = []
        knowledge = []
        constraints = []
    }

    /// The same question in texts of another sort, each made by `transform` in the order in which a model reads them:
    /// framing, constraints, knowledge, history, query.
    package func mapTexts<Other: EscalationText, Failure: Error>(
        _ transform: (Text) throws(Failure) -> Other
    ) throws(Failure) -> Question<Other> {
        let framing: Other? = if let framing { try transform(framing) } else { nil }
        var constraints: [Other] = []
        for rule in self.constraints { constraints.append(try transform(rule)) }
        var knowledge: [Question<Other>.Knowledge] = []
        for piece in self.knowledge {
            let name: Other? = if let name = piece.name { try transform(name) } else { nil }
            knowledge.append(Question<Other>.Knowledge(name: name, text: try transform(piece.text)))
        }
        var history: [Question<Other>.Turn] = []
        for turn in self.history { history.append(Question<Other>.Turn(turn.role, try transform(turn.text))) }
        var other = Question<Other>(try transform(query), maximumTokens: maximumTokens)
        other.history = history
        other.earlierTurns = earlierTurns
        other.framing = framing
        other.knowledge = knowledge
        other.constraints = constraints
        other.model = model
        other.project = project
        other.adapter = adapter
        return other
    }

    /// Bytes of all its texts.
    package var textBytes: Int {
        func bytes(_ text: Text?) -> Int { text?.text.utf8.count ?? 0 }
        return bytes(query) + bytes(framing) + history.reduce(0) { $0 + bytes($1.text) }
            + knowledge.reduce(0) { $0 + bytes($1.name) + bytes($1.text) } + constraints.reduce(0) { $0 + bytes($1) }
    }
}

extension Question<UnredactedText> {
    /// The question with what its session has: the context of the session where the request says nothing of its own,
    /// the model that the session prefers where the request names none, and what was said before; `earlierTurns` more
    /// did not fit.
    package func within(
        _ context: SessionContext,
        model: String?,
        history: [SessionMessage],
        earlierTurns: Int = 0
    ) -> Question<UnredactedText> {
        var question = self
        if question.framing == nil { question.framing = context.framing.map { UnredactedText($0) } }
        if question.knowledge.isEmpty { question.knowledge = context.knowledge.map { Knowledge($0) } }
        if question.constraints.isEmpty { question.constraints = context.constraints.map { UnredactedText($0) } }
        question.model = question.model ?? model
        let recent = history.suffix(Limits.Escalation.maximumTurns)
        question.history = recent.map { Turn($0.role, UnredactedText($0.text)) }
        question.earlierTurns = max(0, earlierTurns) + history.count - recent.count
        return question
    }
}

extension Question {
    /// The question without what of its history has no room; the newest turns stay, up to the first that is too long.
    ///
    /// With its originals a message may be longer than when it was kept.
    package var withFittingHistory: Question {
        var question = self
        question.history = []
        var room = Limits.Escalation.maximumTextBytes - question.textBytes
        let fitting = history.reversed().prefix { turn in
            room -= turn.text.text.utf8.count
            return room >= 0 && turn.text.text.utf8.count <= Limits.Sessions.maximumMessageBytes
        }
        question.history = fitting.reversed()
        question.earlierTurns += history.count - fitting.count
        return question
    }
}

extension Question<UnredactedText>.Knowledge {
    init(_ piece: KnowledgePiece) {
        self.init(name: piece.name.map { UnredactedText($0) }, text: UnredactedText(piece.text))
    }
}

// MARK: - Bounds

extension Question {
    /// Refuses what is beyond a bound, by the name of its field; `growth` allows for what redacting has added.
    package func check(growth: Int = 1) throws(EscalationFailure) {
        try Self.check(query, "query", Limits.Escalation.maximumQueryBytes * growth)
        if let framing {
            try Self.check(framing, "context.pathos_framing", Limits.Sessions.maximumFramingBytes * growth)
        }
        try Self.check(knowledge.count, "context.local_knowledge", Limits.Sessions.maximumKnowledgePieces)
        for (index, piece) in knowledge.enumerated() {
            let path = "context.local_knowledge[\(index)]"
            if let name = piece.name {
                try Self.check(name, "\(path).name", Limits.Sessions.maximumKnowledgeNameBytes * growth)
            }
            try Self.check(piece.text, path, Limits.Sessions.maximumKnowledgeBytes * growth)
        }
        try Self.check(constraints.count, "context.constraints", Limits.Sessions.maximumConstraints)
        for (index, rule) in constraints.enumerated() {
            try Self.check(rule, "context.constraints[\(index)]", Limits.Sessions.maximumConstraintBytes * growth)
        }
        try Self.check(history.count, "history", Limits.Escalation.maximumTurns)
        for (index, turn) in history.enumerated() {
            try Self.check(turn.text, "history[\(index)]", Limits.Sessions.maximumMessageBytes * growth)
        }
        try Self.check(name: model, "model_preference", Limits.Escalation.maximumModelBytes)
        try Self.check(name: project, "project_id", Limits.Escalation.maximumNameBytes)
        try Self.check(name: adapter, "lora_id", Limits.Escalation.maximumNameBytes)
        guard (1...Limits.Escalation.maximumTokens).contains(maximumTokens) else {
            let range = "from 1 to \(Limits.Escalation.maximumTokens)"
            throw .field("max_tokens", "must be a whole number \(range)")
        }
        guard textBytes <= Limits.Escalation.maximumTextBytes else {
            throw .field(
                "context",
                "and query have \(textBytes) bytes of text, limit \(Limits.Escalation.maximumTextBytes)"
            )
        }
    }

    private static func check(_ text: Text, _ path: String, _ limit: Int) throws(EscalationFailure) {
        let bytes = text.text.utf8.count
        guard bytes > 0 else { throw .field(path, "must not be empty") }
        guard bytes <= limit else { throw .field(path, "has \(bytes) bytes, limit \(limit)") }
    }

    private static func check(_ count: Int, _ path: String, _ limit: Int) throws(EscalationFailure) {
        guard count <= limit else { throw .field(path, "has \(count) elements, limit \(limit)") }
    }

    private static func check(name: String?, _ path: String, _ limit: Int) throws(EscalationFailure) {
        guard let name else { return }
        guard (1...limit).contains(name.utf8.count) else {
            throw .field(path, name.isEmpty ? "must not be empty" : "has \(name.utf8.count) bytes, limit \(limit)")
        }
        // What a header, a log or a path could take for something else is in no name.
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .field(path, "must be printable ASCII without spaces")
        }
    }
}
