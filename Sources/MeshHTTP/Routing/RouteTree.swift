internal import MeshCore

/// All routes, by their segments.
struct RouteTree: Sendable {
    /// What answers one method of one pattern.
    struct Endpoint: Sendable {
        let scope: RouteScope
        let handle: @Sendable (HTTPRequest, [ArraySlice<String>]) async throws -> HTTPResponse
    }

    /// What stands at one pattern.
    struct Place: Sendable {
        let pattern: String
        /// Whether the last of its values may have encoded slashes inside.
        var takesSlashes = false
        var endpoints: [HTTPMethod: Endpoint] = [:]

        /// What answers `method`: GET answers HEAD too.
        func endpoint(for method: HTTPMethod) -> Endpoint? {
            endpoints[method] ?? (method == .head ? endpoints[.get] : nil)
        }

        /// What stands before an answer that no endpoint gives; of several groups the one with most before it, so that
        /// nobody learns more by asking with another method.
        var scope: RouteScope? {
            let strictest = endpoints.max { left, right in
                let counts = (left.value.scope.middleware.count, right.value.scope.middleware.count)
                return (counts.0, right.key.name) < (counts.1, left.key.name)
            }
            return strictest?.value.scope
        }

        /// What may be asked, in alphabetical order.
        var allowed: String {
            var names = Set(endpoints.keys.map(\.name))
            names.insert(HTTPMethod.options.name)
            if endpoints[.get] != nil { names.insert(HTTPMethod.head.name) }
            return names.sorted().joined(separator: ", ")
        }
    }

    private var words: [String: RouteTree] = [:]
    /// One at most: an array, because a value cannot hold itself.
    private var value: [RouteTree] = []
    private var valueName: String?
    private var place: Place?
    private var rest: Place?

    // MARK: Building

    /// Adds a route; one that is there already, or calls the same value otherwise, is our own mistake and traps.
    mutating func insert(_ method: HTTPMethod, _ segments: [RouteSegment], _ endpoint: Endpoint) {
        insert(method, segments[...], RouteSegment.pattern(segments), endpoint)
    }

    private mutating func insert(
        _ method: HTTPMethod,
        _ segments: ArraySlice<RouteSegment>,
        _ pattern: String,
        _ endpoint: Endpoint
    ) {
        switch segments.first {
        case nil: Self.insert(method, pattern, endpoint, into: &place)
        case .word(let word): words[word, default: RouteTree()].insert(method, segments.dropFirst(), pattern, endpoint)
        case .value(let name):
            precondition(valueName == nil || valueName == name, "\(pattern) calls a value otherwise than its neighbour")
            valueName = name
            if value.isEmpty { value = [RouteTree()] }
            value[0].insert(method, segments.dropFirst(), pattern, endpoint)
        case .rest(_, let takesSlashes):
            precondition(segments.count == 1, "\(pattern) goes on behind all that is left")
            Self.insert(method, pattern, endpoint, into: &rest)
            rest?.takesSlashes = takesSlashes
        }
    }

    private static func insert(_ method: HTTPMethod, _ pattern: String, _ endpoint: Endpoint, into place: inout Place?)
    {
        var found = place ?? Place(pattern: pattern)
        precondition(found.pattern == pattern, "\(pattern) and \(found.pattern) are the same path")
        precondition(found.endpoints[method] == nil, "\(method.name) \(pattern) is there twice")
        found.endpoints[method] = endpoint
        place = found
    }

    /// Each method with its pattern, in no order.
    var patterns: [String] {
        let own = [place, rest].compactMap(\.self).flatMap { place in
            place.endpoints.keys.map { "\($0.name) \(place.pattern)" }
        }
        return own + words.values.flatMap(\.patterns) + value.flatMap(\.patterns)
    }

    // MARK: Finding

    /// The place of `segments` and its values: a word goes before a value, a value before all that is left.
    func find(_ segments: [String]) -> (place: Place, values: [ArraySlice<String>])? {
        guard segments.count <= Limits.Routing.maximumSegments else { return nil }
        var values: [ArraySlice<String>] = []
        return find(segments[...], &values).map { ($0, values) }
    }

    /// The place of `segments`, some of which have slashes inside: only where its last value takes them.
    func find(withSlashes segments: [String]) -> (place: Place, values: [ArraySlice<String>])? {
        guard let found = find(segments), found.place.takesSlashes else { return nil }
        let others = found.values.dropLast().joined()
        return others.contains { $0.utf8.contains(UInt8(ascii: "/")) } ? nil : found
    }

    private func find(_ segments: ArraySlice<String>, _ values: inout [ArraySlice<String>]) -> Place? {
        guard let segment = segments.first else {
            if let place { return place }
            return rest.map { taken($0, segments, &values) }
        }
        if let place = words[segment]?.find(segments.dropFirst(), &values) { return place }
        if let tree = value.first, !segment.isEmpty {
            values.append(segments.prefix(1))
            if let place = tree.find(segments.dropFirst(), &values) { return place }
            values.removeLast()
        }
        return rest.map { taken($0, segments, &values) }
    }

    private func taken(_ place: Place, _ segments: ArraySlice<String>, _ values: inout [ArraySlice<String>]) -> Place {
        values.append(segments)
        return place
    }
}

/// What surrounds the handlers of a group of routes.
struct RouteScope: Sendable {
    let middleware: [any Middleware]
    let errors: any ErrorRenderer
}
