import MeshCore
import MeshVault
import Testing

@Suite struct `Sealed boxes` {
    private let subkey = [UInt8](repeating: 9, count: 32)
    private let context = Array("context".utf8)

    private func secret(_ first: UInt8 = 0) throws -> TokenKey {
        let bytes = [first] + Array(1..<32)
        return try #require(bytes.withUnsafeBytes { TokenKey(copying: $0) })
    }

    private func seal(_ text: String, chance: [UInt8]? = nil) throws -> [UInt8] {
        let secret = try secret()
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBytes { text in
            guard let chance else { return try SealedBox.seal(text, by: secret, subkey: subkey, context: context) }
            return try SealedBox.seal(text, by: secret, subkey: subkey, context: context, chance: chance)
        }
    }

    private func open(_ box: [UInt8], subkey: [UInt8]? = nil, context: [UInt8]? = nil, by first: UInt8 = 0) throws
        -> String
    {
        let text = try SealedBox.open(
            box,
            by: secret(first),
            subkey: subkey ?? self.subkey,
            context: context ?? self.context
        )
        return text.withBytes { String(decoding: $0.prefix(box.count - SealedBox.overhead), as: UTF8.self) }
    }

    @Test func `a box is what another implementation makes of the same`() throws {
        // Made with ChaCha20Poly1305 of Python's cryptography 48.0.0 (OpenSSL) and hmac, by docs/decisions/0024.
        let expected =
            "f47f160cc5ce896ffa1aa82fb59b8c04cf1fcb07836623ec6d1323890616f9a5"
            + "e0650c7daad17748a1bd92afca8a238f34e2595f7010fdd9c0562db80cb7c2fd"
        let box = try seal("anna@example.org", chance: [UInt8](repeating: 7, count: 32))
        #expect(Hexadecimal.encode(box) == expected)
        #expect(try open(box) == "anna@example.org")
    }

    @Test(arguments: ["", "a", "anna@example.org", String(repeating: "long ", count: 20_000)])
    func `what was sealed is opened`(text: String) throws {
        let box = try seal(text)
        #expect(box.count == text.utf8.count + SealedBox.overhead)
        #expect(try open(box) == text)
    }

    @Test func `every flipped bit is refused`() throws {
        let box = try seal("anna@example.org")
        for index in box.indices {
            for bit in 0..<8 {
                var changed = box
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: VaultError(.damaged, "")) { try open(changed) }
            }
        }
    }

    @Test func `every cut is refused, and what is added too`() throws {
        let box = try seal("anna@example.org")
        for count in 0..<box.count {
            #expect(throws: VaultError(.damaged, "")) { try open(Array(box[..<count])) }
        }
        #expect(throws: VaultError(.damaged, "")) { try open(box + [0]) }
    }

    @Test func `another context, subkey or secret does not open it`() throws {
        let box = try seal("anna@example.org")
        #expect(throws: VaultError(.damaged, "")) { try open(box, context: Array("contexT".utf8)) }
        #expect(throws: VaultError(.damaged, "")) { try open(box, subkey: [UInt8](repeating: 8, count: 32)) }
        #expect(throws: VaultError(.damaged, "")) { try open(box, by: 1) }
    }

    @Test func `the same text is sealed differently each time`() throws {
        #expect(Set(try (0..<20).map { _ in try seal("anna@example.org") }).count == 20)
    }

    @Test func `also where chance fails, two texts have two keys`() throws {
        let chance = [UInt8](repeating: 0, count: 32)
        let (one, two) = (try seal("anna@example.org", chance: chance), try seal("anna@example.com", chance: chance))
        #expect(one.prefix(32) != two.prefix(32))
    }
}
