internal import MeshChat
internal import MeshCore

/// Reads adapters, and refuses those that are broken or belong to another model before the library sees them.
enum AdapterFile {
    /// The GGUF bytes of `artifact`, for the model with this head.
    static func bytes(of artifact: AdapterArtifact, for model: GGUFHead) throws(EngineError) -> [UInt8] {
        let path = artifact.format == .peft ? "\(artifact.path)/adapter_model.safetensors" : artifact.path
        var bytes = try ModelFile.bytes(at: path, upTo: Limits.Inference.maximumAdapterBytes)
        guard SHA256.digest(bytes) == artifact.key.content else {
            throw EngineError(.unreadable, "the adapter's file is not the one that was named by its hash")
        }
        if artifact.format == .peft { bytes = try converted(bytes, artifact, for: model) }
        try check(bytes, for: model)
        return bytes
    }

    private static func converted(
        _ weights: [UInt8],
        _ artifact: AdapterArtifact,
        for model: GGUFHead
    ) throws(EngineError) -> [UInt8] {
        let configuration = try ModelFile.bytes(
            at: "\(artifact.path)/adapter_config.json",
            upTo: Limits.Inference.maximumSchemaBytes
        )
        let architecture = model.text("general.architecture") ?? ""
        guard architecture == "llama" else {
            throw EngineError(.unsupported, "adapters of this format are only known for models of the llama family")
        }
        let heads = model.integer("llama.attention.head_count") ?? 0
        let keyHeads = model.integer("llama.attention.head_count_kv") ?? heads
        let result = weights.withUnsafeBytes { weights in
            Result { () throws(EngineError) in
                try AdapterConversion.gguf(
                    configuration: configuration,
                    weights: weights,
                    architecture: architecture,
                    heads: Int(heads),
                    keyHeads: Int(keyHeads)
                )
            }
        }
        return try result.get()
    }

    /// Throws `unreadable` for a file that is no adapter, `wrongModel` for one whose matrices do not fit the model's.
    static func check(_ bytes: [UInt8], for model: GGUFHead) throws(EngineError) {
        let read = bytes.withUnsafeBytes { bytes in
            Result { () throws(EngineError) in try GGUFHead.read(bytes, fileBytes: bytes.count) }
        }
        guard let head = try read.get() else { throw EngineError(.unreadable, "the adapter's file ends too early") }
        guard head.text("general.type") == "adapter", head.text("adapter.type") == "lora",
            case .number? = head.keys["adapter.lora.alpha"]
        else { throw EngineError(.unreadable, "the file is no LoRA adapter") }
        guard head.text("general.architecture") == model.text("general.architecture") else {
            throw EngineError(.wrongModel, "the adapter is made for a model of another kind")
        }
        guard head.keys["adapter.alora.invocation_tokens"] == nil else {
            throw EngineError(
                .unsupported,
                "the adapter wants to be switched on by words, which the engine does not do"
            )
        }
        guard !head.tensors.isEmpty else { throw EngineError(.unreadable, "the adapter has no matrices") }
        for (name, tensor) in head.tensors { try check(name, tensor, head, model) }
    }

    private static func check(
        _ name: String,
        _ tensor: GGUFHead.Tensor,
        _ head: GGUFHead,
        _ model: GGUFHead
    ) throws(EngineError) {
        guard tensor.type.isForAdapters, tensor.shape.count == 2, name.hasSuffix(".lora_a") || name.hasSuffix(".lora_b")
        else {
            throw EngineError(.unsupported, "the adapter changes more than matrices, or in numbers of no known type")
        }
        let base = String(name.dropLast(".lora_a".count))
        guard let a = head.tensors["\(base).lora_a"], let b = head.tensors["\(base).lora_b"], a.shape.count == 2,
            b.shape.count == 2
        else { throw EngineError(.unreadable, "a matrix of the adapter has no counterpart") }
        // Embeddings are looked up and not multiplied; their adapters lie the other way round.
        guard base != "token_embd.weight" else {
            throw EngineError(.unsupported, "the adapter changes the model's embeddings, which the engine does not do")
        }
        guard let changed = model.tensors[base], changed.shape.count == 2, changed.shape[0] == a.shape[0],
            changed.shape[1] == b.shape[1], a.shape[1] == b.shape[0]
        else { throw EngineError(.wrongModel, "the adapter is made for another model") }
    }
}
