internal import MeshCore
package import MeshIO

/// What a person or a test says to a proxy while it runs, one line each.
///
///     [up|down] loss|duplicate|corrupt|reorder PERCENT
///     [up|down] delay MILLISECONDS [JITTER]
///     [up|down] rate BYTES_PER_SECOND [QUEUE_BYTES]   rate off
///     [up|down] blackhole on|off|MILLISECONDS
///     rebind [ADDRESS]
package struct ProxyCommand: Hashable, Sendable {
    /// What is to be done.
    package enum Action: Hashable, Sendable {
        case loss(perThousand: Int)
        case duplicate(perThousand: Int)
        case corrupt(perThousand: Int)
        case reorder(perThousand: Int)
        case delay(Duration, jitter: Duration)
        case rate(bytesPerSecond: Int?, queueBytes: Int?)
        case blackhole(BlackholeEnd)
        case rebind(SocketAddress?)
    }

    /// How long a blackhole lasts.
    package enum BlackholeEnd: Hashable, Sendable {
        case now
        case never
        case after(Duration)
    }

    /// Which ways it is for.
    package let directions: [LinkDirection]

    /// What is to be done.
    package let action: Action

    /// Reads a line; nil where it says nothing known.
    package init?(_ line: String) {
        var words = String(line).split(separator: Character(" ")).map { String($0) }
        guard let first = words.first else { return nil }
        if let direction = LinkDirection(rawValue: first) {
            directions = [direction]
            words.removeFirst()
        } else {
            directions = LinkDirection.allCases
        }
        guard let verb = words.first, let action = Self.action(verb, Array(words.dropFirst())) else { return nil }
        self.action = action
    }

    private static func action(_ verb: String, _ words: [String]) -> Action? {
        switch (verb, words.count) {
        case ("loss", 1): perThousand(words[0]).map { .loss(perThousand: $0) }
        case ("duplicate", 1): perThousand(words[0]).map { .duplicate(perThousand: $0) }
        case ("corrupt", 1): perThousand(words[0]).map { .corrupt(perThousand: $0) }
        case ("reorder", 1): perThousand(words[0]).map { .reorder(perThousand: $0) }
        case ("delay", 1...2): delay(words)
        case ("rate", 1...2): rate(words)
        case ("blackhole", 1): blackholeEnd(words[0]).map { .blackhole($0) }
        case ("rebind", 0): .rebind(nil)
        case ("rebind", 1): address(words[0]).map { .rebind($0) }
        default: nil
        }
    }

    private static func delay(_ words: [String]) -> Action? {
        let numbers = words.compactMap(number)
        guard numbers.count == words.count else { return nil }
        return .delay(.milliseconds(numbers[0]), jitter: .milliseconds(numbers.count > 1 ? numbers[1] : 0))
    }

    private static func rate(_ words: [String]) -> Action? {
        if words == ["off"] { return .rate(bytesPerSecond: nil, queueBytes: nil) }
        let numbers = words.compactMap(number)
        guard numbers.count == words.count, numbers[0] > 0 else { return nil }
        return .rate(bytesPerSecond: numbers[0], queueBytes: numbers.count > 1 ? numbers[1] : nil)
    }

    private static func blackholeEnd(_ word: String) -> BlackholeEnd? {
        switch word {
        case "on": .never
        case "off": .now
        default: number(word).map { .after(.milliseconds($0)) }
        }
    }

    private static func perThousand(_ word: String) -> Int? {
        guard let percent = number(word), percent <= 100 else { return nil }
        return percent * 10
    }

    private static func number(_ word: String) -> Int? {
        Int(word).flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }

    /// Four numbers with dots, and a port behind a colon where there is one.
    package static func address(_ word: String) -> SocketAddress? {
        let halves = word.split(separator: ":", omittingEmptySubsequences: false)
        let port = halves.count == 2 ? UInt16(halves[1]) : 0
        let words = (halves.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
        let bytes = words.compactMap { UInt8($0) }
        guard halves.count <= 2, let port, bytes.count == 4 else { return nil }
        return SocketAddress(ipv4: (bytes[0], bytes[1], bytes[2], bytes[3]), port: port)
    }
}

extension UDPProxy {
    /// Does what a line said.
    ///
    /// On the loop alone.
    package func perform(_ command: ProxyCommand) throws(IOError) {
        if case .rebind(let source) = command.action { return try rebind(to: source) }
        for direction in command.directions {
            switch command.action {
            case .loss(let share): change(direction) { $0.lostPerThousand = share }
            case .duplicate(let share): change(direction) { $0.duplicatedPerThousand = share }
            case .corrupt(let share): change(direction) { $0.corruptedPerThousand = share }
            case .reorder(let share): change(direction) { $0.reorderedPerThousand = share }
            case .delay(let delay, let jitter):
                change(direction) { rule in
                    rule.delay = delay
                    rule.jitter = jitter
                }
            case .rate(let rate, let queueBytes):
                change(direction) { rule in
                    rule.bytesPerSecond = rate
                    rule.queueBytes = queueBytes ?? rule.queueBytes
                }
            case .blackhole(.now): heal(direction)
            case .blackhole(.never): blackhole(direction)
            case .blackhole(.after(let duration)): blackhole(direction, for: duration)
            case .rebind: break
            }
        }
    }
}
