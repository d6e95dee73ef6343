/// What happens to personal data of each kind before text leaves.
package struct PrivacyPolicy: Hashable, Sendable {
    /// What is done with one kind.
    package enum Action: String, Hashable, Sendable, CaseIterable {
        /// A placeholder takes its place.
        case redact
        /// The whole request is refused.
        case block
        /// It leaves as it is.
        case pass
    }

    private var actions: [Action]

    /// The same for all kinds: a placeholder, unless told otherwise.
    package init(_ action: Action = .redact) {
        actions = Array(repeating: action, count: PersonalKind.allCases.count)
    }

    /// What is done with a kind.
    package subscript(kind: PersonalKind) -> Action {
        get { actions[Int(kind.number)] }
        set { actions[Int(kind.number)] = newValue }
    }
}
