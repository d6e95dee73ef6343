internal import MeshCore

/// Where a call belongs, as far as anybody said: what whoever keeps account of it can sum it up by.
package struct CallPlace: Hashable, Sendable {
    /// The project; nil for none.
    package let project: String?
    /// The session; nil for none, and for one that another node keeps.
    package let session: String?
    /// The edge that it came from; nil for the hub's own listener.
    package let edge: String?

    /// A place of these parts; longer names than ``Limits/Chat/maximumPlaceBytes`` are cut, empty ones are none.
    package init(project: String? = nil, session: String? = nil, edge: String? = nil) {
        self.project = Self.name(project)
        self.session = Self.name(session)
        self.edge = Self.name(edge)
    }

    private static func name(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text.cut(toBytes: Limits.Chat.maximumPlaceBytes)
    }
}
