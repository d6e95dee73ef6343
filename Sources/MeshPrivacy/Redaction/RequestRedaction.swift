internal import MeshChat
internal import MeshCore
internal import MeshJSON

/// Walks through all texts of a request.
///
/// Fields are named as a client would: `messages[2].parts[0]`.
struct RequestRedaction {
    var pass: RedactionPass

    mutating func redact(_ request: ChatRequest) throws(PrivacyError) -> ChatRequest {
        var redacted = request
        redacted.model = try pass.redact(request.model, "model")
        redacted.system = try parts(request.system, "system")
        for index in request.messages.indices {
            redacted.messages[index].parts = try parts(request.messages[index].parts, "messages[\(index)].parts")
        }
        for index in request.tools.indices {
            redacted.tools[index] = try tool(request.tools[index], "tools[\(index)]")
        }
        if case .named(let name) = request.toolChoice {
            redacted.toolChoice = .named(try pass.redact(name, "tool_choice"))
        }
        for index in request.stopSequences.indices {
            redacted.stopSequences[index] = try pass.redact(request.stopSequences[index], "stop[\(index)]")
        }
        if case .jsonSchema(let name, let schema, let isStrict) = request.format {
            redacted.format = .jsonSchema(
                name: try pass.redact(name, "response_format.name"),
                schema: try value(schema, "response_format.schema"),
                isStrict: isStrict
            )
        }
        if let effort = request.reasoning.effort {
            redacted.reasoning.effort = try pass.redact(effort, "reasoning.effort")
        }
        redacted.metadata = try object(request.metadata, "metadata")
        // By its meaning it tells people apart, whatever it looks like.
        if let user = request.user, !user.isEmpty {
            redacted.user = try pass.redact(identifier: user, "user")
        }
        return redacted
    }

    private mutating func tool(_ tool: ChatTool, _ field: String) throws(PrivacyError) -> ChatTool {
        var redacted = tool
        redacted.name = try pass.redact(tool.name, "\(field).name")
        redacted.description = try optional(tool.description, "\(field).description")
        redacted.schema = try value(tool.schema, "\(field).schema")
        return redacted
    }

    private mutating func optional(_ text: String?, _ field: String) throws(PrivacyError) -> String? {
        guard let text else { return nil }
        return try pass.redact(text, field)
    }

    private mutating func parts(_ parts: [ChatPart], _ field: String) throws(PrivacyError) -> [ChatPart] {
        var redacted = parts
        for index in parts.indices {
            redacted[index].content = try content(parts[index].content, "\(field)[\(index)]")
        }
        return redacted
    }

    private mutating func content(
        _ content: ChatPart.Content,
        _ field: String
    ) throws(PrivacyError) -> ChatPart.Content {
        switch content {
        case .text(let text): return .text(try pass.redact(text, field))
        case .image(.inline(let type, _)):
            // What is no picture may be text, which nobody here has searched.
            guard ImageType.isPicture(type) else {
                let field = UnsearchableField(field: field)
                throw PrivacyError(.unsearchable, "\(field)", cause: field)
            }
            pass.report.unsearched += 1
            return content
        case .image(.remote(let url)): return .image(.remote(url: try pass.redact(url, "\(field).url")))
        case .toolUse(let use):
            return .toolUse(
                ToolUse(
                    id: try pass.redact(use.id, "\(field).id"),
                    name: try pass.redact(use.name, "\(field).name"),
                    arguments: try pass.redact(use.arguments, "\(field).arguments")
                )
            )
        case .toolResult(let result):
            return .toolResult(
                ToolResult(
                    id: try pass.redact(result.id, "\(field).id"),
                    parts: try self.parts(result.parts, "\(field).parts"),
                    isError: result.isError
                )
            )
        case .thinking(.open(let text, let signature)):
            // The same names have the same placeholders, so that the provider's seal on its own text still fits.
            return .thinking(.open(text: try pass.redact(text, field), signature: signature))
        case .thinking(.sealed):
            pass.report.unsearched += 1
            return content
        }
    }

    // MARK: JSON

    private mutating func value(
        _ value: JSONValue,
        _ field: String,
        label: String? = nil
    ) throws(PrivacyError) -> JSONValue {
        switch value {
        case .null, .bool, .number: return value
        case .integer(let integer):
            return try pass.redact(integer, field, label: label).map { .string($0) } ?? value
        case .string(let text): return .string(try pass.redact(text, field, label: label))
        case .array(let elements):
            var redacted = elements
            for index in elements.indices {
                redacted[index] = try self.value(elements[index], "\(field)[\(index)]", label: label)
            }
            return .array(redacted)
        case .object(let object): return .object(try self.object(object, field))
        }
    }

    private mutating func object(_ object: JSONObject, _ field: String) throws(PrivacyError) -> JSONObject {
        var index = 0
        return try object.mapMembers { (member) throws(PrivacyError) in
            index += 1
            // A key may hold a value of the user's, so it is not said in an error.
            let key = try pass.redact(member.key, "\(field).key \(index)")
            return (key, try value(member.value, "\(field).value \(index)", label: member.key))
        }
    }
}
