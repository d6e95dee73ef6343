/// Where on a gateway questions are asked, and conversations kept.
enum QuestionPath {
    /// Questions that are answered whole, or later; one of them below it.
    static let escalate = "/v1/escalate"
    /// Questions that are answered word by word.
    static let stream = "/v1/stream"
    /// Conversations; one of them below it.
    static let sessions = "/v1/sessions"

    /// A question that was asked before; its id is of printable ASCII.
    static func question(_ id: String) -> String { "\(escalate)/\(encoded(id))" }

    /// A conversation.
    static func session(_ id: String) -> String { "\(sessions)/\(id)" }

    /// A text as it may stand in a path or behind a parameter's name.
    static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
    }
}
