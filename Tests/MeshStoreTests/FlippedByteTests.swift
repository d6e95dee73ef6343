import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `A byte changed behind the store's back` {
    @Test func `is detected or harmless wherever it is, after a clean close`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 6)
        let contents = try StoreExample.contents(of: core)
        try core.close()
        try flipEverything(of: disk.files, contents)
    }

    @Test func `is detected or harmless wherever it is, after a crash whose anchor lags far behind`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        try StoreExample.fill(core, count: 6)
        try flipEverything(of: disk.files, StoreExample.contents(of: core))
    }

    private func flipEverything(
        of files: [String: [UInt8]],
        _ contents: [String: [JournalEntry]]
    ) throws {
        var (detected, harmless) = (0, 0)
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            for offset in bytes.indices {
                for mask in [0xFF, 0x01, 0x80] as [UInt8] {
                    var files = files
                    files[name]?[offset] ^= mask
                    do throws(JournalError) {
                        let core = try StoreCore(on: MemoryDisk(files), index: VolatileIndex())
                        let found = try? StoreExample.contents(of: core)
                        #expect(found == contents, "\(name) offset \(offset) mask \(mask)")
                        harmless += 1
                    } catch {
                        #expect(error.code == .corrupt)
                        detected += 1
                    }
                }
            }
        }
        #expect(detected > 5_000, "\(detected) detected, \(harmless) harmless")
    }
}
