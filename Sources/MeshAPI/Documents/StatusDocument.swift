package import MeshJSON

/// How a node stands: `GET /v1/status`.
package struct StatusDocument: APIDocument {
    /// What the node is called; nil while it starts.
    package var node: String?
    /// `hub` or `edge`.
    package let role: String
    /// Program and version: `meshnode/0.1.0`.
    package let software: String
    /// `starting`, `ready` or `draining`.
    package let phase: String
    /// Whether somebody may be sent here.
    package let isReady: Bool
    /// Whether the node is of any use as it is.
    package let isLive: Bool
    /// When it began, by its calendar.
    package let startedAt: String
    /// For how long it has run.
    package let uptimeSeconds: Double
    /// What it needs, and whether that is well.
    package let checks: [Check]
    /// What operators call it by.
    package var labels: [String: String] = [:]
    /// Of a hub, what it holds; nil while it starts.
    package var hub: Hub?
    /// Of an edge, how its tunnel stands; nil while it starts.
    package var edge: Edge?
    /// The models that can be asked here; nil where none ever can.
    package var models: [Model]?
    /// Of a hub, the engine in its process.
    package var engine: Engine?

    /// A node that has run since `startedAt`.
    package init(
        role: String,
        software: String,
        phase: String,
        isReady: Bool,
        isLive: Bool,
        startedAt: String,
        uptimeSeconds: Double,
        checks: [Check]
    ) {
        self.role = role
        self.software = software
        self.phase = phase
        self.isReady = isReady
        self.isLive = isLive
        self.startedAt = startedAt
        self.uptimeSeconds = uptimeSeconds
        self.checks = checks
    }

    /// As the gateway says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["node"] = node.map { .string($0) }
        object["role"] = .string(role)
        object["software"] = .string(software)
        object["phase"] = .string(phase)
        object["ready"] = .bool(isReady)
        object["live"] = .bool(isLive)
        object["started_at"] = .string(startedAt)
        object["uptime_seconds"] = .number(uptimeSeconds)
        object["checks"] = .array(checks.map(\.json))
        object["labels"] = .texts(labels)
        object["hub"] = hub?.json
        object["edge"] = edge?.json
        object["engine"] = engine?.json
        object["models"] = models.map { .array($0.map(\.json)) }
        return .object(object)
    }

    /// What a gateway has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "status")
        node = fields["node"]?.text
        role = try fields.text("role")
        software = try fields.text("software")
        phase = try fields.text("phase")
        isReady = try fields.truth("ready")
        isLive = try fields.truth("live")
        startedAt = try fields.text("started_at")
        uptimeSeconds = try fields.number("uptime_seconds")
        checks = try fields.list("checks", of: Check.self)
        labels = try fields.texts("labels")
        hub = try fields.optional("hub", Hub.self)
        edge = try fields.optional("edge", Edge.self)
        engine = try fields.optional("engine", Engine.self)
        models = try fields["models"] == nil ? nil : fields.list("models", of: Model.self)
    }
}

