import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A timer heap` {
    /// What the heap must be like: a list that is sorted for every question.
    private struct Model {
        var scheduled: [(timer: Int, deadline: Instant, arrival: Int)] = []
        var arrivals = 0

        mutating func schedule(_ timer: Int, at deadline: Instant) {
            cancel(timer)
            arrivals += 1
            scheduled.append((timer, deadline, arrivals))
        }

        mutating func cancel(_ timer: Int) { scheduled.removeAll { $0.timer == timer } }

        mutating func popDue(at now: Instant) -> Int? {
            let first = scheduled.min { ($0.deadline, $0.arrival) < ($1.deadline, $1.arrival) }
            guard let first, first.deadline <= now else { return nil }
            cancel(first.timer)
            return first.timer
        }
    }

    @Test(arguments: 0..<50)
    func `gives what a sorted list gives, whatever is scheduled, moved and cancelled`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let handler = Listener()
        let timers = (0..<40).map { _ in LoopTimer(handler: handler) }
        var heap = TimerHeap()
        var model = Model()
        for _ in 0..<2_000 {
            let index = generator.integer(below: timers.count)
            // Few different deadlines, so that many are equal.
            let instant = Instant(nanoseconds: Int64(generator.integer(below: 24)))
            switch generator.integer(below: 8) {
            case 0..<4:
                heap.schedule(timers[index], at: instant)
                model.schedule(index, at: instant)
            case 4:
                heap.cancel(timers[index])
                model.cancel(index)
            default:
                let popped = heap.popDue(at: instant)
                let expected = model.popDue(at: instant)
                #expect(popped.map(ObjectIdentifier.init) == expected.map { ObjectIdentifier(timers[$0]) })
            }
            #expect(heap.count == model.scheduled.count)
            #expect(heap.nextDeadline == model.scheduled.map(\.deadline).min())
            #expect(timers[index].isScheduled == model.scheduled.contains { $0.timer == index })
        }
    }

    @Test func `lets a timer that was removed with all others be cancelled and scheduled again`() {
        let handler = Listener()
        let timers = (0..<5).map { _ in LoopTimer(handler: handler) }
        var heap = TimerHeap()
        for timer in timers { heap.schedule(timer, at: .origin) }
        heap.removeAll()
        heap.cancel(timers[3])
        heap.schedule(timers[4], at: .origin)
        #expect(heap.popDue(at: .origin) === timers[4])
        #expect(heap.count == 0)
    }
}

private final class Listener: TimerHandler {
    func timerFired(_ timer: LoopTimer) {}
}
