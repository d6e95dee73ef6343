public import MeshCore

/// What can be wrong with bytes, or with a value on its way to them.
public enum WireErrorCode: String, Sendable {
    /// The bytes end inside an item.
    case truncated
    /// Bytes are left after the value.
    case trailingBytes
    /// An item of another kind stands where one was expected.
    case typeMismatch
    /// An item that the protocol never uses: indefinite lengths, tags, undefined, reserved lengths.
    case unsupportedItem
    /// An integer that does not fit the field.
    case integerOutOfRange
    /// Text that is not UTF-8.
    case invalidText
    /// Arrays and maps nested beyond ``Limits/Wire/maximumDepth``.
    case tooDeep
    /// An array or a map beyond its bound.
    case tooManyElements
    /// A record with fewer fields than its first version had.
    case missingFields
    /// A map that names a key twice.
    case duplicateKey
    /// A well-formed item that the field's meaning forbids.
    case invalidValue
    /// A frame beyond the bound of its type or of the connection.
    case frameTooLarge
    /// A frame type from the critical half of the numbers that this node does not know.
    case unknownFrameType
    /// A frame before the hello, a second hello, or no hello in time.
    case helloViolation
    /// No version that both sides speak.
    case incompatibleVersion
}

extension WireErrorCode: ErrorCode {
    package static let domain = "wire"
}

/// An error of this module.
///
/// A type of its own around the common one: the codec's generic code is specialised in other modules, which the
/// compiler does only for signatures without types of a third module (docs/decisions/0006-public-codec.md).
public struct WireError: Error {
    private let content: MeshError<WireErrorCode>

    /// An error raised here.
    public init(
        _ code: WireErrorCode,
        _ message: String,
        cause: (any Error)? = nil,
        fileID: StaticString = #fileID,
        line: UInt = #line
    ) {
        content = MeshError(code, message, cause: cause, fileID: fileID, line: line)
    }
}

extension WireError: StructuredError {
    package var code: WireErrorCode { content.code }
    package var message: String { content.message }
    package var cause: (any Error)? { content.cause }
    package var location: SourceLocation { content.location }

    // Written out, because a public type cannot take what public protocols ask for from a package extension.
    public static func == (left: WireError, right: WireError) -> Bool { left.content == right.content }
    public var description: String { content.description }
}
