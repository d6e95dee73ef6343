import MeshCore
import MeshIO
import MeshTunnel
import Testing

@Suite struct `An answer of a DNS server` {
    private static let question = "_meshhub._udp.mesh.test"

    private static func number(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    private static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func record(_ owner: [UInt8], _ type: Int, _ content: [UInt8], kind: Int = 1) -> [UInt8] {
        owner + number(type) + number(kind) + [0, 0, 0, 60] + number(content.count) + content
    }

    private static func service(_ owner: [UInt8], _ port: Int, _ target: [UInt8], kind: Int = 1) -> [UInt8] {
        record(owner, 33, number(1) + number(2) + number(port) + target, kind: kind)
    }

    private static func alias(_ owner: String, _ target: String) -> [UInt8] { record(name(owner), 5, name(target)) }

    private static func services(
        _ records: [[UInt8]],
        flags: Int = 0x8180,
        cutTo count: Int? = nil
    ) throws -> [ServiceRecord] {
        var bytes = [0, 1] + number(flags) + number(1) + number(records.count) + [0, 0, 0, 0]
        bytes += name(question) + [0, 33, 0, 1] + records.flatMap { $0 }
        let whole = Array(bytes.prefix(count ?? bytes.count))
        let message = try whole.withUnsafeBytes { try DNSMessage($0) }
        return try message.services(of: try #require(DNSName(question)))
    }

    /// Where the question's name stands.
    private static let pointer: [UInt8] = [0xC0, 12]

    @Test func `says where the services of the name are, and of no other`() throws {
        let found = try Self.services([
            Self.service(Self.pointer, 1, Self.name("HUB-1.mesh.test")),
            Self.service(Self.name("_other._udp.mesh.test"), 2, Self.name("hub-2.mesh.test")),
            // `hub-3` and then what stands behind the second label of the question.
            Self.service(Self.pointer, 3, [5] + Array("hub-3".utf8) + [0xC0, 26]),
            Self.service(Self.pointer, 4, Self.name("chaos"), kind: 3),
            Self.service(Self.pointer, 5, [0]),
            Self.service(Self.pointer, 6, [3] + Array("a.b".utf8) + [0]),
        ])
        #expect(found.map(\.port) == [1, 3])
        #expect(found.map(\.host) == ["hub-1.mesh.test", "hub-3.mesh.test"])
        #expect(found.allSatisfy { $0.priority == 1 && $0.weight == 2 })
    }

    @Test func `is followed along its aliases, and not in a circle`() throws {
        func chain(_ count: Int) throws -> [ServiceRecord] {
            var records = [Self.alias(Self.question, "n1")]
            for number in 1..<count { records.append(Self.alias("n\(number)", "n\(number + 1)")) }
            return try Self.services(records + [Self.service(Self.name("N\(count)"), 1, Self.name("hub"))])
        }
        #expect(try chain(1).count == 1)
        #expect(try chain(Limits.Names.maximumAliases).count == 1)
        #expect(throws: DNSError(.endlessAliases, "")) { try chain(Limits.Names.maximumAliases + 1) }
        let circle = [Self.alias(Self.question, "n1"), Self.alias("n1", Self.question)]
        #expect(throws: DNSError(.endlessAliases, "")) { try Self.services(circle) }
    }

    @Test func `is refused where a name leads forwards, to itself, or through too many pointers`() throws {
        let start = 12 + Self.name(Self.question).count + 4
        for target in [start, start + 2, 0x3FFF] {
            let owner = [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
            #expect(throws: DNSError(.malformedName, "")) { try Self.services([Self.service(owner, 1, [0])]) }
        }
        func chain(_ pointers: Int) throws -> [ServiceRecord] {
            // In the content of a record that nobody reads: each points to the one before, the first to the question.
            let content = start + Self.pointer.count + 10
            var links = Self.pointer
            for number in 1..<pointers - 1 {
                let target = content + 2 * (number - 1)
                links += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
            }
            let last = content + links.count - 2
            let owner = [0xC0 | UInt8(last >> 8), UInt8(last & 0xFF)]
            return try Self.services([
                Self.record(Self.pointer, 16, links), Self.service(owner, 1, Self.name("hub")),
            ])
        }
        #expect(try chain(Limits.Names.maximumPointers).count == 1)
        #expect(throws: DNSError(.malformedName, "")) { try chain(Limits.Names.maximumPointers + 1) }
    }

    @Test func `is refused where a name is too long`() throws {
        let label = [63] + [UInt8](repeating: UInt8(ascii: "a"), count: 63)
        let rest = Limits.Names.maximumNameBytes - 3 * 64 - 2
        let longest = label + label + label + [UInt8(rest)] + [UInt8](repeating: UInt8(ascii: "b"), count: rest) + [0]
        #expect(longest.count == Limits.Names.maximumNameBytes)
        #expect(try Self.services([Self.service(Self.pointer, 1, longest)]).count == 1)
        let longer = label + label + label + [UInt8(rest)] + longest.suffix(rest + 1).dropLast() + [1, 0x62, 0]
        #expect(throws: DNSError(.malformedName, "")) {
            try Self.services([Self.service(Self.pointer, 1, Array(longer))])
        }
        #expect(throws: DNSError(.malformedName, "")) { try Self.services([Self.service(Self.pointer, 1, [0x80, 0])]) }
    }

    @Test func `is refused wherever it is cut, and where a record lies about its length`() throws {
        let record = Self.service(Self.pointer, 1, Self.name("hub"))
        let whole = 12 + Self.name(Self.question).count + 4 + record.count
        for count in 0..<whole {
            #expect(throws: DNSError(.truncated, "")) { try Self.services([record], cutTo: count) }
        }
        var lying = record
        lying[11] += 1
        #expect(throws: DNSError(.malformedRecord, "")) { try Self.services([lying + [0]]) }
    }

    @Test func `counts only where it is an answer, and whole`() throws {
        let record = Self.service(Self.pointer, 1, Self.name("hub"))
        for flags in [0x0180, 0x8380, 0x8182, 0x8185] {
            #expect(throws: DNSError(.noAnswer, "")) { try Self.services([record], flags: flags) }
        }
        #expect(try Self.services([], flags: 0x8183).isEmpty)
    }
}
