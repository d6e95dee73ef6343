import MeshCore
import MeshIO
import Testing

@Suite struct `An event loop` {
    @Test func `runs a task that prefers it, start to end, on its thread`() async throws {
        let loop = try EventLoop.start(name: "loop")
        let places = await Task(executorPreference: loop) {
            var places = [loop.isOnLoop]
            await Task.yield()
            places.append(loop.isOnLoop)
            try? await MachineClock(loop: loop).sleep(for: .milliseconds(1))
            places.append(loop.isOnLoop)
            return places
        }.value
        #expect(places == [true, true, true])
        loop.stop()
        await loop.ended()
    }
}
