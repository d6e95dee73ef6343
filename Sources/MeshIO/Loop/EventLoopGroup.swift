internal import CMeshSockets
internal import MeshCore

/// Several loops, usually one for each processor, given out in turn.
package final class EventLoopGroup: Sendable {
    private let turn = Lock(0)

    /// The loops, in the order in which they are given out.
    package let loops: [EventLoop]

    /// Starts `count` loops called `name-0`, `name-1` and so on; without a count one for each processor there is to use.
    package init(count: Int? = nil, name: String) throws(IOError) {
        let count = count ?? min(Limits.IO.maximumLoopsInGroup, max(1, Int(cmesh_available_processors())))
        guard (1...Limits.IO.maximumLoopsInGroup).contains(count) else {
            throw IOError(.tooMany, "a group has from 1 to \(Limits.IO.maximumLoopsInGroup) loops, not \(count)")
        }
        var loops: [EventLoop] = []
        for index in 0..<count {
            do throws(IOError) {
                loops.append(try EventLoop.start(name: "\(name)-\(index)"))
            } catch {
                for loop in loops { loop.stop() }
                throw error
            }
        }
        self.loops = loops
    }

    /// The next loop, round and round.
    package func next() -> EventLoop {
        turn.withLock { turn in
            turn = turn + 1 < loops.count ? turn + 1 : 0
            return loops[turn]
        }
    }

    /// Asks all loops to end.
    package func stop() {
        for loop in loops { loop.stop() }
    }

    /// Returns once all threads have ended.
    package func ended() async {
        for loop in loops { await loop.ended() }
    }
}
