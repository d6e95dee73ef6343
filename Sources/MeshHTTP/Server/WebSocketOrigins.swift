/// Whose pages may open a WebSocket; the browser says in `origin` whose page it shows, and keeps to nothing else.
///
/// A program that says no origin always may: it could say any.
package enum WebSocketOrigins: Hashable, Sendable {
    /// Those of the host that is asked.
    case sameHost
    /// These, such as `https://example.org`, and those of the host that is asked.
    case sameHostAnd(Set<String>)
    /// All.
    case any

    /// Whether the page of `origin` may; nil is no page.
    func allows(_ origin: String?, authority: String) -> Bool {
        guard let origin else { return true }
        let isSame = origin == "http://\(authority)" || origin == "https://\(authority)"
        return switch self {
        case .sameHost: isSame
        case .sameHostAnd(let others): isSame || others.contains(origin)
        case .any: true
        }
    }
}
