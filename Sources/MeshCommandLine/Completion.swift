/// What a shell offers where a value is expected.
package enum Completion: Hashable, Sendable {
    case none
    case files
    case folders
    /// Listed words: ASCII letters, digits and `. _ + - /`, so that no shell needs them quoted.
    case words([String])
}
