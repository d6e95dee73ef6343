package import MeshCore

/// Why a disk did not do what it was asked.
package enum DiskErrorCode: String, ErrorCode {
    package static let domain = "disk"

    /// No room; nothing that was synced is lost.
    case noSpace
    /// There is no such file.
    case notFound
    /// Another process has the folder; the message names it where it is known.
    case held
    /// The operating system said no; the message has its reason.
    case failed
}

/// An error of a disk.
package typealias DiskError = MeshError<DiskErrorCode>

/// The port to one folder of files, for a store that must know exactly what survives a power cut.
///
/// Written from one thread at a time; what does not change any more may be read beside that, unless an implementation
/// says otherwise. What was written is safe only after ``DiskFile/sync()`` of the file and, for a file
/// that is new or removed, ``syncFolder()``. A power cut may keep, lose or tear anything that was not synced.
/// After a failed sync nothing is known about what was written since the last good one.
package protocol Disk: Sendable {
    /// The names of all files, sorted.
    func names() throws(DiskError) -> [String]

    /// Opens the file `name` for reading and writing.
    func open(_ name: String, creating: Bool) throws(DiskError) -> any DiskFile

    /// Removes a file.
    func remove(_ name: String) throws(DiskError)

    /// Makes creations and removals safe.
    func syncFolder() throws(DiskError)

    /// Gives the folder up, so that somebody else may open it; nothing is asked of this disk afterwards.
    func close()
}

extension Disk {
    /// Nothing to give up.
    package func close() {}
}

/// One open file of a ``Disk``.
///
/// It closes itself when nobody holds it any more.
package protocol DiskFile: AnyObject, Sendable {
    /// Its length in bytes.
    func size() throws(DiskError) -> Int

    /// Fills `buffer` from `offset`; returns how many bytes there were, fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int

    /// Writes all of `bytes` at `offset`; when it throws, any part of them may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError)

    /// Makes the file at least `size` bytes long, with zeros on real blocks where the disk can promise them.
    func allocate(_ size: Int) throws(DiskError)

    /// Cuts the file to `size` bytes.
    func truncate(to size: Int) throws(DiskError)

    /// Returns when everything written to the file is safe.
    func sync() throws(DiskError)
}
