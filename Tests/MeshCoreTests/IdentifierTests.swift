import MeshCore
import Testing

@Suite struct `An identifier` {
    @Test(arguments: ["a", "hub-1", "edge_7.lab", "0", String(repeating: "x", count: Limits.Identifier.maximumBytes)])
    func `lowercase names are accepted as they are`(text: String) throws {
        #expect(try NodeID(text).text == text)
    }

    @Test(arguments: [
        "", "Hub", "-hub", "hub-", "hub 1", "hüb", "a/b", "a:b", ".", "hub\n",
        String(repeating: "x", count: Limits.Identifier.maximumBytes + 1),
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: CoreError(.malformedIdentifier, "")) { try NodeID(text) }
    }

    @Test func `the message names what was to be named and the rule`() {
        #expect { try TenantID("Acme") } throws: { error in
            "\(error)" == "core.malformedIdentifier: a tenant id is made of lowercase letters, digits, '-', '_' and '.'"
        }
    }

    @Test func `identifiers sort by their text`() throws {
        #expect(try [NodeID("b"), NodeID("a")].sorted() == [NodeID("a"), NodeID("b")])
    }
}

@Suite struct `A unique id` {
    private let moment = WallTime(millisecondsSince1970: 0x0192_0123_4567)

    @Test func `the layout is UUID version 7`() {
        var generator = SeededGenerator(seed: 1)
        let text = UniqueID(at: moment, using: &generator).description
        #expect(text.hasPrefix("01920123-4567-7"))
        #expect(["8", "9", "a", "b"].contains(text.split(separator: "-")[3].prefix(1)))
    }

    @Test func `text and bytes come back`() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<100 {
            let id = UniqueID(at: moment, using: &generator)
            #expect(UniqueID(id.description) == id)
            #expect(UniqueID(id.description.uppercased()) == id)
            #expect(UniqueID(bytes: id.bytes) == id)
        }
    }

    @Test func `ids of later moments sort later, as values and as text`() {
        var generator = SeededGenerator(seed: 3)
        let ids = (0..<50).map { offset in
            UniqueID(at: WallTime(millisecondsSince1970: moment.millisecondsSince1970 + offset), using: &generator)
        }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    @Test(arguments: [
        "", "0192012345677000800000000000000", "01920123-4567-7000-8000-00000000000",
        "01920123-4567-7000-8000-00000000000g",
        "0192-01234567-7000-8000-000000000000", "01920123-4567-7000-8000-000000000000-",
    ])
    func `other text is refused`(text: String) {
        #expect(UniqueID(text) == nil)
    }

    @Test func `other lengths are refused`() {
        #expect(UniqueID(bytes: [UInt8](repeating: 0, count: 15)) == nil)
        #expect(UniqueID(bytes: [UInt8](repeating: 0, count: 17)) == nil)
    }

    @Test func `moments before 1970 give the first ids there are`() {
        var generator = SeededGenerator(seed: 4)
        let id = UniqueID(at: WallTime(millisecondsSince1970: -1), using: &generator)
        #expect(id.description.hasPrefix("00000000-0000-7"))
    }
}
