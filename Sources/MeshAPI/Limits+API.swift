package import MeshCore

extension Limits {
    /// Bounds on what the gateway says and is asked.
    package enum API {
        /// Nodes on one page, also where nobody asks for so many; the document then says where the next one begins.
        package static let nodesPerPage = 200

        /// Keys on one page; the document then says where the next one begins.
        package static let keysPerPage = 500

        /// Labels that one question may want; more are refused.
        package static let maximumLabelsWanted = 16

        /// Bytes of one answer; a client gives up on a longer one.
        package static let maximumDocumentBytes = 4 * 1_024 * 1_024

        /// How long a node may be given for its answer to a command; more is refused.
        package static let longestTimeout = Duration.seconds(60)
    }
}
