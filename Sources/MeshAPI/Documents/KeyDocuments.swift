internal import MeshCore
package import MeshJSON

/// An API key as operators see it, without its secret: a part of `GET /v1/keys`, and the answer of `DELETE`.
package struct KeyDocument: APIDocument {
    /// How a key stands.
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// It counts.
        case valid
        /// Its time is over.
        case expired
        /// It was taken back.
        case revoked
    }

    /// Which key.
    package let id: String
    /// What people call it.
    package let name: String
    /// Whose it is.
    package let tenant: String
    /// What its owner may do.
    package let scopes: [String]
    /// Requests that its owner may make in any sliding minute.
    package let requestsPerMinute: Int64
    /// When it was made.
    package let created: String
    /// From when on it does not count; nil for never.
    package var expires: String?
    /// When it was taken back; nil where it was not.
    package var revoked: String?
    /// How it stands.
    package let state: State

    /// A key of these parts.
    package init(
        id: String,
        name: String,
        tenant: String,
        scopes: [String],
        requestsPerMinute: Int64,
        created: String,
        state: State
    ) {
        self.id = id
        self.name = name
        self.tenant = tenant
        self.scopes = scopes
        self.requestsPerMinute = requestsPerMinute
        self.created = created
        self.state = state
    }

    /// As the hub says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id)
        object["name"] = .string(name)
        object["tenant"] = .string(tenant)
        object["scopes"] = .array(scopes.map { .string($0) })
        object["requests_per_minute"] = .integer(requestsPerMinute)
        object["created"] = .string(created)
        object["expires"] = expires.map { .string($0) }
        object["revoked"] = revoked.map { .string($0) }
        object["state"] = .string(state.rawValue)
        return .object(object)
    }

    /// What a hub has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "key")
        id = try fields.text("id")
        name = try fields.text("name")
        tenant = try fields.text("tenant")
        scopes = try fields.texts(in: "scopes")
        requestsPerMinute = try fields.integer("requests_per_minute")
        created = try fields.text("created")
        expires = fields["expires"]?.text
        revoked = fields["revoked"]?.text
        state = try fields.word("state", State.self)
    }
}

/// A page of a hub's keys, the oldest first: `GET /v1/keys`.
package struct KeysDocument: APIDocument {
    /// The keys.
    package let keys: [KeyDocument]
    /// Behind which id the next page begins; nil where this is the last one.
    package let next: String?

    /// A page.
    package init(keys: [KeyDocument], next: String?) {
        self.keys = keys
        self.next = next
    }

    /// As the hub says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["keys"] = .array(keys.map(\.json))
        object["next"] = next.map { .string($0) }
        return .object(object)
    }

    /// What a hub has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "list of keys")
        keys = try fields.list("keys", of: KeyDocument.self)
        next = fields["next"]?.text
    }
}

/// A key that was made, with its text, which nobody can be told again: the answer of `POST /v1/keys`.
package struct NewKeyDocument: APIDocument {
    /// The key.
    package let key: KeyDocument
    /// What its owner shows: a secret.
    package let text: String

    /// The key `key` with its text.
    package init(key: KeyDocument, text: String) {
        self.key = key
        self.text = text
    }

    /// As the hub says it, once.
    package var json: JSONValue { ["key": key.json, "text": .string(text)] }

    /// What a hub has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "new key")
        key = try fields.document("key", KeyDocument.self)
        text = try fields.text("text")
    }
}

/// What a key shall be: the body of `POST /v1/keys`.
package struct KeyRequest: APIDocument {
    /// What it shall be called.
    package let name: String
    /// Whose it shall be; nil for the hub's own tenant.
    package var tenant: String?
    /// What its owner may do.
    package let scopes: [String]
    /// For how long; nil for ever.
    package var seconds: Int64?
    /// Requests in any sliding minute; nil for what keys usually may.
    package var requestsPerMinute: Int64?

    /// A key called `name`, for `scopes`.
    package init(name: String, scopes: [String]) {
        self.name = name
        self.scopes = scopes
    }

    /// As a client says it.
    package var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["tenant"] = tenant.map { .string($0) }
        object["scopes"] = .array(scopes.map { .string($0) })
        object["expires_seconds"] = seconds.map { .integer($0) }
        object["requests_per_minute"] = requestsPerMinute.map { .integer($0) }
        return .object(object)
    }

    /// What a client has said.
    package init(json: JSONValue) throws(APIError) {
        let fields = try DocumentFields(json, of: "request for a key")
        name = try fields.text("name")
        tenant = fields["tenant"] == nil ? nil : try fields.text("tenant")
        scopes = try fields.texts(in: "scopes")
        seconds = fields["expires_seconds"] == nil ? nil : try fields.integer("expires_seconds")
        requestsPerMinute =
            fields["requests_per_minute"] == nil ? nil : try fields.integer("requests_per_minute")
    }
}
