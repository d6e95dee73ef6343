internal import MeshCore

/// A disk that refuses to be changed, quietly where a reader would only have tidied up.
struct ReadOnlyDisk: Disk {
    private let disk: any Disk

    init(_ disk: any Disk) { self.disk = disk }

    func names() throws(DiskError) -> [String] { try disk.names() }

    func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile {
        ReadOnlyFile(try disk.open(name, creating: false))
    }

    func remove(_ name: String) throws(DiskError) {}

    func syncFolder() throws(DiskError) {}

    fileprivate static var refusal: DiskError { DiskError(.failed, "the store is only looked at") }
}

private final class ReadOnlyFile: DiskFile {
    private let file: any DiskFile

    init(_ file: any DiskFile) { self.file = file }

    func size() throws(DiskError) -> Int { try file.size() }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { throw ReadOnlyDisk.refusal }

    func allocate(_ size: Int) throws(DiskError) {}

    func truncate(to size: Int) throws(DiskError) {}

    func sync() throws(DiskError) {}
}
