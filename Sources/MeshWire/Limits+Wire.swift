package import MeshCore

extension Limits {
    /// Bounds on what a peer's bytes may make this node do.
    ///
    /// Beyond any of them the value is refused whole.
    package enum Wire {
        /// Arrays and maps inside each other; the reader's recursion is as deep as this at most.
        package static let maximumDepth = 16

        /// Elements of one array: a one-byte element may become a large value in memory.
        package static let maximumArrayElements = 65_536

        /// Entries of one map.
        package static let maximumMapEntries = 4_096

        /// Elements for which room is made before they have been seen; further room comes as they arrive.
        package static let maximumElementsReserved = 1_024
    }

    /// Bounds on frames.
    package enum Frame {
        /// The largest payload that any type of frame may have, and the default that a node states in its hello.
        package static let maximumPayloadBytes = 4 * 1_024 * 1_024

        /// The least that a node may state in its hello: a smaller bound could not carry the protocol's own frames.
        package static let minimumStatedPayloadBytes = 64 * 1_024
    }

    /// Bounds on the first frame of a connection.
    package enum Hello {
        /// Features a node may list.
        package static let maximumFeatures = 64

        /// The software's name and version, in bytes.
        package static let maximumSoftwareBytes = 64

        /// How long a node waits for the peer's hello unless configured otherwise; then it closes the connection.
        package static let patience = Duration.seconds(10)
    }

    /// Bounds on the error frame.
    package enum ErrorFrame {
        /// The sentence for people, in bytes; longer ones are cut before sending and refused on arrival.
        package static let maximumMessageBytes = 1_024
    }

    /// Bounds on pre-warming.
    package enum PreWarm {
        /// Bytes of a project's or an adapter's name; longer ones are cut before sending and refused on arrival.
        package static let maximumNameBytes = 256
    }

    /// Bounds on streams of bytes.
    package enum ByteStream {
        /// Bytes of the word that says what a stream is for; a longer one is refused.
        package static let maximumPurposeBytes = 64

        /// Bytes of one chunk that we send; a received one may fill the bound of its frame.
        package static let chunkBytes = 60 * 1_024

        /// No stream is longer, so that offsets can be added without overflow; a later offset is refused.
        package static let maximumLength = UInt64(1) << 62
    }
}
