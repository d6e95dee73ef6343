internal import MeshCore
internal import MeshStore

/// A handle of one file of a ``SimulatedDisk``, good until the next power cut.
final class SimulatedDiskFile: DiskFile {
    private let number: SimulatedDisk.FileNumber
    private let life: Int
    private let disk: SimulatedDisk

    init(number: SimulatedDisk.FileNumber, life: Int, disk: SimulatedDisk) {
        self.number = number
        self.life = life
        self.disk = disk
    }

    func size() throws(DiskError) -> Int {
        try disk.perform(life: life) { state throws(DiskError) in state.files[self.number]?.length ?? 0 }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let bytes = try disk.perform(life: life) { state throws(DiskError) in
            state.files[self.number]?.read(buffer.count, at: offset) ?? []
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        let data = Array(bytes)
        try disk.perform(life: life) { state throws(DiskError) in
            try state.drawFault(state.faults.failingWritesPerThousand, "the write failed")
            guard let length = state.files[self.number]?.length else { return }
            let room = state.capacity - min(state.capacity, state.used)
            guard offset + data.count <= length || offset + data.count - length <= room else {
                let kept = max(0, min(data.count, length + room - offset))
                state.files[self.number]?.write(Array(data.prefix(kept)), at: offset)
                throw DiskError(.noSpace, "\(data.count) bytes do not fit")
            }
            state.files[self.number]?.write(data, at: offset)
            state.counts.writes += 1
        }
    }

    func allocate(_ size: Int) throws(DiskError) {
        try disk.perform(life: life) { state throws(DiskError) in
            guard let length = state.files[self.number]?.length, length < size else { return }
            guard size - length <= state.capacity - min(state.capacity, state.used) else {
                throw DiskError(.noSpace, "\(size) bytes do not fit")
            }
            state.files[self.number]?.setLength(size)
        }
    }

    func truncate(to size: Int) throws(DiskError) {
        try disk.perform(life: life) { state throws(DiskError) in
            guard let length = state.files[self.number]?.length, length > size else { return }
            state.files[self.number]?.setLength(size)
        }
    }

    func sync() throws(DiskError) {
        try disk.perform(life: life) { state throws(DiskError) in
            do throws(DiskError) {
                try state.drawFault(state.faults.failingSyncsPerThousand, "the sync failed")
            } catch {
                state.files[self.number]?.failSync(using: &state.generator)
                throw error
            }
            state.files[self.number]?.sync()
            state.counts.syncs += 1
        }
    }
}
