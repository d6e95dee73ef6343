package import MeshJSON

/// One thing that was looked at before or while a node runs, and what is to be thought of it.
package struct DoctorCheck: Hashable, Sendable {
    /// What is to be thought of it.
    package enum Status: String, CaseIterable, Hashable, Sendable {
        /// Well.
        case ok
        /// A node runs so, and not as well as it could.
        case warning
        /// A node does not run so, or not for long.
        case failure
        /// Not looked at; the detail says why.
        case skipped
    }

    /// What was looked at, as in `clock.synchronised`; several checks of several hubs share a name.
    package let name: String
    /// What is to be thought of it.
    package let status: Status
    /// What was found, in a sentence without a full stop.
    package let detail: String
    /// What to do about it, in a sentence without a full stop; nil where there is nothing to do.
    package let advice: String?

    /// What was found.
    package init(_ name: String, _ status: Status, _ detail: String, advice: String? = nil) {
        self.name = name
        self.status = status
        self.detail = detail
        self.advice = advice
    }

    /// The check as programs read it; `advice` is null where there is none.
    package var json: JSONValue {
        [
            "name": .string(name), "status": .string(status.rawValue), "detail": .string(detail),
            "advice": advice.map { .string($0) } ?? .null,
        ]
    }
}
