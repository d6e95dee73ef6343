/// Colours for people: green is well, yellow wants a look, red is wrong, dim is beside the point.
package enum Paint: String, CaseIterable, Hashable, Sendable {
    /// As the terminal has it.
    case plain = ""
    /// A heading.
    case bold = "1"
    /// Beside the point.
    case dim = "2"
    /// Well.
    case green = "32"
    /// Wants a look.
    case yellow = "33"
    /// Wrong.
    case red = "31"

    /// `text` in this colour, where `isOn`.
    package func on(_ text: String, _ isOn: Bool) -> String {
        isOn && self != .plain && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
