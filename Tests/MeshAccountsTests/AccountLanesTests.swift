import MeshAccounts
import MeshActors
import MeshCore
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Lanes of accounts` {
    @Test func `one follows another for one account, in the order of their coming, and others go on`() throws {
        for seed in 0...7 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let (lanes, seen, clock) = (AccountLanes(), Lock<[String]>([]), world.clock)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...4 {
                        group.addTask {
                            try await clock.sleep(for: .milliseconds(number))
                            try await lanes.run(for: "acme") {
                                seen.withLock { $0.append("in \(number)") }
                                try await clock.sleep(for: .seconds(1))
                                seen.withLock { $0.append("out \(number)") }
                            }
                        }
                    }
                    group.addTask {
                        try await clock.sleep(for: .milliseconds(9))
                        try await lanes.run(for: "other") { seen.withLock { $0.append("other") } }
                    }
                    try await group.waitForAll()
                }
                let order = ["in 1", "other", "out 1", "in 2", "out 2", "in 3", "out 3", "in 4", "out 4"]
                try check(seen.withLock { $0 } == order, "\(seen.withLock { $0 })")
                try check(lanes.waiting == 0, "somebody waits")
            }
            try outcome.result.get()
        }
    }

    @Test func `whoever gives up waiting is passed over, and one too many is refused`() throws {
        for seed in 0...7 as ClosedRange<UInt64> {
            let outcome = try SeededRun.run(seed: seed) { world in
                let (lanes, clock) = (AccountLanes(), world.clock)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await lanes.run(for: "acme") { try await clock.sleep(for: .seconds(10)) } }
                    try await clock.sleep(for: .milliseconds(1))
                    for _ in 0..<Limits.Accounts.maximumWaiting {
                        group.addTask {
                            await withTaskGroup(of: Void.self) { inner in
                                inner.addTask { try? await lanes.run(for: "acme") {} }
                                try? await clock.sleep(for: .seconds(2))
                                inner.cancelAll()
                            }
                        }
                    }
                    try await clock.sleep(for: .seconds(1))
                    try check(lanes.waiting == Limits.Accounts.maximumWaiting, "\(lanes.waiting)")
                    do {
                        try await lanes.run(for: "acme") {}
                        throw Complaint(what: "one too many waits")
                    } catch is AccountLanes.Full {}
                    try await lanes.run(for: "other") {}
                    try await clock.sleep(for: .seconds(2))
                    try check(lanes.waiting == 0, "\(lanes.waiting) have not left")
                    try await group.waitForAll()
                }
                try await lanes.run(for: "acme") {}
            }
            try outcome.result.get()
        }
    }
}
