package import MeshJSON
package import MeshVitals

/// One edge as its hub knows it: an element of `GET /v1/nodes`, and `GET /v1/nodes/{id}`.
package struct NodeDocument: APIDocument {
    /// How an edge stands with its hub.
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// Its tunnel is open.
        case connected
        /// Its tunnel is open, and its beats do not come.
        case suspected
        /// It was asked to go, and lets end what is under way.
        case draining
        /// It was connected, and is not.
        case gone
    }

    /// Whether it has gone since it had come `arrival` times.
    ///
    /// It is gone, or has come back in another life, as where a service manager has started it again. Another link of
    /// the same life does not count.
    package func hasGone(sinceArrival arrival: Int64) -> Bool { state == .gone || arrivals > arrival }

    /// What it is called.
    package let node: String
    /// Whose it is.
    package let tenant: String
    /// How it stands.
    package let state: State
    /// Since when it is connected; of one that has gone, since when it is gone.
    package let since: String
    /// For how long.
    package let sinceSeconds: Double
    /// Where its packets came from when its link opened.
    package let address: String
    /// What it calls its software.
    package let software: String
    /// What operators call it by.
    package let labels: [String: String]
    /// When the certificate ends that it has shown.
    package let certificateEnds: String
    /// For how many seconds that still counts; below zero where it has ended.
    package let certificateSeconds: Double
    /// How often it has come since the hub's start.
    package let arrivals: Int64
    /// Links that have taken the place of older ones, such as after a renewal, since it was first seen.
    package let relinks: Int64
    /// Whether its link was resumed with a ticket.
    package let isResumed: Bool
    /// How long a packet takes to it and back; nil where it is gone.
    package var roundTrip: RoundTrip?
    /// What its beats tell; nil before the first.
    package var beats: Beats?
    /// How its machine was at the last beat; nil before the first.
    package var vitals: Vitals?
    /// Why it is gone; nil where it is not.
    package var departure: Departure?

    /// An edge of these parts, and of which nothing more is known.
    package init(
        node: String,
        tenant: String,
        state: State,
        since: String,
        sinceSeconds: Double,
        address: String,
        software: String,
        labels: [String: String],
        certificateEnds: String,
        certificateSeconds: Double,
        arrivals: Int64,
        relinks: Int64,
        isResumed: Bool
    ) {
        self.node = node
        self.tenant = tenant
        self.state = state
        self.since = since
        self.sinceSeconds = sinceSeconds
        self.address = address
        self.software = software
        self.labels = labels
        self.certificateEnds = certificateEnds
        self.certificateSeconds = certificateSeconds
        self.arrivals = arrivals
        self.relinks = relinks
        self.isResumed = isResumed
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["node"] = .string(node)
        object["tenant"] = .string(tenant)
        object["state"] = .string(state.rawValue)
        object["since"] = .string(since)
        object["since_seconds"] = .number(sinceSeconds)
        object["address"] = .string(address)
        object["software"] = .string(software)
        object["labels"] = .texts(labels)
        object["certificate_ends"] = .string(certificateEnds)
        object["certificate_seconds"] = .number(certificateSeconds)
        object["arrivals"] = .integer(arrivals)
        object["relinks"] = .integer(relinks)
        object["resumed"] = .bool(isResumed)
        object["round_trip"] = roundTrip?.json
        object["beats"] = beats?.json
        object["vitals"] = vitals?.json
        object["departure"] = departure?.json
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "node")
        node = try fields.text("node")
        tenant = try fields.text("tenant")
        state = try fields.word("state", State.self)
        since = try fields.text("since")
        sinceSeconds = try fields.number("since_seconds")
        address = try fields.text("address")
        software = try fields.text("software")
        labels = try fields.texts("labels")
        certificateEnds = try fields.text("certificate_ends")
        certificateSeconds = try fields.number("certificate_seconds")
        arrivals = try fields.integer("arrivals")
        relinks = try fields.integer("relinks")
        isResumed = try fields.truth("resumed")
        roundTrip = try fields.optional("round_trip", RoundTrip.self)
        beats = try fields.optional("beats", Beats.self)
        vitals = fields["vitals"].map { Vitals(json: $0) }
        departure = try fields.optional("departure", Departure.self)
    }
}
