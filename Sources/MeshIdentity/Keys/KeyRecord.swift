package import MeshCore
package import MeshWire

/// What a hub keeps of an API key: all but the key.
package struct KeyRecord: Hashable, Sendable {
    /// Which key.
    package let id: KeyID
    /// What people call it.
    package let name: KeyName
    /// SHA-256 of its secret.
    package let digest: SHA256Digest
    /// What its owner may do.
    package let scopes: Set<KeyScope>
    /// Requests that its owner may make in any sliding minute.
    package let requestsPerMinute: Int
    /// When it was made.
    package let created: WallTime
    /// From when on it does not count; nil for never.
    package let expires: WallTime?
    /// When it was taken back; nil where it was not.
    package internal(set) var revoked: WallTime?

    /// Whether it counts.
    package enum State: String, Hashable, Sendable {
        /// It does.
        case valid
        /// Its time is over.
        case expired
        /// It was taken back.
        case revoked
    }

    /// How it stands at `now`.
    package func state(at now: WallTime) -> State {
        if revoked != nil { return .revoked }
        return expires.map { $0 <= now } == true ? .expired : .valid
    }

    /// When it ended, where it has by `now`.
    func end(by now: WallTime) -> WallTime? {
        switch state(at: now) {
        case .valid: nil
        case .expired: expires
        case .revoked: revoked
        }
    }

    /// Who shows it, for `tenant`.
    package func caller(of tenant: TenantID) -> Caller {
        Caller(tenant: tenant, key: name.text, scopes: scopes, requestsPerMinute: requestsPerMinute)
    }
}

extension KeyRecord: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 8)
        writer.write(id.number)
        writer.write(name.text)
        writer.write(digest)
        writer.write(scopes)
        writer.write(UInt64(requestsPerMinute))
        writer.write(created)
        (expires?.millisecondsSince1970).encode(into: &writer)
        (revoked?.millisecondsSince1970).encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 8)
        id = try reader.readKeyID()
        name = try reader.readIdentifier()
        digest = try reader.readDigest()
        scopes = try reader.readScopes()
        requestsPerMinute = try reader.readPerMinute()
        created = try reader.readTime()
        expires = try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) }
        revoked = try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) }
        try reader.endRecord(tail)
    }
}

// MARK: - How the parts of a key stand in records

extension WireWriter {
    /// In the order of the table, so that the same scopes give the same bytes.
    mutating func write(_ scopes: Set<KeyScope>) {
        let words = KeyScope.allCases.filter(scopes.contains)
        writeArrayHead(count: words.count)
        for scope in words { write(scope.rawValue) }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readKeyID() throws(WireError) -> KeyID {
        let number = try readUInt64()
        let id = KeyID(number: number)
        guard id.number == number else { throw WireError(.invalidValue, "no id of a key") }
        return id
    }

    /// What is not known is not granted.
    @_lifetime(self: copy self)
    mutating func readScopes() throws(WireError) -> Set<KeyScope> {
        let count = try beginArray()
        guard count <= Limits.Keys.maximumScopes else { throw WireError(.tooManyElements, "\(count) scopes") }
        var scopes: Set<KeyScope> = []
        for _ in 0..<count {
            if let scope = KeyScope(rawValue: try readText()) { scopes.insert(scope) }
        }
        endNesting()
        return scopes
    }

    @_lifetime(self: copy self)
    mutating func readPerMinute() throws(WireError) -> Int {
        let number = try readUInt64()
        guard (1...UInt64(Limits.Keys.maximumRequestsPerMinute)).contains(number) else {
            throw WireError(.invalidValue, "no number of requests in a minute")
        }
        return Int(number)
    }
}
