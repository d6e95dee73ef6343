package import MeshJSON

/// What a node finds wrong with itself and its machine: `GET /v1/doctor`.
package struct DoctorDocument: APIDocument {
    /// What was looked at, in the order in which it is told.
    package let checks: [Check]

    /// These findings.
    package init(checks: [Check]) { self.checks = checks }

    /// The worst that was found; what was not looked at does not count.
    package var worst: Check.Status {
        let order: [Check.Status] = [.failure, .warning]
        return order.first { status in checks.contains { $0.status == status } } ?? .ok
    }

    /// As the gateway says it.
    package var json: JSONValue { ["checks": .array(checks.map(\.json))] }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        checks = try DocumentFields(json, of: "doctor's report").list("checks", of: Check.self)
    }

    /// One thing that was looked at.
    package struct Check: APIDocument {
        /// How it is.
        package enum Status: String, CaseIterable, Hashable, Sendable {
            /// Well.
            case ok
            /// It works, and should be looked at.
            case warning
            /// It does not work.
            case failure
            /// It was not looked at; the detail says why.
            case skipped
        }

        /// What: `certificate`.
        package let name: String
        /// How it is.
        package let status: Status
        /// What was found, in a sentence.
        package let detail: String
        /// What to do about it; nil where nothing is to be done.
        package let advice: String?

        /// What was found.
        package init(name: String, status: Status, detail: String, advice: String?) {
            self.name = name
            self.status = status
            self.detail = detail
            self.advice = advice
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["name"] = .string(name)
            object["status"] = .string(status.rawValue)
            object["detail"] = .string(detail)
            object["advice"] = advice.map { .string($0) } ?? .null
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "finding")
            name = try fields.text("name")
            status = try fields.word("status", Status.self)
            detail = try fields.text("detail")
            advice = fields["advice"]?.text
        }
    }
}
