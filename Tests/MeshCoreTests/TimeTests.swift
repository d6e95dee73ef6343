import Foundation
import MeshCore
import Testing

@Suite struct `An instant` {
    @Test func `durations take it forward and back`() {
        let instant = Instant.origin + .milliseconds(1_500)
        #expect(instant.nanoseconds == 1_500_000_000)
        #expect(instant - .origin == .milliseconds(1_500))
        #expect(instant + .seconds(-2) < .origin)
    }

    @Test func `it stops at the ends of time`() {
        let end = Instant(nanoseconds: .max)
        let beginning = Instant(nanoseconds: .min)
        #expect(end + .seconds(1) == end)
        #expect(beginning + .seconds(-1) == beginning)
        #expect(Instant.origin + .seconds(Int64.max) == end)
        #expect(end - beginning == .nanoseconds(Int64.max))
    }
}

@Suite struct `Wall time` {
    /// From 1590 on: before the Gregorian reform Foundation writes Julian dates, ISO 8601 does not.
    @Test func `it is written as Foundation writes it`() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let milliseconds = Int64(generator.integer(in: -12_000_000_000_000...200_000_000_000_000))
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1_000))
            #expect(WallTime(millisecondsSince1970: milliseconds).description == expected)
        }
    }

    @Test func `leap days and the last millisecond of a year`() {
        #expect(WallTime(millisecondsSince1970: 951_782_400_000).description == "2000-02-29T00:00:00.000Z")
        #expect(WallTime(millisecondsSince1970: 1_798_761_599_999).description == "2026-12-31T23:59:59.999Z")
        #expect(WallTime(millisecondsSince1970: -1).description == "1969-12-31T23:59:59.999Z")
    }
}

@Suite struct `A duration for people` {
    @Test(arguments: [
        (Duration.zero, "0ns"), (.nanoseconds(870), "870ns"), (.nanoseconds(1_000), "1µs"),
        (.microseconds(1_500), "1.5ms"),
        (.nanoseconds(12_345), "12.3µs"), (.nanoseconds(1_005_000), "1ms"), (.nanoseconds(1_050_000), "1.05ms"),
        (.milliseconds(999), "999ms"), (.seconds(30), "30s"), (.milliseconds(59_990), "59.9s"), (.seconds(65), "1m05s"),
        (.seconds(120), "2m"), (.seconds(7_500), "2h05m"), (.milliseconds(-250), "-250ms"),
    ])
    func `three digits and the unit that suits`(duration: Duration, text: String) {
        #expect(duration.shortText == text)
    }

    @Test func `whole nanoseconds stop at the ends`() {
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
        #expect(Duration.milliseconds(-1).wholeNanoseconds == -1_000_000)
    }
}
