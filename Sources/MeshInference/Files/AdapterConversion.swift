internal import MeshCore
internal import MeshJSON

/// An adapter as PEFT writes it, made into the GGUF that the engine reads: the bytes that llama.cpp's converter makes.
///
/// For models of the llama family, whose queries and keys llama.cpp keeps in another order of rows than Hugging Face.
package enum AdapterConversion {
    /// The GGUF file of an adapter for a model with `heads` heads, of which `keyHeads` have keys.
    ///
    /// `configuration` is the text of `adapter_config.json`, `weights` that of `adapter_model.safetensors`. Throws
    /// `unsupported` for adapters that are more than LoRA, `unreadable` for broken ones.
    package static func gguf(
        configuration: [UInt8],
        weights: UnsafeRawBufferPointer,
        architecture: String,
        heads: Int,
        keyHeads: Int
    ) throws(EngineError) -> [UInt8] {
        let alpha = try alpha(in: configuration)
        let head = try SafetensorsHead.read(weights)
        guard !head.tensors.isEmpty else { throw EngineError(.unreadable, "the adapter has no tensors") }
        var file = GGUFWriter()
        file.add("general.architecture", text: architecture)
        file.add("general.type", text: "adapter")
        file.add("adapter.type", text: "lora")
        file.add("adapter.lora.alpha", number: alpha)
        for tensor in head.tensors {
            guard let target = Target(tensor.name) else {
                throw EngineError(.unsupported, "the adapter changes a part of the model that adapters here do not")
            }
            guard tensor.shape.count == 2 else { throw EngineError(.unreadable, "a matrix of the adapter is none") }
            let rotated = ["attn_q": heads, "attn_k": keyHeads]
            let groups = target.isB ? rotated[target.part] : nil
            let (rows, columns) = (tensor.shape[0], tensor.shape[1])
            if let groups, groups <= 0 || rows % (2 * groups) != 0 {
                throw EngineError(.wrongModel, "the adapter is made for another number of heads")
            }
            let numbers = UnsafeRawBufferPointer(rebasing: weights[tensor.place])
            let order = groups.map { interleaved(rows: rows, groups: $0) } ?? Array(0..<rows)
            file.add(target.name, shape: [UInt64(columns), UInt64(rows)]) { bytes in
                for row in order { append(row, of: columns, from: numbers, as: tensor.number, to: &bytes) }
            }
        }
        return file.finish()
    }

    /// Row `i` of the file is row `order[i]` of PEFT's: both halves of a head, which rotate together, are interleaved.
    private static func interleaved(rows: Int, groups: Int) -> [Int] {
        let half = rows / groups / 2
        return (0..<rows).map { row in
            let (group, within) = row.quotientAndRemainder(dividingBy: 2 * half)
            return group * 2 * half + (within % 2) * half + within / 2
        }
    }

    private static func append(
        _ row: Int,
        of columns: Int,
        from numbers: UnsafeRawBufferPointer,
        as number: SafetensorsHead.Number,
        to bytes: inout [UInt8]
    ) {
        let start = row * columns * number.bytes
        if number == .f16 {
            bytes.append(contentsOf: numbers[start..<(start + columns * 2)])
            return
        }
        for column in 0..<columns {
            let value: Float
            if number == .f32 {
                let bits = UInt32(
                    littleEndian: numbers.loadUnaligned(fromByteOffset: start + column * 4, as: UInt32.self)
                )
                value = Float(bitPattern: bits)
            } else {
                let bits = UInt16(
                    littleEndian: numbers.loadUnaligned(fromByteOffset: start + column * 2, as: UInt16.self)
                )
                value = Float(bitPattern: UInt32(bits) << 16)
            }
            let half = HalfPrecision.bits(of: value)
            bytes.append(UInt8(truncatingIfNeeded: half))
            bytes.append(UInt8(half >> 8))
        }
    }

    private static func alpha(in configuration: [UInt8]) throws(EngineError) -> Float {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONReader.read(configuration, upTo: Limits.Inference.maximumSchemaBytes)
        } catch {
            throw EngineError(.unreadable, "the adapter's configuration is no JSON", cause: error)
        }
        guard document["peft_type"]?.text == "LORA" else { throw EngineError(.unsupported, "the adapter is no LoRA") }
        let others = ["use_dora", "use_rslora", "fan_in_fan_out"]
        let isPlain =
            others.allSatisfy { document[$0]?.bool != true } && [nil, "none"].contains(document["bias"]?.text)
        let saves = document["modules_to_save"]?.array?.isEmpty == false
        let varies = [document["rank_pattern"], document["alpha_pattern"]].contains { ($0?.object?.count ?? 0) > 0 }
        guard isPlain, !saves, !varies else {
            throw EngineError(.unsupported, "the adapter is of a kind of LoRA that the engine does not know")
        }
        guard let alpha = document["lora_alpha"]?.number, alpha.isFinite else {
            throw EngineError(.unreadable, "the adapter's configuration has no lora_alpha")
        }
        return Float(alpha)
    }

    /// What a matrix of an adapter changes.
    private struct Target {
        let name: String
        let part: String
        let isB: Bool

        private static let parts = [
            "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
            "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
            "mlp.down_proj": "ffn_down",
        ]

        // base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight
        init?(_ text: String) {
            let words = text.split(separator: ".", omittingEmptySubsequences: false)
            guard words.count == 9, words[0] == "base_model", words[1] == "model", words[2] == "model",
                words[3] == "layers", let layer = UInt16(words[4]), String(layer) == words[4],
                let part = Self.parts["\(words[5]).\(words[6])"], words[8] == "weight"
            else { return nil }
            switch words[7] {
            case "lora_A": isB = false
            case "lora_B": isB = true
            default: return nil
            }
            self.part = part
            name = "blk.\(layer).\(part).weight.lora_\(isB ? "b" : "a")"
        }
    }
}
