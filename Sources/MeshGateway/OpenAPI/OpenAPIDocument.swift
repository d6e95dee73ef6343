internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// What can be asked of a node, as OpenAPI 3.1 has it: made of `data/openapi*.json5`, once.
enum OpenAPIDocument {
    /// The document as it is served.
    static let bytes = JSONWriter.bytes(of: json())

    /// The answer that brings it.
    static var answer: HTTPResponse {
        var response = HTTPResponse(type: "application/json", bytes: bytes)
        response.fields.append(.cacheControl, "no-store")
        return response
    }

    /// What every path may refuse: no key, the wrong one, another host, no room.
    private static let everywhere: [Int64] = [401, 403, 421, 503]

    private static func json() -> JSONValue {
        var document = read(OpenAPIFile.text)
        var components = read(OpenAPISchemasFile.text)
        let ledger = read(OpenAPILedgerFile.text)
        for name in ["parameters", "requestBodies", "responses"] {
            components.add(ledger[name]?.object?.members ?? [], to: name)
        }
        components.add(read(OpenAPITalkFile.text).members + read(OpenAPIAccountsFile.text).members, to: "schemas")
        document.add(ledger["paths"]?.object?.members ?? [], to: "paths")
        let paths = document["paths"]?.object ?? JSONObject()
        document["paths"] = .object(paths.mapMembers { path in (path.key, operations(path.value)) })
        document["components"] = .object(components)
        return .object(document)
    }

    private static func read(_ text: String) -> JSONObject {
        do throws(JSONError) {
            if let object = try JSONReader.read(text, as: .json5).object { return object }
        } catch {
            preconditionFailure("data/openapi*.json5 cannot be read: \(error.message)")
        }
        preconditionFailure("data/openapi*.json5 are objects")
    }

    /// A path with the responses of its operations written out.
    private static func operations(_ path: JSONValue) -> JSONValue {
        guard let object = path.object else { return path }
        return .object(
            object.mapMembers { member in
                guard var operation = member.value.object, let refusals = operation["refusals"]?.array else {
                    return (member.key, member.value)
                }
                let shape = operation["shape"]?.text ?? "Refusal"
                var responses = operation["responses"]?.object ?? JSONObject()
                for status in Set(refusals.compactMap(\.integer) + everywhere).sorted() {
                    responses["\(status)"] = ["$ref": .string("#/components/responses/\(shape)")]
                }
                operation["responses"] = .object(responses)
                (operation["refusals"], operation["shape"]) = (nil, nil)
                return (member.key, .object(operation))
            }
        )
    }
}

extension JSONObject {
    /// Adds members to the object called `key`.
    fileprivate mutating func add(_ members: [Member], to key: String) {
        var object = self[key]?.object ?? JSONObject()
        for member in members { object[member.key] = member.value }
        self[key] = .object(object)
    }
}
