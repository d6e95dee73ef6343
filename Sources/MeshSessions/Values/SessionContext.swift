internal import MeshCore
package import MeshJSON
package import MeshWire

/// What a model is told beside the question: what the asker is after, what it should know, what it must keep to.
package struct SessionContext: Hashable, Sendable {
    /// Pathos: what the asker is after; nil where nobody said.
    package var framing: String?

    /// Logos: what the model should know, in order.
    package var knowledge: [KnowledgePiece]

    /// Ethos: what the answer must keep to, in order.
    package var constraints: [String]

    /// A context of these parts.
    package init(framing: String? = nil, knowledge: [KnowledgePiece] = [], constraints: [String] = []) {
        self.framing = framing
        self.knowledge = knowledge
        self.constraints = constraints
    }

    /// Whether nothing is said.
    package var isEmpty: Bool { framing == nil && knowledge.isEmpty && constraints.isEmpty }

    /// Bytes of all its texts.
    package var bytes: Int {
        let known = knowledge.reduce(0) { $0 + $1.text.utf8.count + ($1.name?.utf8.count ?? 0) }
        return (framing?.utf8.count ?? 0) + known + constraints.reduce(0) { $0 + $1.utf8.count }
    }
}

/// A piece of knowledge.
package struct KnowledgePiece: Hashable, Sendable {
    /// What it is called, for the model and for whoever reads the answer; nil where it has no name.
    package var name: String?

    /// What it says.
    package var text: String

    /// A piece that says `text`.
    package init(name: String? = nil, text: String) {
        self.name = name
        self.text = text
    }
}

/// What of a context shall become different; what is not named stays.
package struct SessionContextChange: Hashable, Sendable {
    /// What a part becomes.
    package enum Part<Value: Hashable & Sendable>: Hashable, Sendable {
        /// It stays.
        case kept
        /// It becomes this.
        case set(Value)
    }

    /// What the framing becomes.
    package var framing: Part<String?> = .kept

    /// What the knowledge becomes.
    package var knowledge: Part<[KnowledgePiece]> = .kept

    /// What the constraints become.
    package var constraints: Part<[String]> = .kept

    /// Nothing changes.
    package init() {}

    /// `context` with the change.
    package func applied(to context: SessionContext) -> SessionContext {
        var context = context
        if case .set(let framing) = framing { context.framing = framing }
        if case .set(let knowledge) = knowledge { context.knowledge = knowledge }
        if case .set(let constraints) = constraints { context.constraints = constraints }
        return context
    }
}

// MARK: - JSON

extension SessionContextChange {
    /// The names of the members of a context.
    package static let members: Set<String> = ["pathos_framing", "local_knowledge", "constraints"]

    /// The change that an object with some of ``members`` asks for; `null` empties a part.
    package init(json field: JSONField) throws(JSONFieldError) {
        try field.members(among: Self.members)
        if let framing = field["pathos_framing"] {
            self.framing = .set(try framing.text(bytes: 1...Limits.Sessions.maximumFramingBytes))
        } else if field.isNull("pathos_framing") {
            framing = .set(nil)
        }
        if let knowledge = field["local_knowledge"] {
            self.knowledge = .set(try Self.pieces(knowledge))
        } else if field.isNull("local_knowledge") {
            knowledge = .set([])
        }
        if let constraints = field["constraints"] {
            var rules: [String] = []
            for rule in try constraints.elements(atMost: Limits.Sessions.maximumConstraints) {
                rules.append(try rule.text(bytes: 1...Limits.Sessions.maximumConstraintBytes))
            }
            self.constraints = .set(rules)
        } else if field.isNull("constraints") {
            constraints = .set([])
        }
        // Whatever it is applied to, what it says itself must fit.
        let bytes = applied(to: SessionContext()).bytes
        guard bytes <= Limits.Sessions.maximumContextBytes else {
            throw field.wrong("has \(bytes) bytes of text, limit \(Limits.Sessions.maximumContextBytes)")
        }
    }

