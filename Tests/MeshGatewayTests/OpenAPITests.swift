import MeshAPI
import MeshCore
import MeshEscalation
import MeshGateway
import MeshHTTP
import MeshJSON
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The description of the API` {
    @Test func `names every route that is mounted, and no other`() async throws {
        try await GatewayGround.run { ground in
            let document = try await ground.take(.get, APIPath.openAPI, HTTPFields()).json
            var described: [String] = []
            for path in try #require(document["paths"]?.object).members {
                for operation in try #require(path.value.object).members where operation.key != "parameters" {
                    described.append("\(operation.key.uppercased()) \(path.key)")
                }
            }
            // That a value may have slashes, OpenAPI cannot say.
            #expect(described.sorted() == ground.routes.map { $0.replacing("...}", with: "}") })
            #expect(described.count > 25)
        }
    }

    @Test func `holds together`() async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.take(.get, APIPath.openAPI, HTTPFields())
            let document = try answer.json
            #expect(answer.status == 200 && document["openapi"]?.text == "3.1.0")
            var (references, unexpanded, names): (Set<String>, Int, [String]) = ([], 0, [])
            func walk(_ value: JSONValue) {
                for member in value.object?.members ?? [] {
                    if member.key == "$ref", let text = member.value.text { references.insert(text) }
                    if member.key == "operationId", let text = member.value.text { names.append(text) }
                    if member.key == "refusals" || member.key == "shape" { unexpanded += 1 }
                    walk(member.value)
                }
                for element in value.array ?? [] { walk(element) }
            }
            walk(document)
            for reference in references {
                let path = reference.split(separator: "/").dropFirst()
                let found = path.reduce(document as JSONValue?) { value, key in value?[String(key)] }
                #expect(found != nil, "\(reference)")
            }
            #expect(unexpanded == 0 && Set(names).count == names.count)
            // Nothing is described that nobody uses.
            for (kind, values) in ["schemas", "responses", "requestBodies", "parameters"].map({ kind in
                (kind, document["components"]?[kind]?.object?.members ?? [])
            }) {
                for value in values {
                    #expect(references.contains("#/components/\(kind)/\(value.key)"), "\(kind) \(value.key)")
                }
            }
        }
    }

    @Test func `has the bounds that the node has`() async throws {
        try await GatewayGround.run { ground in
            let schemas = try await ground.take(.get, APIPath.openAPI, HTTPFields()).json["components"]?["schemas"]
            let question = schemas?["Question"]?["properties"]
            #expect(question?["query"]?["maxLength"]?.integer == Int64(Limits.Escalation.maximumQueryBytes))
            #expect(question?["max_tokens"]?["maximum"]?.integer == Int64(Limits.Escalation.maximumTokens))
            #expect(question?["request_id"]?["maxLength"]?.integer == Int64(Limits.Escalation.maximumRequestIDBytes))
            let context = schemas?["Context"]?["properties"]
            #expect(context?["pathos_framing"]?["maxLength"]?.integer == Int64(Limits.Sessions.maximumFramingBytes))
            #expect(
                context?["local_knowledge"]?["maxItems"]?.integer == Int64(Limits.Sessions.maximumKnowledgePieces)
            )
            #expect(context?["constraints"]?["maxItems"]?.integer == Int64(Limits.Sessions.maximumConstraints))
            let message = schemas?["NewMessage"]?["properties"]?["content"]
            #expect(message?["maxLength"]?.integer == Int64(Limits.Sessions.maximumMessageBytes))
            #expect(schemas?["Name"]?["maxLength"]?.integer == Int64(Limits.Identifier.maximumBytes))
        }
    }
}
