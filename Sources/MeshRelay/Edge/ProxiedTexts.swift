internal import MeshChat
internal import MeshCore
package import MeshGateway
internal import MeshPrivacy
package import MeshSessions

/// The texts of an edge's sessions: redacted before they are kept, and given out with their originals.
package struct ProxiedTexts: SessionTexts {
    private let maps: ConversationMaps

    /// Texts that `maps` redacts, each by its session's.
    package init(maps: ConversationMaps) { self.maps = maps }

    /// Placeholders stand in what is kept.
    package var isRedacted: Bool { true }

    /// The text with placeholders.
    package func kept(_ text: String, in field: String, of session: SessionKey) async throws(SessionProblem) -> String {
        try await redacted(text, field, session, isKept: true)
    }

    /// The same, and its placeholders are not in the vault.
    package func checked(
        _ text: String,
        in field: String,
        of session: SessionKey
    ) async throws(SessionProblem) -> String {
        try await redacted(text, field, session, isKept: false)
    }

    private func redacted(
        _ text: String,
        _ field: String,
        _ session: SessionKey,
        isKept: Bool
    ) async throws(SessionProblem) -> String {
        let (conversation, tenant) = (Conversation.session(session.id), session.owner.tenant)
        do throws(ChatError) {
            return try await maps.redact(text, field: field, in: conversation, of: tenant, isKept: isKept).content.text
        } catch {
            throw SessionProblem(error)
        }
    }

    /// The text with its originals.
    package func shown(_ text: String, of session: SessionKey) async throws(SessionProblem) -> String {
        do throws(ChatError) {
            return try await maps.restore(text, in: .session(session.id), of: session.owner.tenant)
        } catch {
            throw SessionProblem(error)
        }
    }

    /// Forgets the originals but for those in `texts`.
    package func forget(_ session: SessionKey, except texts: [String]) async throws(SessionProblem) {
        do throws(ChatError) {
            try await maps.forget(.session(session.id), of: session.owner.tenant, except: texts)
        } catch {
            throw SessionProblem(error)
        }
    }

    /// Forgets the originals.
    package func forget(_ session: SessionKey) async throws(SessionProblem) {
        do throws(ChatError) {
            try await maps.forget(.session(session.id), of: session.owner.tenant)
        } catch {
            throw SessionProblem(error)
        }
    }
}

extension SessionProblem {
    /// What the privacy proxy refuses, or cannot do now.
    init(_ error: ChatError) {
        switch error.code {
        case .forbidden: self = .blocked(error.message)
        case .tooLarge: self = .tooLarge(error.message)
        default: self = .unavailable(error.message)
        }
    }
}
