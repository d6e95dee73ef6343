package import MeshChat
package import MeshCore
internal import MeshJSON

/// Writes what `/v1/models` and `/v1/models/NAME` answer, in the shape of either vendor.
package enum ModelListWriter {
    /// All models, as OpenAI's SDKs read them.
    package static func openAI(_ models: [ModelDescription]) -> [UInt8] {
        JSONWriter.bytes(of: ["object": "list", "data": .array(models.map(openAI))])
    }

    /// One model, as OpenAI's SDKs read it.
    package static func openAI(one model: ModelDescription) -> [UInt8] { JSONWriter.bytes(of: openAI(model)) }

    /// All models on one page, as Anthropic's SDKs read them.
    package static func anthropic(_ models: [ModelDescription], now: WallTime) -> [UInt8] {
        JSONWriter.bytes(of: [
            "data": .array(models.map { anthropic($0, now) }), "has_more": false,
            "first_id": models.first.map { .string($0.name) } ?? .null,
            "last_id": models.last.map { .string($0.name) } ?? .null,
        ])
    }

    /// One model, as Anthropic's SDKs read it.
    package static func anthropic(one model: ModelDescription, now: WallTime) -> [UInt8] {
        JSONWriter.bytes(of: anthropic(model, now))
    }

    private static func openAI(_ model: ModelDescription) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(model.name)
        object["object"] = "model"
        object["created"] = .integer(model.created.millisecondsSince1970 / 1_000)
        object["owned_by"] = .string(model.owner)
        object["shutdown_date"] = model.ends.map { .string(String($0.description.prefix(10))) }
        return .object(object)
    }

    private static func anthropic(_ model: ModelDescription, _ now: WallTime) -> JSONValue {
        let lifecycle = model.ends.map { $0 <= now ? "retired" : "deprecated" } ?? "active"
        return [
            "type": "model", "id": .string(model.name), "display_name": .string(model.name),
            "created_at": .string(model.created.description), "lifecycle": .string(lifecycle),
            "max_input_tokens": .integer(Int64(model.contextTokens)),
            "max_tokens": .integer(Int64(model.maximumOutputTokens)),
            "retires_at": model.ends.map { .string($0.description) } ?? .null, "capabilities": .null,
        ]
    }
}
