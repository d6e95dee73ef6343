/// The text of an answer while its tokens come: what may be shown, and what must wait.
///
/// Bytes wait while they could be the beginning of a stop sequence or are only the beginning of a character, for tokens
/// are cut anywhere. What is no UTF-8 at all is shown as U+FFFD.
package struct AnswerText {
    private let stops: [[UInt8]]
    private var waiting: [UInt8] = []

    /// The stop sequence that has come, by its place in the list; nothing is taken after it.
    package private(set) var stop: Int?

    /// An answer that ends before the first of `stops`; empty ones never come.
    package init(stops: [String] = []) { self.stops = stops.map { Array($0.utf8) } }

    /// Takes more bytes, and returns the text that may be shown.
    package mutating func take(_ bytes: some Sequence<UInt8>) -> String {
        guard stop == nil else { return "" }
        let seen = waiting.count
        waiting.append(contentsOf: bytes)
        if let (place, index) = firstStop(from: seen) {
            stop = index
            defer { waiting = [] }
            return String(decoding: waiting[..<place], as: UTF8.self)
        }
        let ready = waiting.count - max(stopTail(), Self.characterTail(waiting))
        defer { waiting.removeFirst(ready) }
        return String(decoding: waiting[..<ready], as: UTF8.self)
    }

    /// The rest, when nothing more comes.
    package mutating func finish() -> String {
        defer { waiting = [] }
        return String(decoding: waiting, as: UTF8.self)
    }

    /// The stop sequence that begins first, and where; one that ended before `seen` was found before.
    private func firstStop(from seen: Int) -> (place: Int, index: Int)? {
        var found: (place: Int, index: Int)?
        for (index, stop) in stops.enumerated() where !stop.isEmpty && stop.count <= waiting.count {
            let start = max(0, seen - stop.count + 1)
            guard start <= waiting.count - stop.count else { continue }
            for place in start...(waiting.count - stop.count) where place < found?.place ?? .max {
                if waiting[place..<(place + stop.count)].elementsEqual(stop) {
                    found = (place, index)
                    break
                }
            }
        }
        return found
    }

    /// How many bytes at the end begin a stop sequence.
    private func stopTail() -> Int {
        stops.map { stop in
            let longest = min(stop.count - 1, waiting.count)
            guard longest > 0 else { return 0 }
            return stride(from: longest, to: 0, by: -1).first { waiting.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
        }.max() ?? 0
    }

    /// How many bytes at the end begin a character that more bytes could complete.
    private static func characterTail(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return length < 2 ? length : 0
            case 0xE0...0xEF: return length < 3 ? length : 0
            case 0xF0...0xF4: return length < 4 ? length : 0
            default: return 0
            }
        }
        return 0
    }
}
