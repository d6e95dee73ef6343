internal import MeshCore

/// Names of nodes on command lines.
enum NodeName {
    static func isValid(_ text: String) -> Bool { (try? NodeID(text)) != nil }
}
