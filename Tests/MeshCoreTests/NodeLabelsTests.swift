import MeshCore
import Testing

@Suite struct `A label` {
    @Test(arguments: [
        ("site=berlin", "site", "berlin"), ("gpu=Yes", "gpu", "Yes"), ("a.b-c_d=1.0-rc_2", "a.b-c_d", "1.0-rc_2"),
    ])
    func `is a name and a value`(text: String, name: String, value: String) throws {
        let label = try NodeLabel(text)
        #expect(label.name == name && label.value == value && label.description == text)
    }

    @Test(arguments: [
        "", "site", "=berlin", "site=", "Site=berlin", "site=ber lin", "site=a=b", "-site=x", "site=bérlin",
        "site=a\u{301}", "site\u{338}=x",
        String(repeating: "n", count: Limits.Label.maximumNameBytes + 1) + "=x",
        "x=" + String(repeating: "v", count: Limits.Label.maximumValueBytes + 1),
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: CoreError(.malformedLabel, "")) { try NodeLabel(text) }
    }

    @Test func `the longest that are allowed are taken`() throws {
        let name = String(repeating: "n", count: Limits.Label.maximumNameBytes)
        _ = try NodeLabel(name: name, value: String(repeating: "v", count: Limits.Label.maximumValueBytes))
    }
}

@Suite struct `The labels of a node` {
    @Test func `stand in the order of their names, each once`() throws {
        let labels = try NodeLabels([NodeLabel("site=berlin"), NodeLabel("gpu=yes")])
        #expect(labels.description == "gpu=yes,site=berlin")
        #expect(labels["site"] == "berlin" && labels["none"] == nil)
        #expect(throws: CoreError(.malformedLabel, "")) { try NodeLabels([NodeLabel("a=1"), NodeLabel("a=1")]) }
        #expect(NodeLabels.none.isEmpty)
    }

    @Test func `hold what is wanted only where all of it is there`() throws {
        let labels = try NodeLabels([NodeLabel("site=berlin"), NodeLabel("gpu=yes")])
        #expect(labels.contains([]))
        #expect(labels.contains([try NodeLabel("gpu=yes"), try NodeLabel("site=berlin")]))
        #expect(!labels.contains([try NodeLabel("gpu=yes"), try NodeLabel("site=bern")]))
        #expect(!labels.contains([try NodeLabel("rack=7")]))
    }

    @Test func `are no more than a node may have`() throws {
        let many = try (0...Limits.Label.maximumPerNode).map { try NodeLabel("n\($0)=x") }
        _ = try NodeLabels(Array(many.dropLast()))
        #expect(throws: CoreError(.malformedLabel, "")) { try NodeLabels(many) }
    }
}
