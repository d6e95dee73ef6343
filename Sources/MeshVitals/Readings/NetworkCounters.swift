internal import MeshCore

/// What each interface has carried since it came up: `/proc/net/dev`.
///
/// The loopback is left out, and so are bridges and the inner ends of containers: what passes through them to the
/// outside passes through another interface as well.
struct NetworkCounters: Hashable, Sendable {
    struct Carried: Hashable, Sendable {
        var received: UInt64
        var sent: UInt64
    }

    private(set) var byInterface: [String: Carried] = [:]

    init?(_ text: KernelText) {
        var hasLines = false
        for words in text.lines {
            // The first number may follow the colon without a blank.
            let parts = words.joined(separator: " ").split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let numbers = parts[1].split(separator: " ").map { UInt64($0) }
            guard numbers.count >= 9, let received = numbers[0], let sent = numbers[8] else { continue }
            hasLines = true
            let name = parts[0].filter { $0 != " " }
            guard !Self.isInner(name), byInterface.count < Limits.Vitals.maximumNames else { continue }
            byInterface[name] = Carried(received: received, sent: sent)
        }
        guard hasLines else { return nil }
    }

    private static func isInner(_ name: String) -> Bool {
        name == "lo" || ["veth", "docker", "br-", "virbr", "cni", "ifb"].contains { name.hasPrefix($0) }
    }

    /// Bytes carried since `former`; what an interface that began anew has carried before is not known.
    func carried(since former: NetworkCounters) -> Carried {
        var sum = Carried(received: 0, sent: 0)
        for (name, now) in byInterface {
            guard let before = former.byInterface[name] else { continue }
            sum.received = sum.received.plus(now.received.minus(before.received))
            sum.sent = sum.sent.plus(now.sent.minus(before.sent))
        }
        return sum
    }
}
