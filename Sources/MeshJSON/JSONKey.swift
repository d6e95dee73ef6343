/// The name of a member, as it is spelled.
///
/// Strings are the same where people see the same, however that is composed; names are the same where their bytes are
/// (RFC 8259 §8.3), for what others mean by two names must not become one.
struct JSONKey: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    // The first comparison is the quick one, and settles nearly all.
    static func == (left: JSONKey, right: JSONKey) -> Bool {
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