    /// A piece is text, or an object with a text and perhaps a name.
    private static func pieces(_ field: JSONField) throws(JSONFieldError) -> [KnowledgePiece] {
        var pieces: [KnowledgePiece] = []
        for element in try field.elements(atMost: Limits.Sessions.maximumKnowledgePieces) {
            let bytes = 1...Limits.Sessions.maximumKnowledgeBytes
            guard element.value.object != nil else {
                pieces.append(KnowledgePiece(text: try element.text(bytes: bytes)))
                continue
            }
            try element.members(among: ["name", "text"])
            let name = try element["name"].map { (name) throws(JSONFieldError) in
                try name.text(bytes: 1...Limits.Sessions.maximumKnowledgeNameBytes)
            }
            pieces.append(KnowledgePiece(name: name, text: try element.required("text").text(bytes: bytes)))
        }
        return pieces
    }
}

extension SessionContext {
    /// The context that an object says.
    package init(json field: JSONField) throws(JSONFieldError) {
        self = try SessionContextChange(json: field).applied(to: SessionContext())
    }

    /// As an object; what is empty is left out.
    package var json: JSONValue {
        var object = JSONObject()
        object["pathos_framing"] = framing.map { .string($0) }
        if !knowledge.isEmpty { object["local_knowledge"] = .array(knowledge.map(\.json)) }
        if !constraints.isEmpty { object["constraints"] = .array(constraints.map { .string($0) }) }
        return .object(object)
    }
}

extension KnowledgePiece {
    fileprivate var json: JSONValue {
        guard let name else { return .string(text) }
        return ["name": .string(name), "text": .string(text)]
    }
}

// MARK: - Wire

extension KnowledgePiece: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        name.encode(into: &writer)
        writer.write(text)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        name = try reader.readOptionalText(atMost: Limits.Sessions.maximumKnowledgeNameBytes)
        text = try reader.readText(atMost: Limits.Sessions.maximumKnowledgeBytes)
        try reader.endRecord(tail)
    }
}

extension SessionContext: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        framing.encode(into: &writer)
        knowledge.encode(into: &writer)
        constraints.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        framing = try reader.readOptionalText(atMost: Limits.Sessions.maximumFramingBytes)
        knowledge = try reader.readList(of: KnowledgePiece.self, atMost: Limits.Sessions.maximumKnowledgePieces)
        constraints = try reader.readList(of: String.self, atMost: Limits.Sessions.maximumConstraints)
        try reader.endRecord(tail)
        for rule in constraints where rule.utf8.count > Limits.Sessions.maximumConstraintBytes {
            throw WireError(.invalidValue, "a rule of \(rule.utf8.count) bytes")
        }
        guard bytes <= Limits.Sessions.maximumContextBytes else {
            throw WireError(.invalidValue, "a context of \(bytes) bytes")
        }
    }
}

extension SessionContextChange: WireCodable {
    /// A part that is set stands in an array of its own, for the framing may be set to nothing.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        Self.encode(framing, into: &writer)
        Self.encode(knowledge, into: &writer)
        Self.encode(constraints, into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        framing = try Self.part(&reader)
        knowledge = try Self.part(&reader)
        constraints = try Self.part(&reader)
        try reader.endRecord(tail)
        // What is set is held to the same bounds as a whole context.
        let bytes = applied(to: SessionContext()).wireBytes
        _ = try SessionContext(wireBytes: bytes)
    }

    private static func encode<Value: WireCodable>(_ part: Part<Value>, into writer: inout WireWriter) {
        guard case .set(let value) = part else { return writer.writeNil() }
        writer.writeArrayHead(count: 1)
        value.encode(into: &writer)
    }

    private static func part<Value: WireCodable>(_ reader: inout WireReader) throws(WireError) -> Part<Value> {
        if try reader.readNil() { return .kept }
        let tail = try reader.beginRecord(fields: 1)
        let value = try Value(from: &reader)
        try reader.endRecord(tail)
        return .set(value)
    }
}
