import MeshCore
import MeshSimulation
import MeshStore
import Testing

@Suite struct `A simulated disk` {
    @Test func `keeps what was synced through any power cut`() throws {
        for seed in 1...50 {
            let disk = SimulatedDisk(generator: SeededGenerator(seed: UInt64(seed)))
            let file = try disk.open("log", creating: true)
            try file.write(pattern(2_000, 7), at: 0)
            try file.sync()
            try disk.syncFolder()
            try file.write(pattern(2_000, 9), at: 2_000)
            disk.cutPower(.torn)
            #expect(try contents(of: "log", on: disk).prefix(2_000) == pattern(2_000, 7)[...])
        }
    }

    @Test func `the same work loses data exactly when the sync is left out`() throws {
        func losses(syncing: Bool) throws -> Int {
            try (1...40).count { seed in
                let disk = SimulatedDisk(generator: SeededGenerator(seed: UInt64(seed)))
                let file = try disk.open("log", creating: true)
                try disk.syncFolder()
                for record in 0..<8 { try file.write(pattern(700, UInt8(record + 1)), at: record * 700) }
                if syncing { try file.sync() }
                disk.cutPower(.torn)
                return try contents(of: "log", on: disk) != (0..<8).flatMap { pattern(700, UInt8($0 + 1)) }
            }
        }
        #expect(try losses(syncing: true) == 0)
        #expect(try losses(syncing: false) == 40)
    }

    @Test func `tears a write between sectors only, and out of order`() throws {
        let sector = Limits.SimulatedDisk.sectorBytes
        var shapes: Set<[Bool]> = []
        for seed in 1...60 {
            let disk = SimulatedDisk(generator: SeededGenerator(seed: UInt64(seed)))
            let file = try disk.open("log", creating: true)
            try file.allocate(4 * sector)
            try file.sync()
            try disk.syncFolder()
            try file.write(pattern(3 * sector, 5), at: sector / 2)
            disk.cutPower(.torn)
            let bytes = try contents(of: "log", on: disk)
            let pieces = (0..<4).map {
                Array(bytes[max($0 * sector, sector / 2)..<min(($0 + 1) * sector, 3 * sector + sector / 2)])
            }
            #expect(pieces.allSatisfy { Set($0).count == 1 })
            shapes.insert(pieces.map { $0.first == 5 })
        }
        #expect(shapes.count == 16)
    }

    @Test func `forgets names that no sync of the folder has made safe`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
        try disk.open("old", creating: true).sync()
        try disk.syncFolder()
        try disk.open("new", creating: true).sync()
        try disk.remove("old")
        #expect(try disk.names() == ["new"])
        disk.cutPower(.everythingLost)
        #expect(try disk.names() == ["old"])
        try disk.remove("old")
        disk.cutPower(.everythingKept)
        #expect(try disk.names().isEmpty)
    }

    @Test func `refuses what does not fit, keeps what was there, and comes back with room`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
        let file = try disk.open("log", creating: true)
        try file.write(pattern(100, 1), at: 0)
        disk.setRoom(10)
        #expect(throws: DiskError(.noSpace, "")) { try file.write(pattern(100, 2), at: 100) }
        #expect(throws: DiskError(.noSpace, "")) { try file.allocate(1_000) }
        try file.write(pattern(100, 3), at: 0)
        disk.setRoom(nil)
        try file.write(pattern(100, 2), at: 100)
        #expect(try contents(of: "log", on: disk) == pattern(100, 3) + pattern(100, 2))
    }

    @Test func `after a failed sync a later good one does not make up for it`() throws {
        let lost = try (1...40).count { seed in
            let disk = SimulatedDisk(generator: SeededGenerator(seed: UInt64(seed)))
            let file = try disk.open("log", creating: true)
            try disk.syncFolder()
            try file.write(pattern(512, 4), at: 0)
            var faults = DiskFaults()
            faults.failingSyncsPerThousand = 1_000
            disk.setFaults(faults)
            #expect(throws: DiskError(.failed, "")) { try file.sync() }
            disk.setFaults(DiskFaults())
            try file.sync()
            #expect(try contents(of: "log", on: disk) == pattern(512, 4))
            disk.cutPower(.everythingLost)
            return try contents(of: "log", on: disk).isEmpty
        }
        #expect((5...35).contains(lost))
    }

    @Test func `power that fails inside an operation stays off, and old handles are dead afterwards`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 1))
        let file = try disk.open("log", creating: true)
        disk.failPower(afterOperations: 1)
        try file.write(pattern(8, 1), at: 0)
        #expect(throws: DiskError(.failed, "")) { try file.sync() }
        #expect(throws: DiskError(.failed, "")) { try disk.names() }
        disk.cutPower(.everythingKept)
        #expect(throws: DiskError(.failed, "")) { try file.size() }
        #expect(try contents(of: "log", on: disk) == pattern(8, 1))
        #expect(disk.counts.powerCuts == 1 && disk.counts.failures == 3)
    }

    @Test func `a flipped bit is one bit, and says where`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 3))
        let file = try disk.open("log", creating: true)
        try file.write(pattern(64, 0), at: 0)
        try file.sync()
        try disk.syncFolder()
        let place = try #require(disk.flipBit())
        let bytes = try contents(of: place.name, on: disk)
        #expect(bytes.indices.filter { bytes[$0] != 0 } == [place.offset])
        #expect(bytes[place.offset].nonzeroBitCount == 1)
        #expect(disk.isDamaged)
        disk.heal()
        #expect(try contents(of: "log", on: disk) == pattern(64, 0) && !disk.isDamaged)
    }

    @Test func `a misdirected write takes one sector, until that is written again or put right`() throws {
        let disk = SimulatedDisk(generator: SeededGenerator(seed: 3))
        let file = try disk.open("log", creating: true)
        try file.write(pattern(2_000, 0), at: 0)
        #expect(disk.misdirectWrite(at: 1_000)?.offset == 512)
        let bytes = try contents(of: "log", on: disk)
        #expect(Array(bytes.indices.filter { bytes[$0] != 0 }) == Array(512..<1_024))
        try file.write(pattern(512, 7), at: 512)
        #expect(try Array(contents(of: "log", on: disk)[512..<1_024]) == pattern(512, 7) && !disk.isDamaged)
        _ = disk.misdirectWrite(at: 1_999)
        #expect(try contents(of: "log", on: disk).count == 2_000)
        disk.heal()
        #expect(try Array(contents(of: "log", on: disk)[1_024...]) == pattern(976, 0))
        #expect(disk.counts.sectorsOverwritten == 2)
    }
}

private func pattern(_ count: Int, _ byte: UInt8) -> [UInt8] { Array(repeating: byte, count: count) }

private func contents(of name: String, on disk: SimulatedDisk) throws -> [UInt8] {
    guard try disk.names().contains(name) else { return [] }
    let file = try disk.open(name, creating: false)
    var bytes = pattern(try file.size(), 0)
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return Array(bytes.prefix(count))
}

extension DiskFile {
    fileprivate func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
        var failure: DiskError?
        bytes.withUnsafeBytes { buffer in
            do throws(DiskError) { try write(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
