package import MeshCore
package import MeshVitals
package import MeshWire

/// The port by which beats leave: the control stream to the hub that the tunnel leads to.
package protocol BeatChannel: Sendable {
    /// Hands `frame` over and returns; false where there is no link.
    ///
    /// That it was handed over does not say that it arrives.
    func send(_ frame: Frame) async -> Bool
}

/// A machine as it was found, and what its node had to do.
package struct VitalsReading: Hashable, Sendable {
    /// How the machine was.
    package var vitals: Vitals

    /// What the node had to do.
    package var load: NodeLoad

    /// A reading.
    package init(vitals: Vitals, load: NodeLoad = NodeLoad()) {
        self.vitals = vitals
        self.load = load
    }
}

/// The port to this machine's vitals.
package protocol VitalsSource: Sendable {
    /// How the machine is now; nil where it cannot be read, because an earlier reading has not come to its end.
    ///
    /// May take long and never blocks a loop. Cancelling ends the wait. May be called again before it has returned.
    func read() async -> VitalsReading?
}

/// What an edge has asked to be made ready.
package struct WarmUp: Hashable, Sendable {
    /// Who asks.
    package let edge: NodeID

    /// For which project.
    package let project: String?

    /// With which adapter.
    package let adapter: String?

    /// A wish.
    package init(edge: NodeID, project: String?, adapter: String?) {
        self.edge = edge
        self.project = project
        self.adapter = adapter
    }
}

/// The port to whoever makes ready what an edge will soon ask for: the engine, the cache of adapters.
package protocol WarmUpHook: Sendable {
    /// Makes ready what `wish` names; one wish at a time, on no loop. Cancelling gives it up.
    func warmUp(_ wish: WarmUp) async
}

/// A hub that has nothing to make ready.
package struct NoWarmUp: WarmUpHook {
    /// The only one.
    package init() {}

    /// Does nothing.
    package func warmUp(_ wish: WarmUp) async {}
}
