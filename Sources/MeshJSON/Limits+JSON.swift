package import MeshCore

extension Limits {
    /// Bounds on a document; beyond any of them it is refused whole.
    package enum JSON {
        /// Arrays and objects inside each other; the reader's recursion is as deep as this at most.
        package static let maximumDepth = 128

        /// Bytes of one document, unless the caller allows fewer.
        package static let maximumBytes = 64 * 1_024 * 1_024

        /// Members from which on an object's keys are looked up in a set while they are read.
        package static let membersBeforeSet = 16
    }
}
