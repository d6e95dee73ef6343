internal import MeshCore

/// What a node's runtime has counted since it began.
package struct ActorCounts: Hashable, Sendable {
    /// Actors that came to live here.
    package var activations = 0
    /// Actors that left in good order.
    package var passivations = 0
    /// Actors that were dropped because an append failed.
    package var evictions = 0
    /// Calls refused because a mailbox or the node was full.
    package var overloads = 0
    /// Calls of other nodes whose certificates do not allow them.
    package var callsDenied = 0
    /// Calls that this node sent on to another owner.
    package var redirects = 0
    /// Snapshots that could not be saved.
    package var snapshotFailures = 0
    /// Answers forgotten before their time, because there were too many: asking for them again would be a new command.
    package var answersForgotten = 0
    /// Tries of effects that threw.
    package var effectFailures = 0
    /// Effects put aside for a long while.
    package var effectsAbandoned = 0
    /// Effects that were performed, and are pending still because their value did not take the result.
    package var effectsNotCompleted = 0
    /// Alarms that could not be delivered or did not move.
    package var alarmFailures = 0
    /// Alarms put aside for a long while.
    package var alarmsAbandoned = 0

    /// Nothing yet.
    package init() {}
}

/// The counts, for many to count in.
final class ActorCounters: Sendable {
    private let counts = Lock(ActorCounts())

    var current: ActorCounts { counts.withLock { $0 } }

    func add(_ count: any (WritableKeyPath<ActorCounts, Int> & Sendable), _ number: Int = 1) {
        counts.withLock { $0[keyPath: count] += number }
    }
}
