internal import MeshCore

/// A disk that notes in a ledger how long each sync of a segment takes.
///
/// The log itself knows no clock. The anchor follows at its leisure and nobody waits for it: it is not timed.
struct TimedDisk: Disk {
    let base: any Disk
    let ledger: StoreLedger

    func names() throws(DiskError) -> [String] { try base.names() }

    func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        let file = try base.open(name, creating: creating)
        return name == AnchorFile.name ? file : TimedFile(file, ledger)
    }

    func remove(_ name: String) throws(DiskError) { try base.remove(name) }

    func syncFolder() throws(DiskError) { try base.syncFolder() }

    func close() { base.close() }
}

private final class TimedFile: DiskFile {
    private let base: any DiskFile
    private let ledger: StoreLedger

    init(_ base: any DiskFile, _ ledger: StoreLedger) {
        self.base = base
        self.ledger = ledger
    }

    func size() throws(DiskError) -> Int { try base.size() }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        try base.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { try base.write(bytes, at: offset) }

    func allocate(_ size: Int) throws(DiskError) { try base.allocate(size) }

    func truncate(to size: Int) throws(DiskError) { try base.truncate(to: size) }

    func sync() throws(DiskError) {
        let begun = ContinuousClock.now
        try base.sync()
        let time = ContinuousClock.now - begun
        ledger.note { $0.syncTimes.note(time) }
    }
}
