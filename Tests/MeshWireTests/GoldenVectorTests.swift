import MeshActors
import MeshCore
import MeshTestKit
import MeshWire
import Testing

/// The frozen bytes of `Tests/Vectors/golden.json`: what stands there is on disks and wires and never changes.
@Suite struct `Golden bytes` {
    @Test func `each value is written as its golden bytes, and they read as the value`() throws {
        var file = Dictionary(uniqueKeysWithValues: try Vector.load("golden.json").map { ($0.name, $0) })
        let goldens = try Golden.all()
        for golden in goldens {
            let found = file.removeValue(forKey: golden.name)
            let vector = try #require(found, "\(golden.name) is not in the file")
            let bytes = try vector.bytes()
            #expect(Hexadecimal.encode(golden.written) == vector.hex, "\(golden.name)")
            #expect(try golden.reads(bytes), "\(golden.name)")
        }
        #expect(file.isEmpty, "in the file, but not here: \(file.keys.sorted())")
    }
}

/// A value whose bytes are frozen.
private struct Golden {
    let name: String
    let written: [UInt8]
    let reads: ([UInt8]) throws -> Bool

    init<Value: WireCodable & Equatable>(_ name: String, _ value: Value) {
        self.name = name
        written = value.wireBytes
        reads = { try Value(wireBytes: $0) == value }
    }

    private init(_ name: String, written: [UInt8], reads: @escaping ([UInt8]) throws -> Bool) {
        self.name = name
        self.written = written
        self.reads = reads
    }

    private init(_ name: String, _ head: ActorCall.Head, _ body: [UInt8]) {
        self.init(name, written: ActorCall.payload(head, ItemsAsTheyAre(body)) ?? []) { bytes in
            let call = try ActorCall(payload: bytes)
            return call.head == head && call.body.bytes == body
        }
    }

    private init(_ name: String, _ obstacle: ActorReply.Obstacle) {
        self.init(name, written: obstacle.payload) { bytes in
            guard case .other(let found) = try ActorReply(payload: bytes) else { return false }
            return found == obstacle
        }
    }

    private init(_ name: String, frames: [Frame]) throws {
        self.name = name
        var writer = WireWriter()
        for frame in frames { try writer.writeFrame(frame.type, payload: frame.payload) }
        written = writer.array
        reads = { try FrameDecoder.frames(of: $0) == frames }
    }

    static func all() throws -> [Golden] {
        integers() + numbers() + texts() + collections() + (try messages()) + (try calls()) + streams() + beats()
    }

    private static func calls() throws -> [Golden] {
        let id = try #require(UniqueID("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4051"))
        func call(
            _ kind: String,
            _ key: String,
            _ tag: UInt32,
            _ timeLeft: Duration?,
            _ trace: TraceContext? = nil
        ) throws -> ActorCall.Head {
            let address = try ActorAddress(try ActorKind(checking: kind), key)
            return ActorCall.Head(command: id, address: address, tag: tag, timeLeft: timeLeft, trace: trace)
        }
        let trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".utf8)
        return [
            Golden("call with a deadline", try call("ledger", "acct-1", 2, .milliseconds(1_500)), [0x82, 0x01, 0xF5]),
            Golden("call without a deadline", try call("clock", "ü", 1, nil), []),
            Golden("call with a trace", try call("clock", "ü", 1, nil, trace), []),
            Golden("stream-open with a trace", StreamOpen(purpose: "echo", offset: 0, trace: trace)),
            Golden("reply with a value", written: ActorReply.payload(value: ItemsAsTheyAre([0x81, 0x01]))) { bytes in
                guard case .value(let body) = try ActorReply(payload: bytes) else { return false }
                return body.bytes == [0x81, 0x01]
            },
            Golden(
                "reply with a refusal",
                written: ActorReply.payload(refusal: ItemsAsTheyAre([0x82, 0x03, 0x01]))
            ) { bytes in
                guard case .refusal(let body) = try ActorReply(payload: bytes) else { return false }
                return body.bytes == [0x82, 0x03, 0x01]
            },
            Golden("reply with a redirect", .redirect(to: try NodeID("hub-2"))),
            Golden("reply that failed", .failed(.unknownCommand, retryAfter: nil)),
            Golden("reply of one that is overloaded", .failed(.unavailable, retryAfter: .milliseconds(250))),
        ]
    }

    private static func streams() -> [Golden] {
        [
            Golden("stream-open", StreamOpen(purpose: "echo", offset: 0)),
            Golden("stream-open that goes on", StreamOpen(purpose: "blob", offset: 4_294_967_296)),
            Golden("stream-chunk", StreamChunk(offset: 65_536, bytes: [0x00, 0xFF])),
            Golden("stream-end", StreamEnd(length: 4_294_967_296)),
            Golden("cancel", Cancel(code: 0)),
            Golden(
                "go-away",
                GoAway(
                    patienceMilliseconds: 30_000,
                    message: "maintenance",
                    elsewhere: "hub-2.example:443",
                    windowMilliseconds: 10_000
                )
            ),
            Golden("go-away without a place", GoAway(patienceMilliseconds: 0, message: "")),
        ]
    }

