/// A document, or a part of one.
package enum JSONValue: Hashable, Sendable {
    /// Nothing.
    case null
    /// A truth.
    case bool(Bool)
    /// A whole number that fits 64 bits with a sign and is written without a point and without an exponent.
    ///
    /// `-0` is one too, and is read as 0: the sign is lost.
    case integer(Int64)
    /// Any other number, rounded to the nearest that 64 bits of floating point have.
    ///
    /// Whole numbers beyond `Int64` are among these, and then are not what was written: programs of others do write
    /// them, where nobody needs the last digits. One beyond the range of `Double` is refused.
    case number(Double)
    /// Text.
    case string(String)
    /// Values in their order.
    case array([JSONValue])
    /// Values by name, in their order.
    case object(JSONObject)

    /// What kind of value it is, in a word for people.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

// MARK: - Parts

extension JSONValue {
    /// The text, if it is text.
    package var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The whole number, exactly as it was written; nil for all other numbers.
    ///
    /// Also nil for `1e2` and `7.0`, and for whole numbers that do not fit: those are only in ``number``, rounded.
    package var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }

    /// The number, whole or not, rounded to the nearest `Double`: whole ones beyond 2^53 lose their last digits.
    package var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// The truth, if it is one.
    package var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    /// The values, if it is a list.
    package var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }

    /// The members, if it is an object.
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// The value called `key`, if it is an object that has one.
    package subscript(key: String) -> JSONValue? { object?[key] }
}

// MARK: - Literals

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// Text.
    package init(stringLiteral text: String) { self = .string(text) }

    /// A whole number.
    package init(integerLiteral integer: Int64) { self = .integer(integer) }

    /// A truth.
    package init(booleanLiteral bool: Bool) { self = .bool(bool) }

    /// A number.
    package init(floatLiteral number: Double) { self = .number(number) }

    /// A list.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object; a key that comes twice is our own mistake and traps.
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in members {
            precondition(object[key] == nil, "a literal names a key twice")
            object[key] = value
        }
        self = .object(object)
    }

    /// Nothing.
    package init(nilLiteral: ()) { self = .null }
}
