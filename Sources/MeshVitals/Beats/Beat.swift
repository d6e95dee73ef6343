package import MeshCore
internal import MeshJSON

/// A sign of life of an edge, with its vitals: the JSON of a heartbeat.
package struct Beat: Hashable, Sendable {
    /// Whose it is.
    package let device: NodeID

    /// What the edge's clock said, in milliseconds since 1970.
    package let timestampMilliseconds: Int64

    /// Which of this life of the edge's beats, from 1.
    package let sequence: UInt64

    /// After how long the next one is to be expected; nil where the edge does not say.
    package let interval: Duration?

    /// How its machine is.
    package let vitals: Vitals

    /// The beat `sequence` of `device`.
    package init(
        device: NodeID,
        timestampMilliseconds: Int64,
        sequence: UInt64,
        interval: Duration?,
        vitals: Vitals
    ) {
        self.device = device
        self.timestampMilliseconds = timestampMilliseconds
        self.sequence = sequence
        self.interval = interval
        self.vitals = vitals
    }

    /// Its JSON.
    package var json: [UInt8] {
        var object = JSONObject()
        object["device_id"] = .string(device.text)
        object["timestamp"] = .integer(timestampMilliseconds)
        object["sequence"] = .integer(Int64(clamping: sequence))
        object["interval_ms"] = interval.map { .integer($0.wholeNanoseconds / 1_000_000) }
        object["vitals"] = vitals.json
        return JSONWriter.bytes(of: .object(object))
    }

    /// The beat that `bytes` spell.
    ///
    /// Who, when and which one must be there; of the vitals anything may be absent.
    package init(json bytes: [UInt8]) throws(BeatError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONReader.read(bytes, upTo: Limits.Beat.maximumBytes)
        } catch {
            throw BeatError(.malformed, "a beat is no JSON: \(error.message)", cause: error)
        }
        guard let device = document["device_id"]?.text.flatMap({ try? NodeID($0) }) else {
            throw BeatError(.malformed, "a beat says no device_id")
        }
        guard let sequence = document["sequence"]?.integer, sequence > 0 else {
            throw BeatError(.malformed, "a beat says no sequence from 1")
        }
        guard let timestamp = document["timestamp"]?.integer else {
            throw BeatError(.malformed, "a beat says no timestamp")
        }
        self.init(
            device: device,
            timestampMilliseconds: timestamp,
            sequence: UInt64(sequence),
            interval: document["interval_ms"]?.integer.flatMap { Self.interval($0) },
            vitals: Vitals(json: document["vitals"] ?? .null)
        )
    }

    private static func interval(_ milliseconds: Int64) -> Duration? {
        milliseconds > 0 ? min(.milliseconds(milliseconds), Limits.Beat.longestInterval) : nil
    }
}

/// What can be wrong with a beat.
package enum BeatErrorCode: String, ErrorCode {
    package static let domain = "beat"

    /// It does not say who, when and which one.
    case malformed
}

/// An error of this module.
package typealias BeatError = MeshError<BeatErrorCode>
