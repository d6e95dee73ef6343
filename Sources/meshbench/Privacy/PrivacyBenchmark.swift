internal import MeshChat
internal import MeshCore
internal import MeshPrivacy

/// What redacting and restoring costs: messages as people write them, with and without personal data.
struct PrivacyBenchmark {
    let rounds: Int
    let iterations: Int

    func run() throws -> BenchmarkReport {
        let redactor = Redactor()
        var map = try Self.emptyMap()
        let request = ChatRequest(model: "auto", messages: Self.messages.map { ChatMessage(.user, $0) })
        _ = try redactor.redact(request, with: &map)
        let redacted = try redactor.redact(Self.messages[0], with: &map).text.text
        let pieces = Self.pieces(of: redacted)
        var costs: [[Cost]] = Array(repeating: [], count: 4)
        for _ in 0..<rounds {
            costs[0].append(
                try .measure(iterations: iterations) {
                    try redactor.redact(Self.messages[0], with: &map).text.text.count
                }
            )
            costs[1].append(
                try .measure(iterations: iterations) { try redactor.redact(Self.harmless, with: &map).text.text.count }
            )
            costs[2].append(
                try .measure(iterations: iterations / 10) { try redactor.redact(request, with: &map).report.total }
            )
            costs[3].append(
                .measure(iterations: iterations) {
                    var restorer = StreamRestorer(map: map)
                    return pieces.reduce(0) { $0 + restorer.restore($1).utf8.count } + restorer.finish().utf8.count
                }
            )
        }
        let names = ["redact a message", "redact one without findings", "redact a request of 8", "restore a stream"]
        let requestBytes = Self.messages.reduce(0) { $0 + $1.utf8.count }
        let bytes = [Self.messages[0].utf8.count, Self.harmless.utf8.count, requestBytes, redacted.utf8.count]
        return BenchmarkReport(
            benchmark: "privacy",
            rows: names.indices.map { index in
                BenchmarkReport.Row(
                    name: names[index],
                    nanoseconds: Spread(costs[index].map(\.nanoseconds)),
                    allocations: Spread(costs[index].map(\.allocations)).median,
                    bytes: bytes[index],
                    speedup: nil,
                    peer: nil
                )
            }
        )
    }

    private static func emptyMap() throws -> PlaceholderMap {
        let bytes = [UInt8](repeating: 7, count: TokenKey.byteCount)
        guard let secret = bytes.withUnsafeBytes({ TokenKey(copying: $0) }) else {
            preconditionFailure("a key has its length")
        }
        let key = PlaceholderKey(secret: secret, tenant: try TenantID("main"), session: "benchmark")
        return PlaceholderMap(key: key, now: WallTime(millisecondsSince1970: 0))
    }

    /// Pieces of four characters, as tokens come.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(4)))
            rest = rest.dropFirst(4)
        }
        return pieces
    }

    private static let harmless = """
        Please explain in a few sentences how a hash table works, why its operations take constant time on average, \
        and what happens when too many keys share a bucket. Add a short example in Swift, and say when a sorted array \
        would be the better choice. The answer should fit on one page and use no more than 3 headings.
        """

    private static let messages: [String] = [
        """
        Hello, my name is Anna Schmidt and I moved to Geißlerallee 6, 51396 Niesky last month. Could you write a \
        short letter to my bank? My account is DE89 3704 0044 0532 0130 00, my card 4111 1111 1111 1111, and they \
        reach me at +49 30 1234567 or anna.schmidt@example.org. I was born on 12.03.1980.
        """,
        "Of course. To whom shall the letter be addressed?",
        "To Mr. James Whitfield. He called me from (555) 123-4567 yesterday.",
        harmless,
        "The server 203.0.113.9 refused the connection; the network card is 6e:10:a1:69:5b:99.",
        "Use sk-proj-abcdefghij0123456789ABCDEFGHIJ for the test, please.",
        "What is the capital of Peru?",
        "Translate the letter into Spanish, but keep all names and numbers as they are.",
    ]
}
