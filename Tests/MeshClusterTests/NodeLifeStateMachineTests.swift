import MeshCluster
import MeshCore
import Testing

@Suite struct `The life of a node as a process` {
    private static let patience = Duration.seconds(20)

    private func at(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

    /// A node that is ready since the beginning.
    private func ready(restartAfter: Duration? = .seconds(1)) -> NodeLifeStateMachine {
        var life = NodeLifeStateMachine(restartAfter: restartAfter)
        #expect(life.start() == .spawn)
        life.spawned(now: .origin)
        life.becameReady(true)
        return life
    }

    @Test func `it waits, starts, and is ready`() {
        var life = NodeLifeStateMachine(restartAfter: nil)
        #expect(life.phase == .waiting && life.nextDeadline == nil)
        #expect(life.start() == .spawn)
        life.spawned(now: at(3))
        #expect(life.phase == .starting && life.upSince == at(3) && life.restarts == 0)
        life.becameReady(true)
        #expect(life.phase == .ready)
        life.becameReady(false)
        #expect(life.phase == .disconnected)
        life.becameReady(true)
        #expect(life.phase == .ready)
    }

    @Test func `one that is killed comes back after its pause`() {
        var life = ready()
        #expect(life.kill(comesBackAfter: nil) == .signal([.kill]))
        life.ended(now: at(5))
        #expect(life.phase == .restarting && life.nextDeadline == at(6))
        #expect(life.deadlineReached(now: at(5)) == .nothing)
        #expect(life.deadlineReached(now: at(6)) == .spawn)
        life.spawned(now: at(6))
        #expect(life.restarts == 1)
    }

    @Test func `the one who kills may say how long it stays away`() {
        var life = ready()
        #expect(life.kill(comesBackAfter: .seconds(30)) == .signal([.kill]))
        life.ended(now: at(1))
        #expect(life.nextDeadline == at(31))
    }

    @Test func `one that never comes back is killed for good, until somebody starts it again`() {
        var life = ready(restartAfter: nil)
        #expect(life.kill(comesBackAfter: nil) == .signal([.kill]))
        life.ended(now: at(1))
        #expect(life.phase == .killed && life.nextDeadline == nil)
        #expect(life.kill(comesBackAfter: nil) == .refuse("is not running"))
        #expect(life.restart(now: at(2), patience: Self.patience) == .spawn)
    }

    @Test func `pausing and going on come in turn`() {
        var life = ready()
        #expect(life.resume() == .refuse("is not paused"))
        #expect(life.pause() == .signal([.pause]))
        #expect(life.phase == .paused)
        #expect(life.pause() == .refuse("is paused already"))
        #expect(life.resume() == .signal([.resume]))
        #expect(life.phase == .ready)
    }

    @Test func `one that is paused is let go on when it is to stop`() {
        var life = ready()
        #expect(life.pause() == .signal([.pause]))
        #expect(life.stop(now: at(1), patience: Self.patience) == .signal([.stop, .resume]))
        #expect(life.phase == .stopping && life.nextDeadline == at(21))
        life.ended(now: at(2))
        #expect(life.phase == .stopped && life.nextDeadline == nil)
    }

    @Test func `one that does not stop is killed`() {
        var life = ready()
        #expect(life.stop(now: at(1), patience: Self.patience) == .signal([.stop]))
        #expect(life.deadlineReached(now: at(21)) == .signal([.kill]))
        #expect(life.nextDeadline == nil)
        life.ended(now: at(21))
        #expect(life.phase == .stopped)
    }

    @Test func `a restart stops it and starts it at once`() {
        var life = ready()
        #expect(life.restart(now: at(1), patience: Self.patience) == .signal([.stop]))
        #expect(life.phase == .restarting)
        #expect(life.restart(now: at(1), patience: Self.patience) == .refuse("is being stopped already"))
        life.ended(now: at(2))
        #expect(life.deadlineReached(now: at(2)) == .spawn)
    }

    @Test func `a stop while it is being restarted is a stop`() {
        var life = ready()
        #expect(life.restart(now: at(1), patience: Self.patience) == .signal([.stop]))
        #expect(life.stop(now: at(1), patience: Self.patience) == .signal([]))
        life.ended(now: at(2))
        #expect(life.phase == .stopped)
    }

    @Test func `one that waits for its next start is not started after a stop`() {
        var life = ready()
        life.ended(now: at(1))
        #expect(life.phase == .restarting)
        #expect(life.stop(now: at(1), patience: Self.patience) == .nothing)
        #expect(life.phase == .stopped && life.nextDeadline == nil)
    }

    @Test func `one that is never ready is given up after so many starts`() {
        var life = NodeLifeStateMachine(restartAfter: .seconds(1))
        #expect(life.start() == .spawn)
        for start in 1...Limits.Cluster.vainStarts {
            life.spawned(now: at(Int64(start) * 10))
            life.ended(now: at(Int64(start) * 10))
            #expect((life.phase == .failed) == (start == Limits.Cluster.vainStarts))
        }
        #expect(life.nextDeadline == nil)
        #expect(life.restart(now: at(99), patience: Self.patience) == .spawn)
    }

    @Test func `one for which the machine has no room is tried again after a pause, and given up after so many`() {
        var life = NodeLifeStateMachine(restartAfter: nil)
        #expect(life.start() == .spawn)
        for start in 1..<Limits.Cluster.vainStarts {
            life.notStarted(now: at(Int64(start)))
            #expect(life.phase == .restarting)
            #expect(life.nextDeadline == at(Int64(start)) + Limits.Cluster.roomPause)
            #expect(life.deadlineReached(now: at(Int64(start)) + Limits.Cluster.roomPause) == .spawn)
        }
        life.notStarted(now: at(99))
        #expect(life.phase == .failed && life.nextDeadline == nil)
    }

    @Test func `one that starts after all has been started for the first time`() {
        var life = NodeLifeStateMachine(restartAfter: nil)
        #expect(life.start() == .spawn)
        life.notStarted(now: at(1))
        #expect(life.deadlineReached(now: at(2)) == .spawn)
        life.spawned(now: at(2))
        #expect(life.phase == .starting && life.restarts == 0)
    }

    @Test func `having been ready counts anew`() {
        var life = NodeLifeStateMachine(restartAfter: .seconds(1))
        for _ in 0..<Limits.Cluster.vainStarts * 2 {
            life.spawned(now: at(1))
            life.becameReady(true)
            life.ended(now: at(1))
        }
        #expect(life.phase == .restarting)
    }
}
