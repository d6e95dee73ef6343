internal import MeshCore
internal import MeshJSON

/// The head of a safetensors file.
///
/// Its tensors, in the order of their bytes. Pure; bytes never trap.
package struct SafetensorsHead: Hashable, Sendable {
    /// In what numbers a tensor is written; others are refused.
    package enum Number: String, Hashable, Sendable {
        /// Half precision.
        case f16 = "F16"
        /// Half precision with the range of single.
        case bf16 = "BF16"
        /// Single precision.
        case f32 = "F32"

        var bytes: Int { self == .f32 ? 4 : 2 }
    }

    /// One tensor.
    package struct Tensor: Hashable, Sendable {
        /// What it is called.
        package let name: String

        /// In what numbers it is written.
        package let number: Number

        /// Its dimensions, the slowest first.
        package let shape: [Int]

        /// Where it lies in the file.
        package let place: Range<Int>
    }

    /// The tensors, in the order of their bytes.
    package let tensors: [Tensor]

    /// The head of the file `bytes`.
    ///
    /// Throws `unreadable` where it is none, or tensors overlap or lie outside.
    package static func read(_ bytes: UnsafeRawBufferPointer) throws(EngineError) -> SafetensorsHead {
        guard bytes.count >= 8 else { throw broken("it has no head") }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(Limits.ModelFile.maximumHeadBytes), length <= UInt64(bytes.count - 8) else {
            throw broken("its head is longer than it")
        }
        let dataStart = 8 + Int(length)
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONReader.read(Array(bytes[8..<dataStart]))
        } catch {
            throw broken("its head is no JSON")
        }
        guard let object = document.object, object.count <= Limits.ModelFile.maximumTensors + 1 else {
            throw broken("its head has no tensors, or too many")
        }
        var tensors: [Tensor] = []
        for member in object.members where member.key != "__metadata__" {
            tensors.append(try tensor(member.key, member.value, dataStart: dataStart, fileBytes: bytes.count))
        }
        tensors.sort { ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound) }
        var end = dataStart
        for tensor in tensors {
            guard tensor.place.lowerBound == end else { throw broken("its tensors overlap or leave gaps") }
            end = tensor.place.upperBound
        }
        guard end == bytes.count else { throw broken("it is longer or shorter than its tensors") }
        return SafetensorsHead(tensors: tensors)
    }

    private static func tensor(
        _ name: String,
        _ value: JSONValue,
        dataStart: Int,
        fileBytes: Int
    ) throws(EngineError) -> Tensor {
        guard name.utf8.count <= Limits.ModelFile.maximumNameBytes else { throw broken("a tensor's name is too long") }
        guard let number = value["dtype"]?.text.flatMap(Number.init(rawValue:)) else {
            throw broken("a tensor has numbers of a type that adapters do not have")
        }
        guard let shape = value["shape"]?.array, let offsets = value["data_offsets"]?.array, offsets.count == 2,
            (1...4).contains(shape.count),
            let start = offsets[0].integer, let end = offsets[1].integer,
            start >= 0, end >= start, end <= Int64(fileBytes - dataStart)
        else { throw broken("a tensor lies nowhere") }
        var sizes: [Int] = []
        var elements = 1
        for size in shape {
            guard let size = size.integer, (1...Int64(Int32.max)).contains(size) else {
                throw broken("a tensor has no shape")
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: Int(size))
            guard !overflow, product <= fileBytes else { throw broken("a tensor is larger than the file") }
            sizes.append(Int(size))
            elements = product
        }
        guard Int64(elements * number.bytes) == end - start else {
            throw broken("a tensor has not the size of its shape")
        }
        return Tensor(
            name: name,
            number: number,
            shape: sizes,
            place: (dataStart + Int(start))..<(dataStart + Int(end))
        )
    }

    private static func broken(_ why: String) -> EngineError {
        EngineError(.unreadable, "this is no safetensors file that can be used: \(why)")
    }
}
