internal import MeshCore
internal import MeshInference

/// What the heads of model and adapter files promise under attack.
enum FuzzedModels {
    /// A head that is read names tensors within the file alone, and what is cut off is told from what is broken.
    static func checkGGUF(_ bytes: UnsafeRawBufferPointer) {
        guard let head = try? GGUFHead.read(bytes, fileBytes: bytes.count) else { return }
        for tensor in head.tensors.values {
            let room = UInt64(max(0, bytes.count - head.dataOffset))
            precondition(tensor.offset <= room && tensor.bytes <= room - tensor.offset, "a tensor lies outside")
        }
    }

    /// Tensors lie side by side in the file and have the bytes of their shapes.
    static func checkSafetensors(_ bytes: UnsafeRawBufferPointer) {
        guard let head = try? SafetensorsHead.read(bytes) else { return }
        var end: Int?
        for tensor in head.tensors {
            precondition(tensor.place.lowerBound == end ?? tensor.place.lowerBound, "tensors overlap")
            precondition(tensor.place.upperBound <= bytes.count, "a tensor lies outside")
            end = tensor.place.upperBound
        }
    }

    /// What is made of an adapter is a GGUF file that can be read.
    static func checkConversion(_ bytes: UnsafeRawBufferPointer) {
        let configuration = Array(#"{"peft_type":"LORA","r":8,"lora_alpha":16}"#.utf8)
        let made = try? AdapterConversion.gguf(
            configuration: configuration,
            weights: bytes,
            architecture: "llama",
            heads: 6,
            keyHeads: 2
        )
        guard let made else { return }
        let head = made.withUnsafeBytes { try? GGUFHead.read($0, fileBytes: made.count) }
        precondition(head?.tensors.isEmpty == false, "what was converted cannot be read")
    }

    /// Text comes out as it went in, whatever the pieces; nothing of a stop sequence is shown.
    static func checkAnswerText(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let size = Int(first % 7) + 1
        var answer = AnswerText(stops: ["stop", "\u{E9}"])
        var shown = ""
        for start in stride(from: 1, to: bytes.count, by: size) {
            shown += answer.take(bytes[start..<min(bytes.count, start + size)])
        }
        shown += answer.finish()
        precondition(!shown.contains("stop"), "a stop sequence is shown")
        guard answer.stop == nil, let whole = String(validating: bytes.dropFirst(), as: UTF8.self) else { return }
        precondition(shown.utf8.elementsEqual(whole.utf8), "text is lost")
    }
}