    private static func beats() -> [Golden] {
        [
            Golden("acknowledgement of the first beat", BeatAcknowledgement(sequence: 1, receivedMilliseconds: 0)),
            Golden(
                "acknowledgement of a late beat",
                BeatAcknowledgement(sequence: 4_294_967_296, receivedMilliseconds: 1_795_248_000_123)
            ),
            Golden(
                "pre-warm",
                PreWarm(project: "garden", adapter: "bäume-7", timestampMilliseconds: 1_795_248_000_123)
            ),
            Golden("pre-warm without names", PreWarm(project: nil, adapter: nil, timestampMilliseconds: -1)),
        ]
    }

    private static func integers() -> [Golden] {
        let unsigned: [UInt64] = [0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, .max]
        let signed: [Int64] = [
            -1, -24, -25, -256, -257, -65_536, -65_537, -4_294_967_296, -4_294_967_297, .min, 0, .max,
        ]
        return unsigned.map { Golden("unsigned \($0)", $0) } + signed.map { Golden("signed \($0)", $0) }
            + [Golden("true", true), Golden("false", false)]
    }

    private static func numbers() -> [Golden] {
        let numbers: [Double] = [
            0.0, -0.0, 1.5, 65504.0, 65505.0, 5.960464477539063e-08, 2.9802322387695312e-08, 6.103515625e-05, 100000.0,
            3.4028234663852886e+38, 1.1, 1e-08, -4.1, 1.7976931348623157e+308, .leastNonzeroMagnitude, .infinity,
            -.infinity,
        ]
        return numbers.map { Golden("number \($0)", BitwiseDouble($0)) } + [Golden("number nan", BitwiseDouble(.nan))]
    }

    private static func texts() -> [Golden] {
        [
            Golden("absent text", String?.none), Golden("present text", String?.some("here")),
            Golden("text, empty", ""), Golden("text, short", "a"), Golden("text, umlaut", "ü"),
            Golden("text, emoji", "😀"),
            Golden("text, 23 bytes", String(repeating: "x", count: 23)),
            Golden("text, 24 bytes", String(repeating: "x", count: 24)),
            Golden("text, 256 bytes", String(repeating: "y", count: 256)),
            Golden("bytes, empty", ByteString([])), Golden("bytes, four", ByteString([0, 1, 254, 255])),
            Golden("bytes, 256", ByteString((UInt8.min...UInt8.max).map { $0 })),
        ]
    }

    private static func collections() -> [Golden] {
        [
            Golden("array of no numbers", [Double]()),
            Golden("array of 24 numbers", (0..<24).map { Double($0) / 2 }),
            Golden("empty map", [String: [UInt64]]()),
            Golden(
                "map in the order of its encodings",
                ["b": [1], "a": [2, 3], "aa": [], "": [.max], String(repeating: "z", count: 24): [0], "é": [5]]
                    as [String: [UInt64]]
            ),
        ]
    }

    private static func messages() throws -> [Golden] {
        let features = Set([7, 1, .max].map(Feature.init(rawValue:)))
        let edge = Hello(role: .edge, node: try NodeID("laptop-7"), software: "meshnode/0.1.0")
        return [
            Golden("transfer", SampleTransfer.example),
            Golden(
                "transfer without memo and legs",
                SampleTransfer(id: "", sequence: .min, rate: 0, memo: nil, weights: [], legs: [])
            ),
            Golden("hello of an edge", edge),
            Golden(
                "hello of a hub with features",
                Hello(
                    versions: VersionRange(lowest: .one, highest: ProtocolVersion(rawValue: 3)),
                    role: .hub,
                    node: try NodeID("hub-1"),
                    software: "meshnode/9.9",
                    maximumPayloadBytes: 65_536,
                    features: features
                )
            ),
            Golden(
                "hello of an edge with labels",
                Hello(
                    role: .edge,
                    node: try NodeID("laptop-7"),
                    software: "meshnode/0.1.0",
                    labels: try NodeLabels([NodeLabel("site=berlin"), NodeLabel("gpu=yes")])
                )
            ),
            Golden(
                "error with a time",
                ErrorFrame(code: .overloaded, message: "too much to do", retryAfterMilliseconds: 1_500)
            ),
            Golden("error with an unknown code", ErrorFrame(code: PeerErrorCode(rawValue: 99), message: "")),
            try Golden(
                "a stream of three frames",
                frames: [
                    Frame(type: .hello, payload: edge.wireBytes),
                    Frame(type: .heartbeat, payload: Array(#"{"sequence":1}"#.utf8)),
                    Frame(type: .cancel, payload: []),
                ]
            ),
        ]
    }
}

/// A number compared by its bits, so that -0 differs from 0 and NaN equals itself.
private struct BitwiseDouble: WireCodable, Equatable {
    let value: Double

    init(_ value: Double) { self.value = value }

    func encode(into writer: inout WireWriter) { writer.write(value) }

    init(from reader: inout WireReader) throws(WireError) { value = try reader.readDouble() }

    static func == (left: BitwiseDouble, right: BitwiseDouble) -> Bool {
        left.value.bitPattern == right.value.bitPattern
    }
}
