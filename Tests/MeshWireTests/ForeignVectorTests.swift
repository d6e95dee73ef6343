import MeshCore
import MeshWire
import Testing

/// Bytes written by Python's cbor2, and by hand for what it does not write (`Tests/Interop/foreign_vectors.py`).
@Suite struct `Foreign bytes` {
    @Test func `every spelling that must be accepted reads as the value, and nothing else is accepted`() throws {
        let vectors = try Vector.load("foreign.json")
        #expect(vectors.count > 300)
        for vector in vectors {
            let type = try #require(VectorType(rawValue: vector.type))
            let bytes = try vector.bytes()
            let found = Result { () throws(WireError) in try type.rewrite(bytes) }
            switch found {
            case .success(let written): #expect(vector.canonical == Hexadecimal.encode(written), "\(vector.name)")
            case .failure(let error): #expect(vector.refusal == error.code.rawValue, "\(vector.name): \(error)")
            }
        }
    }

    @Test func `each code of the reader is met by some vector`() throws {
        let met = Set(try Vector.load("foreign.json").compactMap(\.refusal))
        let expected: [WireErrorCode] = [
            .truncated, .trailingBytes, .typeMismatch, .unsupportedItem, .integerOutOfRange, .invalidText, .tooDeep,
            .tooManyElements, .missingFields, .duplicateKey, .invalidValue, .frameTooLarge, .unknownFrameType,
        ]
        #expect(met == Set(expected.map(\.rawValue)))
    }
}
