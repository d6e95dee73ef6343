/// What a file system holds.
package struct FileSystemSpace: Hashable, Sendable {
    /// How large it is.
    package let totalBytes: UInt64

    /// What a process without privileges may still write.
    package let availableBytes: UInt64

    /// A file system of these figures.
    package init(totalBytes: UInt64, availableBytes: UInt64) {
        self.totalBytes = totalBytes
        self.availableBytes = availableBytes
    }
}

/// The port to the files in which a kernel says how the machine is.
///
/// Calls may block, on a hung disk for ever: whoever implements it says on which thread. What is not there, may not be
/// read or is no text is nil; nothing is thrown, since what a machine does not say is absent and no error.
package protocol VitalsFiles: Sendable {
    /// The beginning of the file at `path`, at most ``Limits/Vitals/maximumFileBytes``.
    func bytes(of path: String) -> [UInt8]?

    /// The names in `folder`, in any order, at most ``Limits/Vitals/maximumNames``.
    func names(in folder: String) -> [String]?

    /// The space of the file system that holds `path`.
    func space(of path: String) -> FileSystemSpace?
}

extension VitalsFiles {
    /// The file at `path` as lines of words.
    func text(of path: String) -> KernelText? { bytes(of: path).map { KernelText($0) } }

    /// The first word of the file at `path`.
    func word(of path: String) -> String? { text(of: path)?.lines.first?.first }

    /// The first line of the file at `path`.
    func line(of path: String) -> String? { text(of: path)?.lines.first?.joined(separator: " ") }

    /// The number that is the first word of the file at `path`.
    func unsigned(of path: String) -> UInt64? { word(of: path).flatMap { UInt64($0) } }

    /// The number that is the first word of the file at `path`, which may be negative.
    func signed(of path: String) -> Int64? { word(of: path).flatMap { Int64($0) } }

    /// The names in `folder` that begin with `prefix` and go on with a digit, by their numbers.
    func numbered(_ prefix: String, in folder: String) -> [String] {
        (names(in: folder) ?? [])
            .compactMap { name -> (number: UInt64, name: String)? in
                guard name.hasPrefix(prefix), let number = UInt64(name.dropFirst(prefix.count)) else { return nil }
                return (number, name)
            }
            .sorted { ($0.number, $0.name) < ($1.number, $1.name) }
            .map(\.name)
    }
}
