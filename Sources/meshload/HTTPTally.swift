internal import MeshCore
internal import MeshHTTP

/// What came of many requests over HTTP.
final class HTTPTally: ClientObserver {
    private struct State {
        var answered = 0
        var failed = 0
        var bytes = 0
        var pieces = 0
        var connections = 0
        var reused = 0
        var statuses: [UInt16: Int] = [:]
        var versions: [String: Int] = [:]
        var failures: [String: Int] = [:]
        var notSent = 0
        var firstFailure: String?
        var failedAfter: [Int64] = []
        var latencies: [Int64] = []
        var firsts: [Int64] = []
        var ages: [Int64] = []
        var cancelled: [(number: Int, at: Instant)] = []
        var heldResident = 0
    }

    private let state = Lock(State())

    func reset() { state.withLock { $0 = State() } }

    func observe(_ event: ClientEvent) {
        guard case .connected(_, let isReused, _) = event else { return }
        state.withLock { state in
            if isReused { state.reused += 1 } else { state.connections += 1 }
        }
    }

    func began(_ status: HTTPStatus, _ version: HTTPVersion) {
        state.withLock { state in
            state.statuses[status.code, default: 0] += 1
            state.versions[version.rawValue, default: 0] += 1
        }
    }

    func received(_ count: Int) {
        state.withLock { state in
            state.bytes += count
            state.pieces += 1
        }
    }

    func answered(after duration: Duration) {
        state.withLock { state in
            state.answered += 1
            if state.latencies.count < Self.kept { state.latencies.append(duration.wholeNanoseconds / 1_000) }
        }
    }

    func beganBody(after duration: Duration) {
        state.withLock { state in
            if state.firsts.count < Self.kept { state.firsts.append(duration.wholeNanoseconds / 1_000) }
        }
    }

    func failed(_ error: any Error, after duration: Duration) {
        let word = (error as? HTTPError)?.identity ?? "\(error)"
        let isNotSent = (error as? HTTPError)?.isSurelyNotSent == true
        state.withLock { state in
            state.failed += 1
            state.notSent += isNotSent ? 1 : 0
            state.firstFailure = state.firstFailure ?? "\(error)"
            if state.failures.count < 100 || state.failures[word] != nil { state.failures[word, default: 0] += 1 }
            if state.failedAfter.count < 20 { state.failedAfter.append(duration.wholeNanoseconds / 1_000_000) }
        }
    }

    func cancelled(_ number: Int, at now: Instant) { state.withLock { $0.cancelled.append((number, now)) } }

    func held(_ resident: Int) { state.withLock { $0.heldResident = resident } }

    /// Notes how old each stamp in `piece` is.
    func stamps(in piece: [UInt8], now: Instant) {
        var digits: [UInt8]?
        var last: UInt8 = 0
        for byte in piece {
            if let found = digits {
                if (0x30...0x39).contains(byte) {
                    digits = found + [byte]
                } else {
                    if let stamp = Int64(String(decoding: found, as: UTF8.self)) {
                        state.withLock { $0.ages.append((now.nanoseconds - stamp) / 1_000) }
                    }
                    digits = nil
                }
            } else if last == UInt8(ascii: "t"), byte == UInt8(ascii: "=") {
                digits = []
            }
            last = byte
        }
    }

    func line(count: Int, elapsed: Duration, processorMicroseconds: Int, resident: Int) -> Getting.Line {
        let state = state.withLock { $0 }
        let grownBytes = ProcessFigures.residentBytes - resident
        let latencies = state.latencies.sorted()
        let firsts = state.firsts.sorted()
        let ages = state.ages.sorted()
        let at = { (sorted: [Int64], percent: Int) in
            sorted.isEmpty ? 0 : Int(sorted[min(sorted.count - 1, sorted.count * percent / 100)])
        }
        let microseconds = max(1, Int(elapsed.wholeNanoseconds / 1_000))
        var line = JSONLine([
            ("answered", state.answered), ("failed", state.failed), ("notSent", state.notSent),
            ("bytes", state.bytes), ("pieces", state.pieces),
            ("connections", state.connections), ("reused", state.reused),
            ("milliseconds", microseconds / 1_000), ("perSecond", count * 1_000_000 / microseconds),
            ("p50", at(latencies, 50)), ("p99", at(latencies, 99)),
            ("firstP50", at(firsts, 50)), ("firstP99", at(firsts, 99)),
            ("processorMicroseconds", processorMicroseconds / max(1, count)),
            ("agesCount", ages.count), ("ageP50", at(ages, 50)), ("ageP99", at(ages, 99)),
            ("grownBytes", grownBytes), ("heldGrownBytes", max(0, state.heldResident - resident)),
        ])
        line.append("statuses", state.statuses.sorted { $0.key < $1.key }.map { "[\($0.key),\($0.value)]" })
        line.append("versions", state.versions.keys.sorted().map { JSONText.quoted($0) })
        line.append(
            "failures",
            state.failures.sorted { $0.key < $1.key }.map { "[\(JSONText.quoted($0.key)),\($0.value)]" }
        )
        line.append("firstFailure", text: state.firstFailure ?? "")
        line.append("failedAfter", state.failedAfter.map(String.init))
        line.append("cancelled", state.cancelled.map { "[\($0.number),\($0.at.nanoseconds)]" })
        return Getting.Line(text: line.text, hasFailed: state.failed > 0)
    }

    private static let kept = 1_000_000
}