extension StatusDocument {
    /// Something that the node needs.
    package struct Check: APIDocument {
        /// What is looked at: `store_answers`.
        package let name: String
        /// What a failure means: `readiness` or `liveness`.
        package let weight: String
        /// Whether it is well.
        package let isPassing: Bool
        /// The particulars, for people.
        package let detail: String

        /// What was found.
        package init(name: String, weight: String, isPassing: Bool, detail: String) {
            self.name = name
            self.weight = weight
            self.isPassing = isPassing
            self.detail = detail
        }

        /// As the gateway says it.
        package var json: JSONValue {
            ["name": .string(name), "weight": .string(weight), "passing": .bool(isPassing), "detail": .string(detail)]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "check")
            name = try fields.text("name")
            weight = try fields.text("weight")
            isPassing = try fields.truth("passing")
            detail = try fields.text("detail")
        }
    }

    /// What a hub holds.
    package struct Hub: APIDocument {
        /// Edges that are connected.
        package let connected: Int64
        /// Those of them that have fallen silent.
        package let suspected: Int64
        /// Edges that were connected and are not, as far as they are remembered.
        package let gone: Int64
        /// Beats that came.
        package let beatsReceived: Int64
        /// Beats that never came.
        package let beatsLost: Int64
        /// Beats that came after too long a silence.
        package let beatsLate: Int64
        /// Where edges come to.
        package let edgesAt: String
        /// Where devices without a certificate come to; nil for nowhere.
        package let enrolmentAt: String?

        /// A hub of these figures.
        package init(
            connected: Int64,
            suspected: Int64,
            gone: Int64,
            beatsReceived: Int64,
            beatsLost: Int64,
            beatsLate: Int64,
            edgesAt: String,
            enrolmentAt: String?
        ) {
            self.connected = connected
            self.suspected = suspected
            self.gone = gone
            self.beatsReceived = beatsReceived
            self.beatsLost = beatsLost
            self.beatsLate = beatsLate
            self.edgesAt = edgesAt
            self.enrolmentAt = enrolmentAt
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["edges_connected"] = .integer(connected)
            object["edges_suspected"] = .integer(suspected)
            object["edges_gone"] = .integer(gone)
            object["beats_received"] = .integer(beatsReceived)
            object["beats_lost"] = .integer(beatsLost)
            object["beats_late"] = .integer(beatsLate)
            object["edges_at"] = .string(edgesAt)
            object["enrolment_at"] = enrolmentAt.map { .string($0) }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "hub's status")
            connected = try fields.integer("edges_connected")
            suspected = try fields.integer("edges_suspected")
            gone = try fields.integer("edges_gone")
            beatsReceived = try fields.integer("beats_received")
            beatsLost = try fields.integer("beats_lost")
            beatsLate = try fields.integer("beats_late")
            edgesAt = try fields.text("edges_at")
            enrolmentAt = fields["enrolment_at"]?.text
        }
    }

    /// How the tunnel of an edge stands.
    package struct Edge: APIDocument {
        /// `connected`, `connecting`, `reconnecting`, `disconnected` or `failed`.
        package let tunnel: String
        /// The same with its particulars, for people.
        package let detail: String
        /// The hub that it leads to; nil where it leads to none.
        package let hub: String?
        /// For how long it has been connected; nil where it is not.
        package let connectedSeconds: Double?

        /// A tunnel in that state.
        package init(tunnel: String, detail: String, hub: String?, connectedSeconds: Double?) {
            self.tunnel = tunnel
            self.detail = detail
            self.hub = hub
            self.connectedSeconds = connectedSeconds
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["tunnel"] = .string(tunnel)
            object["detail"] = .string(detail)
            object["hub"] = hub.map { .string($0) }
            object["connected_seconds"] = connectedSeconds.map { .number($0) }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "edge's status")
            tunnel = try fields.text("tunnel")
            detail = try fields.text("detail")
            hub = fields["hub"]?.text
            connectedSeconds = fields["connected_seconds"]?.number
        }
    }
}

extension StatusDocument {
    /// A model, and who runs it.
    package struct Model: APIDocument {
        /// Its name in the table.
        package let name: String
        /// Who runs it, by the node's name for it.
        package let engine: String
        /// Whether that one is asked as usual; false while it is left alone because it keeps failing.
        package let isAsked: Bool

        /// A model that `engine` runs.
        package init(name: String, engine: String, isAsked: Bool) {
            self.name = name
            self.engine = engine
            self.isAsked = isAsked
        }

        /// As the gateway says it.
        package var json: JSONValue {
            ["name": .string(name), "engine": .string(engine), "asked": .bool(isAsked)]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "model")
            name = try fields.text("name")
            engine = try fields.text("engine")
            isAsked = try fields.truth("asked")
        }
    }
}

extension StatusDocument {
    /// The engine in a hub's process.
    package struct Engine: APIDocument {
        /// `starting`, `ready` or `none`.
        package let state: String
        /// Why it is so, or what is amiss, for people.
        package let detail: String?

        /// An engine that stands so.
        package init(state: String, detail: String?) {
            self.state = state
            self.detail = detail
        }

        /// As the gateway says it.
        package var json: JSONValue {
            var object = JSONObject()
            object["state"] = .string(state)
            object["detail"] = detail.map { .string($0) }
            return .object(object)
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "engine")
            state = try fields.text("state")
            detail = fields["detail"]?.text
        }
    }
}
