/// The keys that callers show.
package enum APIKey {
    /// What the text of each begins with, by which it is told from whatever else a client may send.
    package static let prefix = "mesh_"
}
