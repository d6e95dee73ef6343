// What an edge keeps is redacted, and what it shows is not: everything that holds somebody's words can be had with
// other words, and is else the same.

extension SessionMessage {
    /// The message with what `transform` makes of its words.
    package func mapText<Failure: Error>(
        _ transform: (String) async throws(Failure) -> String
    ) async throws(Failure) -> SessionMessage {
        var message = self
        message.text = try await transform(text)
        return message
    }
}

extension SessionPage {
    /// The page with what `transform` makes of its messages' words.
    package func mapTexts<Failure: Error>(
        _ transform: (String) async throws(Failure) -> String
    ) async throws(Failure) -> SessionPage {
        var page = self
        page.messages = []
        for message in messages { page.messages.append(try await message.mapText(transform)) }
        return page
    }
}

extension SessionHead {
    /// The head with what `transform` makes of its title and its context.
    package func mapTexts<Failure: Error>(
        _ transform: (String) async throws(Failure) -> String
    ) async throws(Failure) -> SessionHead {
        var head = self
        if let title { head.title = try await transform(title) }
        let change = try await SessionContextChange(context).mapTexts { (text, _) throws(Failure) in
            try await transform(text)
        }
        head.context = change.applied(to: SessionContext())
        return head
    }
}

extension SessionListPage {
    /// The page with what `transform` makes of the titles, each of the session that it names.
    package func mapTitles<Failure: Error>(
        _ transform: (String, SessionID) async throws(Failure) -> String
    ) async throws(Failure) -> SessionListPage {
        var page = self
        for index in entries.indices {
            if let title = entries[index].title {
                page.entries[index].title = try await transform(title, entries[index].id)
            }
        }
        return page
    }
}

extension SessionContextChange {
    /// The change that makes a context this one.
    init(_ context: SessionContext) {
        framing = .set(context.framing)
        knowledge = .set(context.knowledge)
        constraints = .set(context.constraints)
    }

    /// The change with what `transform` makes of each text, which is told its field: `local_knowledge[2].name`.
    package func mapTexts<Failure: Error>(
        _ transform: (String, _ field: String) async throws(Failure) -> String
    ) async throws(Failure) -> SessionContextChange {
        var change = self
        if case .set(let framing?) = framing { change.framing = .set(try await transform(framing, "pathos_framing")) }
        if case .set(let pieces) = knowledge {
            var known: [KnowledgePiece] = []
            for (index, piece) in pieces.enumerated() {
                let field = "local_knowledge[\(index)]"
                let name: String? = if let name = piece.name { try await transform(name, "\(field).name") } else { nil }
                known.append(KnowledgePiece(name: name, text: try await transform(piece.text, field)))
            }
            change.knowledge = .set(known)
        }
        if case .set(let rules) = constraints {
            var kept: [String] = []
            for (index, rule) in rules.enumerated() {
                kept.append(try await transform(rule, "constraints[\(index)]"))
            }
            change.constraints = .set(kept)
        }
        return change
    }
}
