internal import MeshCore
package import MeshTunnel

/// The answer of a DNS server (RFC 1035 §4.1), as far as the hubs of a name need it.
///
/// Any bytes may come: they become a value or an error.
package struct DNSMessage: Hashable, Sendable {
    /// A record of the answer that leads on.
    package struct Record: Hashable, Sendable {
        /// Whose it is.
        package let owner: DNSName

        /// What it says.
        package let content: Content
    }

    /// What a record says.
    package enum Content: Hashable, Sendable {
        /// The owner is another name for this one.
        case alias(DNSName)
        /// A service of the owner (RFC 2782).
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName)
    }

    /// Whether the name exists, as far as the server says.
    package let isNameKnown: Bool

    /// What was asked for; nil where the answer does not say.
    package let question: DNSName?

    /// The records that lead on, in their order.
    package let records: [Record]

    /// Reads an answer.
    package init(_ bytes: UnsafeRawBufferPointer) throws(DNSError) {
        var reader = DNSReader(bytes)
        try reader.skip(2)
        let flags = try reader.readNumber()
        guard flags & Self.isAnswer != 0, flags & Self.isTruncated == 0 else {
            throw DNSError(.noAnswer, "the message is no answer, or not a whole one")
        }
        let code = flags & 0xF
        guard code == Self.codeOfSuccess || code == Self.codeOfUnknownName else {
            throw DNSError(.noAnswer, "the server answers with the code \(code)")
        }
        isNameKnown = code == Self.codeOfSuccess
        let (questions, answers) = (try reader.readNumber(), try reader.readNumber())
        try reader.skip(4)
        var question: DNSName?
        for number in 0..<questions {
            let name = try reader.readName()
            if number == 0 { question = name }
            try reader.skip(4)
        }
        self.question = question
        var records: [Record] = []
        for _ in 0..<answers {
            if let record = try Self.readRecord(&reader) { records.append(record) }
        }
        self.records = records
    }

    private static func readRecord(_ reader: inout DNSReader) throws(DNSError) -> Record? {
        let owner = try reader.readName()
        let (type, kind) = (try reader.readNumber(), try reader.readNumber())
        try reader.skip(4)
        let length = Int(try reader.readNumber())
        let start = reader.offset
        let content = kind == internet ? try readContent(type, &reader) : nil
        guard let content else {
            try reader.skip(length)
            return nil
        }
        guard reader.offset == start + length else {
            throw DNSError(.malformedRecord, "a record says that it has \(length) bytes, it has others")
        }
        return Record(owner: owner, content: content)
    }

    private static func readContent(_ type: UInt16, _ reader: inout DNSReader) throws(DNSError) -> Content? {
        switch type {
        case typeOfAliases: return .alias(try reader.readName())
        case typeOfServices:
            let (priority, weight) = (try reader.readNumber(), try reader.readNumber())
            let port = try reader.readNumber()
            return .service(priority: priority, weight: weight, port: port, target: try reader.readName())
        default: return nil
        }
    }

    /// The services of `name`, or of what it is another name for.
    ///
    /// A target that is no host's name is left out: so are the root, which says that there is no service, and what
    /// exceeds ``Limits/Tunnel/maximumServices``.
    package func services(of name: DNSName) throws(DNSError) -> [ServiceRecord] {
        var owner = name
        var followed = 0
        while let alias = alias(of: owner) {
            followed += 1
            guard followed <= Limits.Names.maximumAliases else {
                throw DNSError(.endlessAliases, "more than \(Limits.Names.maximumAliases) aliases")
            }
            owner = alias
        }
        var found: [ServiceRecord] = []
        for record in records where record.owner == owner && found.count < Limits.Tunnel.maximumServices {
            guard case .service(let priority, let weight, let port, let target) = record.content,
                let host = target.hostText
            else { continue }
            found.append(ServiceRecord(priority: priority, weight: weight, host: host, port: port))
        }
        return found
    }

    private func alias(of owner: DNSName) -> DNSName? {
        for record in records where record.owner == owner {
            if case .alias(let target) = record.content { return target }
        }
        return nil
    }

    private static let isAnswer: UInt16 = 0x8000
    private static let isTruncated: UInt16 = 0x0200
    private static let codeOfSuccess: UInt16 = 0
    private static let codeOfUnknownName: UInt16 = 3
    private static let internet: UInt16 = 1
    private static let typeOfAliases: UInt16 = 5
    private static let typeOfServices: UInt16 = 33
}
