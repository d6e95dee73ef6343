package import MeshCore

/// What a part of a path can be read as, so that handlers get values and not text.
package protocol PathValue: Sendable {
    /// Whether it takes all segments that are left.
    static var takesRest: Bool { get }

    /// Whether a segment may have an encoded slash inside; only of those that take the rest.
    static var takesSlashes: Bool { get }

    /// The value that the decoded `segments` spell, one or all that are left.
    ///
    /// Nil makes the path one that is not found.
    init?(path segments: ArraySlice<String>)
}

extension PathValue {
    /// One segment.
    package static var takesRest: Bool { false }

    /// None: whoever compares paths must not be led past by one.
    package static var takesSlashes: Bool { false }
}

extension String: PathValue {
    package init?(path segments: ArraySlice<String>) {
        guard let text = segments.first, !text.isEmpty else { return nil }
        self = text
    }
}

extension Int: PathValue {
    /// One spelling for each number: without zeros in front and without a plus.
    package init?(path segments: ArraySlice<String>) {
        guard let text = segments.first, let value = Int(text), "\(value)" == text else { return nil }
        self = value
    }
}

extension Identifier: PathValue {
    package init?(path segments: ArraySlice<String>) {
        guard let text = segments.first, let value = try? Identifier(text) else { return nil }
        self = value
    }
}

extension UniqueID: PathValue {
    /// In lower case, as it is written.
    package init?(path segments: ArraySlice<String>) {
        guard let text = segments.first, let value = UniqueID(text), value.description == text else { return nil }
        self = value
    }
}

/// All that is left of a path, for trees of things.
package struct PathRest: PathValue, Hashable {
    package static var takesRest: Bool { true }

    /// The decoded segments; none is a dot, two dots, or has a slash inside.
    package let segments: [String]

    package init?(path segments: ArraySlice<String>) { self.segments = Array(segments) }
}

/// All that is left of a path as one name, whose slashes may come as they are or encoded: `meshnode/tiny` and
/// `meshnode%2Ftiny` are the same.
///
/// For names that are looked up in a table; never for files.
package struct PathName: PathValue, Hashable {
    package static var takesRest: Bool { true }

    /// They are part of the name.
    package static var takesSlashes: Bool { true }

    /// The name, decoded; never empty, and no part of it is a dot or two.
    package let text: String

    package init?(path segments: ArraySlice<String>) {
        text = segments.joined(separator: "/")
        guard !text.isEmpty else { return nil }
    }
}
