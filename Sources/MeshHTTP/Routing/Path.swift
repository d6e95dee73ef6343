/// The path of a route without values: words alone.
///
/// A value makes it another type, so that its handler is given exactly the values of its path, in their order:
///
///     Path.at("/v1/sessions").value("id", SessionID.self).at("messages")    // a Path1<SessionID>
package struct Path: Sendable {
    let segments: [RouteSegment]

    /// The path of these words, separated by slashes.
    package static func at(_ text: String) -> Path { Path(segments: RouteSegment.words(of: text)) }

    /// The same path with a value behind it; `name` is for people.
    package func value<First: PathValue>(_ name: String, _ type: First.Type) -> Path1<First> {
        Path1(segments: segments + [.reading(type, name)])
    }
}

/// The path of a route with one value.
package struct Path1<First: PathValue>: Sendable {
    let segments: [RouteSegment]

    /// The same path with `text` behind it.
    package func at(_ text: String) -> Path1 { Path1(segments: segments + RouteSegment.words(of: text)) }

    /// The same path with another value behind it.
    package func value<Second: PathValue>(_ name: String, _ type: Second.Type) -> Path2<First, Second> {
        Path2(segments: segments + [.reading(type, name)])
    }
}

/// The path of a route with two values.
package struct Path2<First: PathValue, Second: PathValue>: Sendable {
    let segments: [RouteSegment]

    /// The same path with `text` behind it.
    package func at(_ text: String) -> Path2 { Path2(segments: segments + RouteSegment.words(of: text)) }

    /// The same path with another value behind it.
    package func value<Third: PathValue>(_ name: String, _ type: Third.Type) -> Path3<First, Second, Third> {
        Path3(segments: segments + [.reading(type, name)])
    }
}

/// The path of a route with three values.
package struct Path3<First: PathValue, Second: PathValue, Third: PathValue>: Sendable {
    let segments: [RouteSegment]

    /// The same path with `text` behind it.
    package func at(_ text: String) -> Path3 { Path3(segments: segments + RouteSegment.words(of: text)) }
}

/// A part of a route's path.
enum RouteSegment: Hashable, Sendable {
    case word(String)
    case value(String)
    case rest(String, takesSlashes: Bool)

    static func reading(_ type: any PathValue.Type, _ name: String) -> RouteSegment {
        type.takesRest ? .rest(name, takesSlashes: type.takesSlashes) : .value(name)
    }

    static func words(of text: String) -> [RouteSegment] {
        text.split(separator: "/").map { word in
            precondition(!word.contains { "{}*".contains($0) }, "\(text): values are not written into the text")
            return .word(String(word))
        }
    }

    /// `/v1/sessions/{id}`.
    static func pattern(_ segments: [RouteSegment]) -> String {
        guard !segments.isEmpty else { return "/" }
        return segments.reduce(into: "") { text, segment in
            switch segment {
            case .word(let word): text += "/" + word
            case .value(let name): text += "/{\(name)}"
            case .rest(let name, _): text += "/{\(name)...}"
            }
        }
    }
}
