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
    /// What is wrong with bytes at rest, by their offsets; a write puts a byte right.
    private var damage: [Int: UInt8] = [:]

    /// The length that a reader sees.
    var length: Int { seen.length }

    /// How far anything was ever written; behind it are zeros.
    var writtenLength: Int { seen.bytes.count }

    /// The bytes that a reader sees from `offset`, at most `count`.
    func read(_ count: Int, at offset: Int) -> [UInt8] {
        let end = min(offset + count, seen.length)
        guard offset < end else { return [] }
        let written = offset < seen.bytes.count ? Array(seen.bytes[offset..<min(end, seen.bytes.count)]) : []
        var bytes = written + repeatElement(0, count: end - offset - written.count)
        for (place, mask) in damage where place >= offset && place < end { bytes[place - offset] ^= mask }
        return bytes
    }

    mutating func write(_ data: [UInt8], at offset: Int) {
        seen.write(data, at: offset)
        changes.append(.write(data, offset: offset))
        if !damage.isEmpty { damage = damage.filter { $0.key < offset || $0.key >= offset + data.count } }
    }

    mutating func setLength(_ length: Int) {
        seen.setLength(length)
        changes.append(.length(length))
        if !damage.isEmpty { damage = damage.filter { $0.key < length } }
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

    // MARK: Damage at rest

    /// Whether any byte reads as something else than what was written.
    var isDamaged: Bool { !damage.isEmpty }

    /// Turns bits of the byte at `offset`; false where there is none.
    mutating func damage(_ mask: UInt8, at offset: Int) -> Bool {
        guard offset < seen.length, mask != 0 else { return false }
        let mask = mask ^ (damage[offset] ?? 0)
        damage[offset] = mask == 0 ? nil : mask
        return true
    }

    /// Makes the bytes of `range` read as what was meant for another place; none of them is zero.
    mutating func overwrite(_ range: Range<Int>, using generator: inout SeededGenerator) {
        for (offset, byte) in zip(range, read(range.count, at: range.lowerBound)) {
            _ = damage(byte ^ UInt8(generator.integer(in: 1...255)), at: offset)
        }
    }

    /// Puts the good copy back.
    mutating func heal() { damage = [:] }

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
