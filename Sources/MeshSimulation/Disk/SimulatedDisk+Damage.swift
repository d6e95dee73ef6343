internal import MeshCore

/// What happens to bytes at rest, safe or not, until they are written again or the good copy is put back.
extension SimulatedDisk {
    /// Whether any byte of any file reads as something else than what was written.
    package var isDamaged: Bool {
        state.withLock { state in state.names.values.contains { state.files[$0]?.isDamaged ?? false } }
    }

    /// Turns one bit of one file; returns its file and offset, or nil when there are no bytes anywhere.
    package func flipBit(in name: String? = nil, at offset: Int? = nil) -> (name: String, offset: Int)? {
        state.withLock { state in
            guard let place = state.drawPlace(in: name, at: offset) else { return nil }
            let mask = UInt8(1) << UInt8(state.generator.integer(below: 8))
            guard state.files[place.number]?.damage(mask, at: place.offset) == true else { return nil }
            state.counts.bitsFlipped += 1
            return (place.name, place.offset)
        }
    }

    /// Writes over one sector of one file what another program meant for another place; returns its file and offset.
    ///
    /// No byte of it is zero: a store cannot tell zeros at the end of its log from a write that never happened; only
    /// its anchor bounds what they could take.
    package func misdirectWrite(in name: String? = nil, at offset: Int? = nil) -> (name: String, offset: Int)? {
        state.withLock { state in
            guard let place = state.drawPlace(in: name, at: offset) else { return nil }
            let sector = Limits.SimulatedDisk.sectorBytes
            let start = place.offset / sector * sector
            var generator = state.generator.split()
            state.files[place.number]?.overwrite(start..<start + sector, using: &generator)
            state.counts.sectorsOverwritten += 1
            return (place.name, start)
        }
    }

    /// Puts the good copy back, as a mirror or a backup of the disk's blocks would.
    package func heal() {
        state.withLock { state in
            for number in state.files.keys { state.files[number]?.heal() }
        }
    }
}

extension SimulatedDisk.State {
    /// A byte that was written, or whose place is given.
    fileprivate mutating func drawPlace(
        in name: String?,
        at offset: Int?
    ) -> (name: String, number: SimulatedDisk.FileNumber, offset: Int)? {
        let lengths = names.mapValues { files[$0]?.writtenLength ?? 0 }.filter { $0.value > 0 }
            .filter { name == nil || $0.key == name }.sorted { $0.key < $1.key }
        guard !lengths.isEmpty else { return nil }
        // In proportion to what they hold, as a disk that ages would choose.
        var left = generator.integer(below: lengths.reduce(0) { $0 + $1.value })
        for (name, length) in lengths {
            if left < length, let number = names[name] { return (name, number, offset ?? left) }
            left -= length
        }
        return nil
    }
}
