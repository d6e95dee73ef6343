internal import MeshCore

/// The head of a GGUF file: what it says of itself and where its tensors lie.
///
/// Read before the library sees the file, so that a broken or hostile one never gets there. Pure; bytes never trap.
package struct GGUFHead: Hashable, Sendable {
    /// What a key says; of lists only how long they are.
    package enum Value: Hashable, Sendable {
        /// A whole number, also one with a sign.
        case integer(Int64)
        /// A number.
        case number(Double)
        /// A truth.
        case bool(Bool)
        /// Text.
        case text(String)
        /// A list of this many values.
        case list(Int)
    }

    /// One tensor.
    package struct Tensor: Hashable, Sendable {
        /// Its dimensions, the fastest first.
        package let shape: [UInt64]

        /// In what numbers it is written.
        package let type: TensorType

        /// Where it begins behind the head.
        package let offset: UInt64

        /// How many bytes it has.
        package let bytes: UInt64
    }

    /// What it says of itself.
    package let keys: [String: Value]

    /// Its tensors by name.
    package let tensors: [String: Tensor]

    /// Where the tensors' bytes begin.
    package let dataOffset: Int

    /// The text called `key`, or nil.
    package func text(_ key: String) -> String? { if case .text(let text)? = keys[key] { text } else { nil } }

    /// The whole number called `key`, or nil.
    package func integer(_ key: String) -> Int64? { if case .integer(let value)? = keys[key] { value } else { nil } }

    /// The head in the first bytes of a file of `fileBytes` bytes; nil where it does not end within `bytes`.
    ///
    /// Throws `unreadable` where it is none, or a tensor lies outside of the file.
    package static func read(_ bytes: UnsafeRawBufferPointer, fileBytes: Int) throws(EngineError) -> GGUFHead? {
        do throws(FileBytes.Trouble) {
            return try read(whole: bytes, fileBytes: fileBytes)
        } catch {
            switch error {
            case .broken(let why): throw EngineError(.unreadable, "this is no GGUF file that can be used: \(why)")
            case .endsTooEarly:
                guard bytes.count < min(fileBytes, Limits.ModelFile.maximumHeadBytes) else {
                    throw EngineError(.unreadable, "this is no GGUF file that can be used: its head does not end")
                }
                return nil
            }
        }
    }

    private static func read(whole bytes: UnsafeRawBufferPointer, fileBytes: Int) throws(FileBytes.Trouble) -> GGUFHead
    {
        var reader = FileBytes(bytes)
        guard try reader.integer(UInt32.self) == 0x4655_4747 else { throw .broken("it does not begin with GGUF") }
        guard (2...3).contains(try reader.integer(UInt32.self)) else { throw .broken("it is of another version") }
        let tensorCount = try reader.integer(UInt64.self)
        let keyCount = try reader.integer(UInt64.self)
        guard tensorCount <= Limits.ModelFile.maximumTensors, keyCount <= Limits.ModelFile.maximumKeys else {
            throw .broken("it has too many keys or tensors")
        }
        var keys: [String: Value] = [:]
        for _ in 0..<keyCount {
            let name = try reader.text(upTo: Limits.ModelFile.maximumNameBytes)
            let kind = try reader.integer(UInt32.self)
            let value = try readValue(kind, &reader)
            guard keys.updateValue(value, forKey: name) == nil else { throw .broken("a key comes twice") }
        }
        var tensors: [(name: String, tensor: Tensor)] = []
        for _ in 0..<tensorCount { tensors.append(try readTensor(&reader)) }

        var alignment: Int64 = 32
        if let value = keys["general.alignment"] {
            guard case .integer(let said) = value, (1...4_096).contains(said), said & (said - 1) == 0 else {
                throw .broken("its alignment is none")
            }
            alignment = said
        }
        let dataOffset = (reader.offset + Int(alignment) - 1) / Int(alignment) * Int(alignment)
        let room = UInt64(max(0, fileBytes - dataOffset))
        for (_, tensor) in tensors {
            let (end, overflow) = tensor.offset.addingReportingOverflow(tensor.bytes)
            guard !overflow, end <= room, tensor.offset % UInt64(alignment) == 0 else {
                throw .broken("a tensor lies outside of it")
            }
        }
        let byName = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
        guard byName.count == tensors.count else { throw .broken("a tensor comes twice") }
        return GGUFHead(keys: keys, tensors: byName, dataOffset: dataOffset)
    }

    private static func readValue(_ kind: UInt32, _ reader: inout FileBytes) throws(FileBytes.Trouble) -> Value {
        switch kind {
        case 0: return .integer(Int64(try reader.integer(UInt8.self)))
        case 1: return .integer(Int64(try reader.integer(Int8.self)))
        case 2: return .integer(Int64(try reader.integer(UInt16.self)))
        case 3: return .integer(Int64(try reader.integer(Int16.self)))
        case 4: return .integer(Int64(try reader.integer(UInt32.self)))
        case 5: return .integer(Int64(try reader.integer(Int32.self)))
        case 6: return .number(Double(Float(bitPattern: try reader.integer(UInt32.self))))
        case 7:
            let byte = try reader.integer(UInt8.self)
            guard byte <= 1 else { throw .broken("a truth is neither true nor false") }
            return .bool(byte == 1)
        case 8: return .text(try reader.text(upTo: Limits.ModelFile.maximumValues))
        case 9: return .list(try skipList(&reader))
        case 10: return .integer(Int64(clamping: try reader.integer(UInt64.self)))
        case 11: return .integer(try reader.integer(Int64.self))
        case 12: return .number(Double(bitPattern: try reader.integer(UInt64.self)))
        default: throw .broken("a key has a value of no known kind")
        }
    }

    private static func skipList(_ reader: inout FileBytes) throws(FileBytes.Trouble) -> Int {
        let kind = try reader.integer(UInt32.self)
        let count = try reader.integer(UInt64.self)
        guard count <= Limits.ModelFile.maximumValues else { throw .broken("a list is too long") }
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
        if let size = sizes[kind] {
            try reader.skip(Int(count) * size)
        } else if kind == 8 {
            // Tokens may be any bytes.
            for _ in 0..<count { try reader.skipText(upTo: Limits.ModelFile.maximumValues) }
        } else {
            throw .broken("a list has values of no known kind")
        }
        return Int(count)
    }

    private static func readTensor(
        _ reader: inout FileBytes
    ) throws(FileBytes.Trouble) -> (name: String, tensor: Tensor) {
        let name = try reader.text(upTo: Limits.ModelFile.maximumNameBytes)
        let dimensions = try reader.integer(UInt32.self)
        guard (1...4).contains(dimensions) else { throw .broken("a tensor has no or too many dimensions") }
        var shape: [UInt64] = []
        var elements: UInt64 = 1
        for _ in 0..<dimensions {
            let size = try reader.integer(UInt64.self)
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow, product <= UInt64(Int64.max) else { throw .broken("a tensor is too large") }
            shape.append(size)
            elements = product
        }
        guard let type = TensorType(rawValue: try reader.integer(UInt32.self)) else {
            throw .broken("a tensor has numbers of no known type")
        }
        guard let bytes = type.bytes(ofRow: shape[0], elements: elements) else {
            throw .broken("a tensor's rows are no whole blocks")
        }
        let offset = try reader.integer(UInt64.self)
        return (name, Tensor(shape: shape, type: type, offset: offset, bytes: bytes))
    }
}
