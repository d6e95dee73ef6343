internal import MeshCommandLine
internal import MeshIO

/// Raw UDP over two loops: requests one at a time and many at once, and bulk with and without the kernel's help.
struct UDPBenchmark {
    let rounds: Int
    let requests: Int

    static let inFlight = [1, 16, 64]

    /// How bulk is sent: who cuts trains, and who joins them.
    static let helps: [(name: String, isSegmenting: Bool, isJoining: Bool)] = [
        ("GSO and GRO", true, true), ("GSO alone", true, false), ("GRO alone", false, true), ("neither", false, false),
    ]

    func run() async throws -> UDPReport {
        let baseline = try UDPBaseline()
        var report = UDPReport()
        for _ in 0..<rounds {
            for inFlight in Self.inFlight {
                let exchange = try await baseline.exchange(bytes: 64, inFlight: inFlight, count: requests)
                report.exchanges[inFlight, default: []].append(exchange)
            }
            for help in Self.helps {
                var configuration = UDPConfiguration()
                configuration.isSegmenting = help.isSegmenting
                configuration.isJoining = help.isJoining
                let rate = try await baseline.bulk(bytes: Self.bulkBytes, configuration)
                report.bulks[help.name, default: []].append(rate / 1e6)
            }
        }
        await baseline.end()
        return report
    }

    private static let bulkBytes = 256 * 1_024 * 1_024
}

/// What raw UDP did, for people and for the record.
struct UDPReport {
    var exchanges: [Int: [UDPBaseline.Exchange]] = [:]
    var bulks: [String: [Double]] = [:]

    /// The tables for people.
    var table: String {
        var requests = Table(columns: [
            .init("64-byte requests in flight", .right), .init("p50 µs", .right), .init("p99 µs", .right),
            .init("per second", .right), .init("low–high", .right),
        ])
        for inFlight in UDPBenchmark.inFlight {
            let outcomes = exchanges[inFlight] ?? []
            let rate = Spread(outcomes.map(\.perSecond))
            requests.append([
                String(inFlight), microseconds(outcomes.map(\.median)), microseconds(outcomes.map(\.nearlyWorst)),
                whole(rate.median), "\(whole(rate.lowest))–\(whole(rate.highest))",
            ])
        }
        var bulk = Table(columns: [.init("bulk"), .init("MB/s", .right), .init("low–high", .right)])
        for help in UDPBenchmark.helps {
            let rate = Spread(bulks[help.name] ?? [])
            bulk.append([help.name, whole(rate.median), "\(whole(rate.lowest))–\(whole(rate.highest))"])
        }
        return requests.text + "\n" + bulk.text
    }

    /// One JSON object; nothing of it is the same in two runs.
    var json: String {
        let requests = UDPBenchmark.inFlight.map { inFlight in
            let outcomes = exchanges[inFlight] ?? []
            return "\"\(inFlight) in flight\":{\"perSecond\":\(Spread(outcomes.map(\.perSecond)).median),"
                + "\"p50Microseconds\":\(microseconds(outcomes.map(\.median)))}"
        }
        let bulk = UDPBenchmark.helps.map { help in
            "\"bulk, \(help.name)\":{\"megabytesPerSecond\":\(Spread(bulks[help.name] ?? []).median)}"
        }
        return "{\"benchmark\":\"udp\",\"counts\":{},\"times\":{\((requests + bulk).joined(separator: ","))}}"
    }

    private func whole(_ value: Double) -> String { String(Int(value.rounded())) }

    private func microseconds(_ durations: [Duration]) -> String {
        let median = Spread(durations.map { $0 / .microseconds(1) }).median
        return String((median * 10).rounded() / 10)
    }
}
