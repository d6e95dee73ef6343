package import MeshCore

/// A command that a value wants to be sent at some time, whatever happens until then.
package struct Alarm<Value: Journaled>: Sendable {
    /// When; it is sent then or later, never before.
    package let wallTime: WallTime

    let ring: @Sendable (JournaledActor<Value>, CommandID) async throws -> Void

    /// Sends `command` at `wallTime`.
    package init<C: Command>(at wallTime: WallTime, _ command: C) where C.Target == Value {
        self.wallTime = wallTime
        ring = { actor, id in _ = try await actor.perform(command, id: id) }
    }
}
