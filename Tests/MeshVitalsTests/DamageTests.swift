import MeshCore
import MeshVitals
import Testing

/// Texts that are not as they should be: nothing traps, and what is told is possible.
@Suite struct `Damaged machines` {
    @Test(arguments: RecordedMachine.names)
    func `say less or something else, but nothing impossible`(_ name: String) throws {
        let (first, second) = try RecordedMachine.moments(name)
        var generator = SeededGenerator(seed: 7)
        var differing = 0
        let sound = RecordedMachine.vitals(first, second)
        for _ in 0..<150 {
            let vitals = RecordedMachine.vitals(damaged(first, &generator), damaged(second, &generator))
            try checkPossible(vitals)
            if vitals != sound { differing += 1 }
        }
        #expect(differing > 20, "the damage is felt")
    }

    @Test(arguments: RecordedMachine.names)
    func `whose files are missing one by one still say the rest`(_ name: String) throws {
        let (first, second) = try RecordedMachine.moments(name)
        for path in first.files.keys.sorted() {
            var (less, later) = (first, second)
            (less.files[path], later.files[path]) = (nil, nil)
            let vitals = RecordedMachine.vitals(less, later)
            try checkPossible(vitals)
            #expect(vitals != Vitals())
        }
    }

    private func damaged(_ machine: RecordedMachine, _ generator: inout SeededGenerator) -> RecordedMachine {
        var machine = machine
        for path in machine.files.keys.sorted() where generator.chance(1, in: 4) {
            machine.files[path] = damaged(machine.files[path] ?? [], &generator)
        }
        return machine
    }

    private func damaged(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        let odd = [
            "", "-1", "18446744073709551616", "9223372036854775807", "-9223372036854775808", "0x1", "1e400", "nan",
            "\u{0}",
            ":", "::", "/..", "max", " ", "\n\n", "💥", "0-99999999999", "5-1", "cpu", "cpu-1",
            "cpu99999999999999999999",
        ]
        switch generator.integer(below: 5) {
        case 0: return Array(bytes.prefix(generator.integer(below: bytes.count + 1)))
        case 1:
            for _ in 0..<4 where !bytes.isEmpty {
                bytes[generator.integer(below: bytes.count)] = UInt8(generator.integer(below: 256))
            }
            return bytes
        case 2: return Array(generator.pick(from: odd)?.utf8 ?? "".utf8)
        case 3:
            // A word in the place of another.
            var words = bytes.split(separator: UInt8(ascii: " ")).map(Array.init)
            guard !words.isEmpty else { return [] }
            words[generator.integer(below: words.count)] = Array(generator.pick(from: odd)?.utf8 ?? "".utf8)
            return Array(words.joined(separator: [UInt8(ascii: " ")]))
        default: return bytes + bytes.reversed()
        }
    }

    private func checkPossible(_ vitals: Vitals) throws {
        let parts = [vitals.processorLoad, vitals.processorStolen, vitals.batteryCharge] + vitals.graphics.map(\.load)
        for part in parts.compactMap(\.self) { try #require((0...1).contains(part)) }
        let sizes = [
            (vitals.memoryAvailableBytes, vitals.memoryTotalBytes)
        ]
        for case (let part?, let whole?) in sizes { try #require(part <= whole) }
        for rate in [vitals.networkReceivedBytesPerSecond, vitals.networkSentBytesPerSecond].compactMap(\.self) {
            try #require(rate >= 0 && rate.isFinite)
        }
        if let celsius = vitals.hottestCelsius { try #require((-40...126).contains(celsius)) }
        if let count = vitals.processorCount { try #require(count > 0 && count.isFinite) }
        // What is possible can be told, and comes back.
        let beat = Beat(
            device: try NodeID("edge"),
            timestampMilliseconds: 1,
            sequence: 1,
            interval: nil,
            vitals: vitals
        )
        let again = try Beat(json: beat.json)
        try #require(try Beat(json: again.json) == again)
    }
}

@Suite struct `Bounds on vitals` {
    @Test func `of a long file the beginning is read`() {
        let head = "name, 50, 1, 1, 50\n"
        let text = head + String(repeating: "x", count: Limits.Vitals.maximumFileBytes) + "\nlate, 60, 1, 1, 60\n"
        #expect(NVIDIAQuery.cards(in: Array(text.utf8)).map(\.name) == ["name"])
    }

    @Test func `groups that are too deep, processors that are too many and interfaces beyond the bound are left out`() {
        let deep = String(repeating: "/g", count: Limits.Vitals.maximumGroupDepth + 1)
        var files = ["/proc/self/cgroup": "0::\(deep)\n", "/sys/fs/cgroup\(deep)/memory.max": "4096\n"]
        files["/proc/meminfo"] = "MemTotal: 8 kB\n"
        files["/proc/stat"] = (0...Limits.Vitals.maximumProcessors).map { "cpu\($0) 1 0 0 1\n" }.joined()
        files["/proc/net/dev"] = (0...Limits.Vitals.maximumNames).map { "e\($0): 1 0 0 0 0 0 0 0 1\n" }.joined()
        var later = files
        later["/proc/net/dev"] = (0...Limits.Vitals.maximumNames).map { "e\($0): 11 0 0 0 0 0 0 0 11\n" }.joined()
        let vitals = RecordedMachine.vitals(RecordedMachine(files), RecordedMachine(later))
        #expect(vitals.memoryTotalBytes == 8_192)
        #expect(vitals.processorCount ?? 0 <= Double(Limits.Vitals.maximumProcessors))
        #expect(vitals.networkReceivedBytesPerSecond == Double(Limits.Vitals.maximumNames))
        files["/proc/self/status"] = "Cpus_allowed_list:\t0-\(Limits.Vitals.maximumProcessors)\n"
        #expect(RecordedMachine.vitals(RecordedMachine(files), RecordedMachine(files)).processorCount != nil)
    }
}
