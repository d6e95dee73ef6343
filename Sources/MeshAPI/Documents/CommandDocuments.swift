internal import MeshCore
package import MeshJSON

/// What a command to one edge is told besides its name: the body of `POST /v1/nodes/{id}/…`.
package struct CommandRequest: APIDocument {
    /// How long the edge may take for its answer; nil for as long as the command usually may.
    package let timeout: Duration?

    /// A command that waits so long.
    package init(timeout: Duration? = nil) { self.timeout = timeout }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["timeout_ms"] = timeout.map { .integer($0.wholeNanoseconds / 1_000_000) }
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "command")
        guard fields["timeout_ms"] != nil else {
            timeout = nil
            return
        }
        let limit = Limits.API.longestTimeout.components.seconds * 1_000
        let milliseconds = try fields.integer("timeout_ms")
        guard (1...limit).contains(milliseconds) else {
            throw APIError(.malformed, "'timeout_ms' is 1 to \(limit)")
        }
        timeout = .milliseconds(milliseconds)
    }
}

/// An edge has answered: `POST /v1/nodes/{id}/ping`.
package struct PingDocument: APIDocument {
    /// Which edge.
    package let node: String
    /// How long the question took there and the answer back, actors included, by the hub's monotonic clock.
    package let roundTripMilliseconds: Double
    /// The running mean of packets alone; nil where the link has ended since.
    package let smoothedMilliseconds: Double?
    /// How far the edge's calendar is ahead of the hub's, but for half of the way.
    package let clockAheadMilliseconds: Int64

    /// The answer of `node`.
    package init(
        node: String,
        roundTripMilliseconds: Double,
        smoothedMilliseconds: Double?,
        clockAheadMilliseconds: Int64
    ) {
        self.node = node
        self.roundTripMilliseconds = roundTripMilliseconds
        self.smoothedMilliseconds = smoothedMilliseconds
        self.clockAheadMilliseconds = clockAheadMilliseconds
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["node"] = .string(node)
        object["round_trip_ms"] = .number(roundTripMilliseconds)
        object["smoothed_ms"] = smoothedMilliseconds.map { .number($0) }
        object["clock_ahead_ms"] = .integer(clockAheadMilliseconds)
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "ping")
        node = try fields.text("node")
        roundTripMilliseconds = try fields.number("round_trip_ms")
        smoothedMilliseconds = fields["smoothed_ms"]?.number
        clockAheadMilliseconds = try fields.integer("clock_ahead_ms")
    }
}

/// An edge has another certificate: `POST /v1/nodes/{id}/renew`.
package struct RenewDocument: APIDocument {
    /// Which edge.
    package let node: String
    /// When the new certificate ends.
    package let certificateEnds: String

    /// The new certificate of `node`.
    package init(node: String, certificateEnds: String) {
        self.node = node
        self.certificateEnds = certificateEnds
    }

    /// As the gateway says it.
    package var json: JSONValue { ["node": .string(node), "certificate_ends": .string(certificateEnds)] }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "renewal")
        node = try fields.text("node")
        certificateEnds = try fields.text("certificate_ends")
    }
}

/// An edge goes: `POST /v1/nodes/{id}/drain`.
package struct DrainDocument: APIDocument {
    /// Which edge.
    package let node: String
    /// How long it lets what is under way take at most.
    package let patienceMilliseconds: Int64

    /// `node` goes.
    package init(node: String, patienceMilliseconds: Int64) {
        self.node = node
        self.patienceMilliseconds = patienceMilliseconds
    }

    /// As the gateway says it.
    package var json: JSONValue { ["node": .string(node), "patience_ms": .integer(patienceMilliseconds)] }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "drain")
        node = try fields.text("node")
        patienceMilliseconds = try fields.integer("patience_ms")
    }
}
