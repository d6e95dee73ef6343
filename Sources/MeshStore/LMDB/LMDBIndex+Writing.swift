internal import Glibc
internal import MeshActors
internal import MeshCore

/// How far an index has come, and a digest of all that is in it.
struct IndexProgress {
    /// Up to where the log is contained.
    var cursor: LogCursor?

    /// The number the next new actor gets.
    var nextNumber: UInt64 = 1

    /// How many values there are, without this one.
    var items: UInt64 = 0

    /// The sum of their checksums: one that is missing, old or there twice is seen.
    var sum: UInt64 = 0

    /// Takes a value with this checksum into account, in place of `old`.
    mutating func put(_ checksum: UInt32, insteadOf old: UInt32?) {
        sum &+= UInt64(checksum)
        if let old { sum &-= UInt64(old) } else { items &+= 1 }
    }

    /// Takes into account that a value with this checksum is gone.
    mutating func remove(_ checksum: UInt32) {
        sum &-= UInt64(checksum)
        items &-= 1
    }
}

extension LMDBIndex {
    /// Writes `changes`: rows first, because an entry needs its actor's number.
    func write(
        _ changes: IndexChanges,
        _ progress: inout IndexProgress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        var numbers: [ActorAddress: UInt64] = [:]
        numbers.reserveCapacity(changes.rows.count)
        for (key, place) in Self.inOrderOfKeys(changes.rows) {
            let (address, row) = changes.rows[place]
            numbers[address] = try write(row, at: key, &progress, transaction)
        }
        var places: [UInt64: [EntryPlace]] = [:]
        var run: (address: ActorAddress, number: UInt64, places: [EntryPlace])?
        for (address, place) in changes.entries {
            // Entries of one actor mostly stand together; a carried one may be of an actor without a new row.
            if run?.address == address {
                run?.places.append(place)
                continue
            }
            if let run { places[run.number, default: []] += run.places }
            var known = numbers[address]
            if known == nil { known = try found(address, transaction)?.number }
            guard let known else { throw .damaged("an entry of nobody") }
            run = (address, known, [place])
        }
        if let run { places[run.number, default: []] += run.places }
        for (number, places) in places.sorted(by: { $0.key < $1.key }) {
            try write(places, of: number, &progress, transaction)
        }
        for (address, head) in changes.trims { try trim(address, through: head, &progress, transaction) }
    }

    /// The keys of `rows` in their order, in which a tree is written with the fewest steps, and where each row stands.
    private static func inOrderOfKeys(_ rows: [(address: ActorAddress, row: ActorRow)]) -> [(key: [UInt8], place: Int)]
    {
        var keys = rows.enumerated().map { (key: IndexCodec.key($0.element.address), place: $0.offset) }
        keys.sort { left, right in
            let order = left.key.withUnsafeBytes { left in
                right.key.withUnsafeBytes { right in
                    // No key is empty.
                    guard let first = left.baseAddress, let second = right.baseAddress else { return Int32(0) }
                    let order = memcmp(first, second, min(left.count, right.count))
                    return order == 0 ? Int32(clamping: left.count - right.count) : order
                }
            }
            // Of two rows of one actor the later counts.
            return order == 0 ? left.place < right.place : order < 0
        }
        return keys
    }

    private func write(
        _ row: ActorRow,
        at key: [UInt8],
        _ progress: inout IndexProgress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) -> UInt64 {
        let old = try found(key, transaction)
        let number = old?.number ?? progress.nextNumber
        if old == nil { progress.nextNumber += 1 }
        let sealed = IndexCodec.sealed(IndexCodec.value(row, number: number), at: key)
        try transaction.put(sealed, at: key, in: tables.actors)
        progress.put(IndexCodec.checksum(endingIn: sealed), insteadOf: old?.checksum)
        guard old?.row.wake != row.wake else { return number }
        if let wake = old?.row.wake {
            let wakeKey = IndexCodec.wakeKey(wake, key)
            try transaction.remove(wakeKey, in: tables.wakes)
            progress.remove(IndexCodec.checksum(endingIn: IndexCodec.sealed([], at: wakeKey)))
        }
        if let wake = row.wake {
            let wakeKey = IndexCodec.wakeKey(wake, key)
            let sealed = IndexCodec.sealed([], at: wakeKey)
            try transaction.put(sealed, at: wakeKey, in: tables.wakes)
            progress.put(IndexCodec.checksum(endingIn: sealed), insteadOf: nil)
        }
        return number
    }

    /// Writes `places` of one actor, each block once where they ascend; where a head stands twice, the later counts.
    private func write(
        _ places: [EntryPlace],
        of number: UInt64,
        _ progress: inout IndexProgress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        var current: (block: PlaceBlock, checksum: UInt32?)?
        for place in places {
            if current?.block.contains(place.head) != true {
                if let current { try write(current, of: number, &progress, transaction) }
                let key = IndexCodec.blockKey(number, place.head)
                if let sealed = try transaction.value(key, in: tables.entries) {
                    current = (try IndexCodec.block(sealed, at: key).block, IndexCodec.checksum(endingIn: sealed))
                } else {
                    current = (PlaceBlock(containing: place.head), nil)
                }
            }
            current?.block.set(place)
        }
        if let current { try write(current, of: number, &progress, transaction) }
    }

    private func write(
        _ current: (block: PlaceBlock, checksum: UInt32?),
        of number: UInt64,
        _ progress: inout IndexProgress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        let checksum = try transaction.put(current.block, of: number, in: tables.entries)
        progress.put(checksum, insteadOf: current.checksum)
    }

    private func trim(
        _ address: ActorAddress,
        through head: Head,
        _ progress: inout IndexProgress,
        _ transaction: borrowing LMDBTransaction
    ) throws(LMDBFailure) {
        guard let number = try found(address, transaction)?.number else { return }
        var touched: [(key: [UInt8], block: PlaceBlock, checksum: UInt32)] = []
        try transaction.scan(from: IndexCodec.blockKey(number, .none), in: tables.entries) {
            key,
            sealed throws(LMDBFailure) in
            let (block, owner) = try IndexCodec.block(sealed, at: key)
            guard owner == number, block.firstHead <= head.rawValue else { return false }
            touched.append((key, block, IndexCodec.checksum(endingIn: sealed)))
            return true
        }
        for (key, block, checksum) in touched {
            var rest = block
            rest.trim(through: head)
            if rest.mask == 0 {
                try transaction.remove(key, in: tables.entries)
                progress.remove(checksum)
            } else if rest.mask != block.mask {
                try write((rest, checksum), of: number, &progress, transaction)
            }
        }
    }
}
