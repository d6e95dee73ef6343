import MeshActors
import MeshCheck
import MeshCore
import MeshWire
import Testing

private let storyTime = WallTime(millisecondsSince1970: 1_000)

@Suite struct `What clients saw, held against the journal` {
    private struct Story {
        let address: ActorAddress
        let owner: Owner
        let commands: [CommandID]
        var seen: [HistoryEvent] = []
        var entries: [PlacedEntry] = []

        /// Two deposits of 5 that were acknowledged, each in its entry, and a balance that was shown.
        init() throws {
            address = try ActorAddress(SampleAccount.kind, "account-1")
            owner = Owner(node: try NodeID("hub-1"), incarnation: 1)
            var generator = SeededGenerator(seed: 1)
            commands = (0..<4).map { _ in CommandID(at: storyTime, using: &generator) }
            for (index, command) in commands.prefix(2).enumerated() {
                seen += [
                    .issued(command, address, .deposit(5)),
                    .answered(command, address, .done(Int64(index + 1) * 5)),
                ]
                write(command, .deposited(5))
            }
            show(10)
        }

        mutating func write(_ command: CommandID, _ event: SampleAccount.Event, epoch: UInt64 = 1) {
            let entry = JournalEntry(command: command, events: [event.wireBytes], answer: [])
            entries.append(
                PlacedEntry(
                    head: Head(rawValue: UInt64(entries.count + 1)),
                    epoch: Epoch(rawValue: epoch),
                    wallTime: storyTime,
                    entry: entry
                )
            )
        }

        mutating func show(_ balance: Int64) {
            seen += [.issued(commands[2], address, .balance), .answered(commands[2], address, .balance(balance))]
        }

        /// The checkers that have seen something broken.
        var broken: [String] {
            JournalCheck(seen: seen, journals: [(address, entries)], owner: owner).results.filter { !$0.hasPassed }
                .map(\.name)
        }
    }

    @Test func `a true story passes every checker`() throws {
        #expect(try Story().broken.isEmpty)
    }

    @Test func `what counts as shown are balances alone`() throws {
        var story = try Story()
        story.seen.append(.answered(story.commands[3], story.address, .refused(7)))
        let results = JournalCheck(seen: story.seen, journals: [], owner: story.owner).results
        #expect(results.first { $0.name == "balance" }?.looked == "1 balances shown")
    }

    @Test func `an acknowledged entry that is gone is seen`() throws {
        var story = try Story()
        story.entries.removeLast()
        #expect(story.broken.contains("nothing-lost"))
    }

    @Test func `a command that happened twice is seen`() throws {
        var story = try Story()
        story.write(story.commands[0], .deposited(5))
        #expect(story.broken.contains("command-once"))
    }

    @Test func `a command that happened after it was refused is seen`() throws {
        var story = try Story()
        story.seen += [
            .issued(story.commands[3], story.address, .withdraw(100)),
            .answered(story.commands[3], story.address, .refused(100)),
        ]
        #expect(story.broken.isEmpty)
        story.write(story.commands[3], .withdrawn(1))
        #expect(story.broken == ["command-once"])
    }

    @Test func `an answer that the journal does not bear out is seen`() throws {
        var story = try Story()
        story.seen += [
            .issued(story.commands[3], story.address, .deposit(1)),
            .answered(story.commands[3], story.address, .done(12)),
        ]
        story.write(story.commands[3], .deposited(1))
        #expect(story.broken == ["balance"])
    }

    @Test func `a balance from before what the client had been told is seen`() throws {
        var story = try Story()
        story.seen.removeLast(2)
        story.show(5)
        #expect(story.broken == ["balance"])
    }

    @Test func `an entry of an earlier epoch after one of a later is seen`() throws {
        var story = try Story()
        story.write(story.commands[3], .deposited(1), epoch: 2)
        #expect(story.broken.isEmpty)
        var generator = SeededGenerator(seed: 2)
        story.write(CommandID(at: storyTime, using: &generator), .deposited(1), epoch: 1)
        #expect(story.broken == ["journal-order"])
    }
}
