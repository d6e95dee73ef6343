package import MeshJSON

extension NodeDocument {
    /// How long packets take to an edge and back, as the hub's transport has seen it.
    package struct RoundTrip: APIDocument {
        /// The running mean.
        package let smoothedMilliseconds: Double
        /// The shortest.
        package let shortestMilliseconds: Double
        /// The newest.
        package let latestMilliseconds: Double

        /// These times.
        package init(smoothedMilliseconds: Double, shortestMilliseconds: Double, latestMilliseconds: Double) {
            self.smoothedMilliseconds = smoothedMilliseconds
            self.shortestMilliseconds = shortestMilliseconds
            self.latestMilliseconds = latestMilliseconds
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "smoothed_ms": .number(smoothedMilliseconds), "shortest_ms": .number(shortestMilliseconds),
                "latest_ms": .number(latestMilliseconds),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "round trip")
            smoothedMilliseconds = try fields.number("smoothed_ms")
            shortestMilliseconds = try fields.number("shortest_ms")
            latestMilliseconds = try fields.number("latest_ms")
        }
    }

    /// What an edge's beats have come to at its hub.
    package struct Beats: APIDocument {
        /// When the newest came.
        package let lastAt: String
        /// How long ago that was.
        package let lastSeconds: Double
        /// Its number.
        package let sequence: Int64
        /// How often the edge says that it beats.
        package let intervalSeconds: Double
        /// Beats that came.
        package let received: Int64
        /// Beats that never came.
        package let lost: Int64
        /// Beats that came after too long a silence.
        package let late: Int64
        /// How far the edge's clock is ahead of the hub's; the beat's way is in it.
        package let clockAheadMilliseconds: Int64

        /// These beats.
        package init(
            lastAt: String,
            lastSeconds: Double,
            sequence: Int64,
            intervalSeconds: Double,
            received: Int64,
            lost: Int64,
            late: Int64,
            clockAheadMilliseconds: Int64
        ) {
            self.lastAt = lastAt
            self.lastSeconds = lastSeconds
            self.sequence = sequence
            self.intervalSeconds = intervalSeconds
            self.received = received
            self.lost = lost
            self.late = late
            self.clockAheadMilliseconds = clockAheadMilliseconds
        }

        /// As the gateway says it.
        package var json: JSONValue {
            [
                "last_at": .string(lastAt), "last_seconds": .number(lastSeconds), "sequence": .integer(sequence),
                "interval_seconds": .number(intervalSeconds), "received": .integer(received), "lost": .integer(lost),
                "late": .integer(late), "clock_ahead_ms": .integer(clockAheadMilliseconds),
            ]
        }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "node's beats")
            lastAt = try fields.text("last_at")
            lastSeconds = try fields.number("last_seconds")
            sequence = try fields.integer("sequence")
            intervalSeconds = try fields.number("interval_seconds")
            received = try fields.integer("received")
            lost = try fields.integer("lost")
            late = try fields.integer("late")
            clockAheadMilliseconds = try fields.integer("clock_ahead_ms")
        }
    }

    /// Why an edge is not connected any more.
    package struct Departure: APIDocument {
        /// When its tunnel ended.
        package let at: String
        /// Why, in words for people.
        package let reason: String
        /// Whether it had been asked to go.
        package let isDrained: Bool

        /// It went then, for that reason.
        package init(at: String, reason: String, isDrained: Bool) {
            self.at = at
            self.reason = reason
            self.isDrained = isDrained
        }

        /// As the gateway says it.
        package var json: JSONValue { ["at": .string(at), "reason": .string(reason), "drained": .bool(isDrained)] }

        /// What a gateway has said.
        package init(json: JSONValue) throws(APIError) {
            let fields = try DocumentFields(json, of: "node's departure")
            at = try fields.text("at")
            reason = try fields.text("reason")
            isDrained = try fields.truth("drained")
        }
    }
}
