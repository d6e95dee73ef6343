package import MeshCore

/// A run, as a hub tells it from those of other edges: two of them may have drawn the same number.
package struct RunName: Hashable, Sendable {
    /// Whose it is.
    package let edge: NodeID

    /// Its number there.
    package let run: UniqueID

    /// The run of that number at `edge`.
    package init(edge: NodeID, run: UniqueID) {
        self.edge = edge
        self.run = run
    }

    /// By which the hub's desk and its account know it: the same whenever the same edge asks for the same run, also
    /// after a restart, and no other edge's.
    package var call: UniqueID { UniqueID(hashOf: Array("call\u{0}\(edge.text)\u{0}\(run)".utf8)) }
}

extension RunName: Comparable {
    package static func < (left: RunName, right: RunName) -> Bool {
        left.edge == right.edge ? left.run < right.run : left.edge < right.edge
    }
}
