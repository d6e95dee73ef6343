internal import Foundation
internal import MeshTestKit
internal import MeshWire

/// The wire beside Foundation's JSON on the same record, round by round in the same process.
struct WireBenchmark {
    let rounds: Int
    let iterations: Int

    private let transfer = SampleTransfer.example

    func run() throws -> BenchmarkReport {
        let json = JSONTransfer(transfer)
        let encoder = JSONEncoder()
        let decoder = JSONDecoder()
        let jsonBytes = try encoder.encode(json)
        var writer = WireWriter()
        let wireBytes = transfer.wireBytes
        var costs = Columns()
        for _ in 0..<rounds {
            costs["JSON encode"] += try .measure(iterations: iterations / 20) { try encoder.encode(json).count }
            costs["JSON decode"] += try .measure(iterations: iterations / 20) {
                try decoder.decode(JSONTransfer.self, from: jsonBytes).legs.count
            }
            costs["wire encode, writer reused"] += .measure(iterations: iterations) {
                writer.removeAll()
                transfer.encode(into: &writer)
                return writer.count
            }
            costs["wire encode, fresh bytes"] += .measure(iterations: iterations) { transfer.wireBytes.count }
            costs["wire decode"] += try .measure(iterations: iterations) {
                try SampleTransfer(wireBytes: wireBytes).legs.count
            }
            try measureFrames(into: &costs)
        }
        return report(costs, jsonBytes: jsonBytes.count, wireBytes: wireBytes.count)
    }

    private func measureFrames(into costs: inout Columns) throws {
        let payload = [UInt8](repeating: 0x61, count: Self.framePayloadBytes)
        var writer = WireWriter(capacity: 1_024)
        costs["frame write"] += try .measure(iterations: iterations) {
            writer.removeAll()
            try writer.writeFrame(.actorCall, payload: payload)
            return writer.count
        }
        var decoder = FrameDecoder()
        let stream = writer.array
        costs["frame read"] += try .measure(iterations: iterations) {
            var offset = 0
            return try decoder.next(in: stream.span.bytes, from: &offset)?.payload.count ?? 0
        }
    }

    private func report(_ costs: Columns, jsonBytes: Int, wireBytes: Int) -> BenchmarkReport {
        let frameBytes = Self.framePayloadBytes + Frame.headerBytes
        return BenchmarkReport(
            benchmark: "wire",
            rows: [
                costs.row("JSON encode", bytes: jsonBytes),
                costs.row("wire encode, writer reused", bytes: wireBytes, peer: "JSON encode"),
                costs.row("wire encode, fresh bytes", bytes: wireBytes, peer: "JSON encode"),
                costs.row("JSON decode", bytes: jsonBytes),
                costs.row("wire decode", bytes: wireBytes, peer: "JSON decode"),
                costs.row("frame write", bytes: frameBytes),
                costs.row("frame read", bytes: frameBytes),
            ]
        )
    }

    private static let framePayloadBytes = 64
}

/// The costs of each operation, a round a row.
private struct Columns {
    private var columns: [String: [Cost]] = [:]

    /// The last cost of `name`; assigning with `+=` adds a round.
    subscript(_ name: String) -> [Cost] {
        get { columns[name, default: []] }
        set { columns[name] = newValue }
    }

    func row(_ name: String, bytes: Int, peer: String? = nil) -> BenchmarkReport.Row {
        let costs = self[name]
        let speedups = peer.map { peer in zip(self[peer], costs).map { $0.nanoseconds / $1.nanoseconds } }
        return BenchmarkReport.Row(
            name: name,
            nanoseconds: Spread(costs.map(\.nanoseconds)),
            allocations: Spread(costs.map(\.allocations)).median,
            bytes: bytes,
            speedup: speedups.map(Spread.init),
            peer: peer
        )
    }
}

extension [Cost] {
    fileprivate static func += (costs: inout [Cost], cost: Cost) { costs.append(cost) }
}
