import MeshCore
import MeshStore

/// A disk of bytes in memory with a bound, for tests that change those bytes behind the store's back.
final class MemoryDisk: Disk {
    private let state: Lock<State>

    private struct State {
        var files: [String: [UInt8]] = [:]
        var capacity = Int.max
        var failsSyncs = false
        var folderFailure: DiskError?
        var used: Int { files.values.reduce(0) { $0 + $1.count } }
    }

    init(_ files: [String: [UInt8]] = [:]) {
        state = Lock(State(files: files))
    }

    /// Everything on the disk; what a copy taken now would hold.
    var files: [String: [UInt8]] { state.withLock { $0.files } }

    /// How many bytes fit.
    func limit(to capacity: Int) { state.withLock { $0.capacity = capacity } }

    /// How many bytes there are.
    var used: Int { state.withLock { $0.used } }

    func failNextFolderSync(with error: DiskError) { state.withLock { $0.folderFailure = error } }

    func failSyncs(_ fails: Bool) { state.withLock { $0.failsSyncs = fails } }

    func names() throws(DiskError) -> [String] { state.withLock { $0.files.keys.sorted() } }

    func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        let exists = state.withLock { state in
            if creating, state.files[name] == nil { state.files[name] = [] }
            return state.files[name] != nil
        }
        guard exists else { throw DiskError(.notFound, "no file '\(name)'") }
        return File(disk: self, name: name)
    }

    func remove(_ name: String) throws(DiskError) { state.withLock { _ = $0.files.removeValue(forKey: name) } }

    func syncFolder() throws(DiskError) {
        if let failure = state.withLock({ $0.folderFailure.take() }) { throw failure }
    }

    private final class File: DiskFile {
        let disk: MemoryDisk
        let name: String

        init(disk: MemoryDisk, name: String) {
            self.disk = disk
            self.name = name
        }

        func size() throws(DiskError) -> Int { disk.state.withLock { $0.files[name]?.count ?? 0 } }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
            let bytes = disk.state.withLock { $0.files[name] ?? [] }
            let found = bytes.dropFirst(offset).prefix(buffer.count)
            buffer.copyBytes(from: found)
            return found.count
        }

        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
            let copy = Array(bytes)
            try disk.state.withLock { state throws(DiskError) in
                let growth = max(0, offset + copy.count - (state.files[name]?.count ?? 0))
                let fits = state.used + growth <= state.capacity
                let room = fits ? copy.count : max(0, copy.count - growth)
                state.files[name]?.append(contentsOf: repeatElement(0, count: fits ? growth : 0))
                state.files[name]?.replaceSubrange(offset..<offset + room, with: copy[..<room])
                if !fits { throw DiskError(.noSpace, "the disk is full") }
            }
        }

        func allocate(_ size: Int) throws(DiskError) {
            try disk.state.withLock { state throws(DiskError) in
                let growth = size - (state.files[name]?.count ?? 0)
                guard growth > 0 else { return }
                guard state.used + growth <= state.capacity else { throw DiskError(.noSpace, "the disk is full") }
                state.files[name]?.append(contentsOf: repeatElement(0, count: growth))
            }
        }

        func truncate(to size: Int) throws(DiskError) {
            disk.state.withLock { state in
                state.files[name] = Array((state.files[name] ?? []).prefix(size))
            }
        }

        func sync() throws(DiskError) {
            if disk.state.withLock({ $0.failsSyncs }) { throw DiskError(.failed, "the disk is broken") }
        }
    }
}
