import MeshActors
import MeshCore
import MeshStore
import Testing

@Suite struct `The bytes of a store` {
    @Test func `a batch of one entry has exactly the bytes of the document`() throws {
        let disk = MemoryDisk()
        let core = try StoreExample.open(disk)
        let address = try StoreExample.address("a")
        let claim = try core.claim(address, for: StoreExample.owner, .ifFree)
        let command = try #require(CommandID("00000000-0000-7000-8000-000000000001"))
        let entry = JournalEntry(command: command, events: [[1, 2]], answer: [3])
        let wake = WallTime(millisecondsSince1970: 9)
        try core.stage(StoreExample.append([entry], to: address, claim, at: 0, wake: wake))
        try core.commit()
        let segment = try #require(disk.files["log-0000000000000000"])
        let ownership = Self.ownership(epoch: claim.epoch)
        let payload = Self.entry(epoch: claim.epoch)
        let chain = SHA256.digest([UInt8](repeating: 0, count: 32) + payload).bytes
        let records =
            Self.frame([4] + [UInt8](repeating: 0, count: 32) + ownership) + Self.frame([1] + chain + payload)
        let start = Array("MSHB".utf8) + Self.bytes(UInt32(records.count)) + [UInt8](repeating: 0, count: 8)
        let counted = start + [0, 0, 0, 2] + Self.bytes(CRC32C.checksum(records)) + [UInt8](repeating: 0, count: 36)
        let header = counted + Self.bytes(CRC32C.checksum(counted)) + [0x5A, 0x5A, 0x5A, 0x5A]
        let batch = header + records + Array("endbatch".utf8)
        #expect(Array(segment[64..<64 + batch.count]) == batch)
        #expect(segment[(64 + batch.count)...].allSatisfy { $0 == 0 })
    }

    private static func ownership(epoch: Epoch) -> [UInt8] {
        [0x87, 0x66] + Array("sample".utf8) + [0x61, 0x61, 0x1B] + bytes(epoch.rawValue) + [0x00, 0xF6]
            + [0x63] + Array("one".utf8) + [0x01]
    }

    private static func entry(epoch: Epoch) -> [UInt8] {
        [0x89, 0x66] + Array("sample".utf8) + [0x61, 0x61, 0x1B] + bytes(epoch.rawValue) + [0x01, 0x09, 0x05]
            + [0x50, 0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1] + [0x81, 0x42, 1, 2] + [0x41, 3]
    }

    private static func frame(_ body: [UInt8]) -> [UInt8] {
        bytes(UInt32(body.count)) + bytes(CRC32C.checksum(body)) + body
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
