internal import MeshCore

/// One file of the model: what a reader sees, what is safe, and the changes between the two.
struct SimulatedFileContent {
    /// A change that no sync has made safe.
    private enum Change {
        case write([UInt8], offset: Int)
        case length(Int)
    }

    /// Bytes up to the last one that was ever written; behind them, up to `length`, are zeros.
    private struct Image {
        var bytes: [UInt8] = []
        var length = 0

        mutating func write(_ data: some Collection<UInt8>, at offset: Int) {
            let end = offset + data.count
            if bytes.count < end { bytes.append(contentsOf: repeatElement(0, count: end - bytes.count)) }
            bytes.replaceSubrange(offset..<end, with: data)
            length = max(length, end)
        }

        mutating func setLength(_ newLength: Int) {
            if bytes.count > newLength { bytes.removeLast(bytes.count - newLength) }
            length = newLength
        }
    }

    private var seen = Image()
    private var safe = Image()
    private var changes: [Change] = []

    /// The length that a reader sees.
    var length: Int { seen.length }

    /// The bytes that a reader sees from `offset`, at most `count`.
    func read(_ count: Int, at offset: Int) -> [UInt8] {
        let end = min(offset + count, seen.length)
        guard offset < end else { return [] }
        let written = offset < seen.bytes.count ? Array(seen.bytes[offset..<min(end, seen.bytes.count)]) : []
        return written + repeatElement(0, count: end - offset - written.count)
    }

    mutating func write(_ data: [UInt8], at offset: Int) {
        seen.write(data, at: offset)
        changes.append(.write(data, offset: offset))
    }

    mutating func setLength(_ length: Int) {
        seen.setLength(length)
        changes.append(.length(length))
    }

    /// A sync that succeeds.
    mutating func sync() {
        for change in changes { Self.apply(change, to: &safe) }
        changes = []
    }

    /// A sync that fails: each change has become safe or never will, and readers still see all of them.
    mutating func failSync(using generator: inout SeededGenerator) {
        for change in changes where generator.chance(1, in: 2) { Self.apply(change, to: &safe) }
        changes = []
    }

    /// What is left after a power cut; returns how many sectors it took.
    mutating func cutPower(_ fate: PowerCutFate, using generator: inout SeededGenerator) -> Int {
        var lost = 0
        for change in changes {
            switch fate {
            case .everythingKept: Self.apply(change, to: &safe)
            case .everythingLost: lost += 1
            case .torn: lost += Self.tear(change, into: &safe, using: &generator)
            }
        }
        changes = []
        seen = safe
        return lost
    }

    /// Turns one bit of what is safe and of what is seen; false where there is no such byte.
    mutating func flipBit(_ bit: Int, at offset: Int) -> Bool {
        guard offset < safe.bytes.count, offset < seen.bytes.count else { return false }
        safe.bytes[offset] ^= 1 << UInt8(bit)
        seen.bytes[offset] ^= 1 << UInt8(bit)
        return true
    }

    private static func apply(_ change: Change, to image: inout Image) {
        switch change {
        case .write(let data, let offset): image.write(data, at: offset)
        case .length(let length): image.setLength(length)
        }
    }

    /// Applies some sectors of `change`, and returns how many were lost.
    private static func tear(_ change: Change, into image: inout Image, using generator: inout SeededGenerator) -> Int {
        guard case .write(let data, let offset) = change else {
            guard generator.chance(1, in: 2) else { return 1 }
            apply(change, to: &image)
            return 0
        }
        let sector = Limits.SimulatedDisk.sectorBytes
        var lost = 0
        var start = 0
        while start < data.count {
            let end = min(data.count, ((offset + start) / sector + 1) * sector - offset)
            if generator.chance(1, in: 2) { image.write(data[start..<end], at: offset + start) } else { lost += 1 }
            start = end
        }
        return lost
    }
}
