internal import MeshJSON

/// Documents that people and foreign APIs write, under attack.
enum FuzzedJSON {
    /// What is read is written and read back as it was, in both dialects; what JSON allows, JSON5 allows too.
    static func check(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        let strict = try? JSONReader.read(bytes)
        let lenient = try? JSONReader.read(bytes, as: .json5)
        if let strict { precondition(lenient == strict, "JSON5 reads JSON as JSON does") }
        guard let lenient else { return }
        let written = JSONWriter.bytes(of: lenient)
        precondition((try? JSONReader.read(written)) == lenient, "what is written is read back")
    }
}
