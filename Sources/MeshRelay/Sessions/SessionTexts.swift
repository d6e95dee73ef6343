package import MeshGateway
package import MeshSessions

/// The port to whoever changes texts on their way into a session and out of it: nobody on a hub; on an edge the privacy
/// proxy, so that no original is kept in a journal.
///
/// Asked by many at a time. What was kept under one session's key is shown under the same.
package protocol SessionTexts: Sendable {
    /// Whether placeholders stand for personal data in what is kept.
    var isRedacted: Bool { get }

    /// What is kept for `text`, which came in `field`; throws `blocked` where it may not be kept at all.
    func kept(_ text: String, in field: String, of session: SessionKey) async throws(SessionProblem) -> String

    /// The same, where nothing shall be kept yet.
    func checked(_ text: String, in field: String, of session: SessionKey) async throws(SessionProblem) -> String

    /// What is shown for `text`, which is kept.
    func shown(_ text: String, of session: SessionKey) async throws(SessionProblem) -> String

    /// Forgets what is needed to show the texts of `session`; the same again changes nothing.
    func forget(_ session: SessionKey) async throws(SessionProblem)

    /// Forgets of it what is not needed for `texts`, which are all that is kept of the session by now.
    func forget(_ session: SessionKey, except texts: [String]) async throws(SessionProblem)
}

extension SessionTexts {
    /// Whoever keeps nothing beside the text has nothing to forget.
    package func forget(_ session: SessionKey, except texts: [String]) async throws(SessionProblem) {}

    /// Whoever keeps nothing beside the text has nothing to spare.
    package func checked(
        _ text: String,
        in field: String,
        of session: SessionKey
    ) async throws(SessionProblem) -> String {
        try await kept(text, in: field, of: session)
    }
}

/// Texts as they are: those of a hub, which nobody has redacted.
package struct PlainTexts: SessionTexts {
    /// Such texts.
    package init() {}

    /// No placeholders.
    package var isRedacted: Bool { false }

    /// As it is.
    package func kept(_ text: String, in field: String, of session: SessionKey) -> String { text }

    /// As it is.
    package func shown(_ text: String, of session: SessionKey) -> String { text }

    /// There is nothing to forget.
    package func forget(_ session: SessionKey) {}
}
