/// Writes a GGUF file of adapters: version 3, matrices in half precision.
struct GGUFWriter {
    private var keys: [UInt8] = []
    private var keyCount = 0
    private var tensors: [(name: String, shape: [UInt64], offset: Int)] = []
    private var data: [UInt8] = []

    mutating func add(_ key: String, text: String) {
        begin(key, kind: 8)
        Self.append(text, to: &keys)
    }

    mutating func add(_ key: String, number: Float) {
        begin(key, kind: 6)
        Self.append(number.bitPattern, to: &keys)
    }

    /// Adds a matrix whose bytes `body` appends.
    mutating func add(_ name: String, shape: [UInt64], _ body: (inout [UInt8]) -> Void) {
        tensors.append((name, shape, data.count))
        body(&data)
        Self.pad(&data)
    }

    consuming func finish() -> [UInt8] {
        var file: [UInt8] = Array("GGUF".utf8)
        Self.append(UInt32(3), to: &file)
        Self.append(UInt64(tensors.count), to: &file)
        Self.append(UInt64(keyCount), to: &file)
        file += keys
        for tensor in tensors {
            Self.append(tensor.name, to: &file)
            Self.append(UInt32(tensor.shape.count), to: &file)
            for size in tensor.shape { Self.append(size, to: &file) }
            Self.append(TensorType.f16.rawValue, to: &file)
            Self.append(UInt64(tensor.offset), to: &file)
        }
        Self.pad(&file)
        return file + data
    }

    private mutating func begin(_ key: String, kind: UInt32) {
        Self.append(key, to: &keys)
        Self.append(kind, to: &keys)
        keyCount += 1
    }

    private static func append(_ integer: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func pad(_ bytes: inout [UInt8]) {
        bytes.append(contentsOf: repeatElement(0, count: (32 - bytes.count % 32) % 32))
    }
}
