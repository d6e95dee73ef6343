package import MeshCore

/// What can be wrong with bytes, or with a value on its way to them.
package enum WireErrorCode: String, ErrorCode {
    package static let domain = "wire"

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

/// An error of this module.
package typealias WireError = MeshError<WireErrorCode>
