import Glibc
import MeshCore
import MeshInference
import Testing

@Suite("Heads of model and adapter files")
struct ModelFileTests {
    private func read(_ bytes: [UInt8], fileBytes: Int? = nil) throws -> GGUFHead? {
        try bytes.withUnsafeBytes { try GGUFHead.read($0, fileBytes: fileBytes ?? bytes.count) }
    }

    private func head(keys: UInt64 = 0, tensors: UInt64 = 0, _ rest: [UInt8] = []) -> [UInt8] {
        Array("GGUF".utf8) + little(UInt32(3)) + little(tensors) + little(keys) + rest
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

    private func tensor(_ name: String, _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) -> [UInt8] {
        text(name) + little(UInt32(shape.count)) + shape.flatMap { little($0) } + little(type) + little(offset)
    }

    @Test("The tiny model says what it is")
    func tiny() throws {
        let head = try ModelFile.head(at: "\(EngineUnderTest.folder)/tiny-q8_0.gguf")
        #expect(head.text("general.architecture") == "llama")
        #expect(head.integer("llama.context_length") == 2_048)
        #expect(head.tensors["token_embd.weight"]?.shape == [192, 1_024])
        #expect(head.tensors["token_embd.weight"]?.type == .q8_0)
    }

    @Test("A head that goes on behind the bytes is asked for again, one behind the file is none")
    func cutOff() throws {
        let whole = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/lora-fact.gguf")
        for count in stride(from: 0, to: 2_300, by: 7) {
            #expect(try read(Array(whole[..<count]), fileBytes: whole.count) == nil)
            #expect(throws: EngineError(.unreadable, "")) { try read(Array(whole[..<count])) }
        }
        #expect(try read(whole)?.tensors.count == 32)
    }

    @Test("A pipe in the place of a model is refused, and not waited for")
    func pipe() throws {
        var folder = Array("/tmp/model-pipe.XXXXXX".utf8CString)
        #expect(mkdtemp(&folder) != nil)
        let name = String(decoding: folder.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = name + "/model.gguf"
        defer {
            unlink(path)
            rmdir(name)
        }
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: EngineError(.noFile, "")) { try ModelFile.head(at: path) }
    }

    @Test("What is too much, too long or outside is refused")
    func bounds() throws {
        let name = String(repeating: "n", count: Limits.ModelFile.maximumNameBytes + 1)
        let refused = [
            head(tensors: UInt64(Limits.ModelFile.maximumTensors + 1)),
            head(keys: UInt64(Limits.ModelFile.maximumKeys + 1)),
            head(keys: 1, text(name) + little(UInt32(7)) + [1]),
            head(keys: 1, text("k") + little(UInt32(7)) + [2]),
            head(keys: 1, text("k") + little(UInt32(13))),
            head(
                keys: 1,
                text("k") + little(UInt32(9)) + little(UInt32(0)) + little(UInt64(Limits.ModelFile.maximumValues + 1))
            ),
            head(keys: 1, text("k") + little(UInt32(9)) + little(UInt32(9)) + little(UInt64(1))),
            head(keys: 2, text("k") + little(UInt32(7)) + [1] + text("k") + little(UInt32(7)) + [1]),
            head(tensors: 1, tensor("t", [4], offset: 32)),
            head(tensors: 1, tensor("t", [.max, .max])),
            head(tensors: 1, tensor("t", [33], type: 8)),
            head(tensors: 1, tensor("t", [4], type: 99)),
            head(tensors: 1, tensor("t", [])),
        ]
        for bytes in refused {
            #expect(throws: EngineError(.unreadable, "")) { try read(bytes + [UInt8](repeating: 0, count: 32)) }
        }
        #expect(try read(head(tensors: 1, tensor("t", [4])) + [UInt8](repeating: 0, count: 64))?.tensors.count == 1)
        let endless = head(keys: 1, text("k") + little(UInt32(8)) + little(UInt64(1_000_000)))
        #expect(throws: EngineError(.unreadable, "")) { try read(endless) }
        #expect(try read(endless, fileBytes: Limits.ModelFile.maximumHeadBytes * 2) == nil)
    }

    @Test("PEFT adapters become the very bytes that llama.cpp's converter made", arguments: ["lora-fact", "lora-json"])
    func conversion(_ name: String) throws {
        let folder = EngineUnderTest.folder
        let weights = try EngineUnderTest.bytes(at: "\(folder)/\(name)/adapter_model.safetensors")
        let configuration = try EngineUnderTest.bytes(at: "\(folder)/\(name)/adapter_config.json")
        let made = try weights.withUnsafeBytes { weights in
            try AdapterConversion.gguf(
                configuration: configuration,
                weights: weights,
                architecture: "llama",
                heads: 6,
                keyHeads: 6
            )
        }
        #expect(made == (try EngineUnderTest.bytes(at: "\(folder)/\(name).gguf")))
    }

    @Test("A safetensors file with gaps, overlaps, or more or less than its tensors is refused")
    func safetensors() throws {
        func file(_ json: String, _ count: Int) -> [UInt8] {
            little(UInt64(json.utf8.count)) + Array(json.utf8) + [UInt8](repeating: 0, count: count)
        }
        func read(_ bytes: [UInt8]) throws -> SafetensorsHead {
            try bytes.withUnsafeBytes { try SafetensorsHead.read($0) }
        }
        let good =
            #"{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
        #expect(try read(file(good, 12)).tensors.map(\.name) == ["a", "b"])
        #expect(throws: EngineError(.unreadable, "")) { try read(file(good, 13)) }
        #expect(throws: EngineError(.unreadable, "")) { try read(file(good, 11)) }
        for other in [
            good.replacing("[8,12]", with: "[4,8]"), good.replacing("[8,12]", with: "[9,13]"),
            good.replacing("F32", with: "F64"), good.replacing("[2,2]", with: "[2,3]"),
            good.replacing("[2,2]", with: "[]"), good.replacing("[2,2]", with: "[-2,-2]"),
            good.replacing("[2,2]", with: "[9223372036854775807,2]"), "[]", "{", #"{"a":1}"#,
        ] {
            #expect(throws: EngineError(.unreadable, "")) { try read(file(other, 12)) }
        }
        for bytes in [[], [1], little(UInt64.max), little(UInt64(9)) + [0]] {
            #expect(throws: EngineError(.unreadable, "")) { try read(bytes) }
        }
    }

    @Test("An adapter that is more than plain LoRA is not converted")
    func otherKinds() throws {
        let weights = try EngineUnderTest.bytes(at: "\(EngineUnderTest.folder)/lora-fact/adapter_model.safetensors")
        let plain = #"{"peft_type":"LORA","lora_alpha":16"#
        for (configuration, code) in [
            (#"{"peft_type":"IA3","lora_alpha":16}"#, EngineErrorCode.unsupported),
            (plain + #","use_dora":true}"#, .unsupported),
            (plain + #","bias":"all"}"#, .unsupported), (plain + #","alpha_pattern":{"x":1}}"#, .unsupported),
            (#"{"peft_type":"LORA"}"#, .unreadable), ("nonsense", .unreadable),
        ] {
            #expect(throws: EngineError(code, "")) {
                try weights.withUnsafeBytes { weights in
                    try AdapterConversion.gguf(
                        configuration: Array(configuration.utf8),
                        weights: weights,
                        architecture: "llama",
                        heads: 6,
                        keyHeads: 6
                    )
                }
            }
        }
    }
}
