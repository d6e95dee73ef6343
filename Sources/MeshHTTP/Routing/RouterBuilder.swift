package import MeshCore

/// Collects routes for a ``Router``.
///
/// What contradicts itself (the same method and path twice, two names for the value in one place) is our own mistake
/// and traps when it is added.
package struct RouterBuilder {
    private var tree = RouteTree()
    private var scopes: [(prefix: [String], scope: RouteScope)]
    private var prefix: [RouteSegment] = []
    private var scope: RouteScope
    private let logger: Logger?

    /// No routes; `middleware`, the outermost first, stands before all that come.
    package init(
        middleware: [any Middleware] = [],
        errors: any ErrorRenderer = JSONErrorRenderer(),
        logger: Logger? = nil
    ) {
        scope = RouteScope(middleware: middleware, errors: errors)
        scopes = [([], scope)]
        self.logger = logger
    }

    /// Lets `handler` answer `method` at `path`.
    package mutating func on(
        _ method: HTTPMethod,
        _ path: Path,
        _ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) {
        insert(method, path.segments) { request, _ in try await handler(request) }
    }

    /// Lets `handler` answer `method` at `path`, with its value.
    package mutating func on<First>(
        _ method: HTTPMethod,
        _ path: Path1<First>,
        _ handler: @escaping @Sendable (HTTPRequest, First) async throws -> HTTPResponse
    ) {
        insert(method, path.segments) { request, values in try await handler(request, values.read(0)) }
    }

    /// Lets `handler` answer `method` at `path`, with its two values.
    package mutating func on<First, Second>(
        _ method: HTTPMethod,
        _ path: Path2<First, Second>,
        _ handler: @escaping @Sendable (HTTPRequest, First, Second) async throws -> HTTPResponse
    ) {
        insert(method, path.segments) { request, values in try await handler(request, values.read(0), values.read(1)) }
    }

    /// Lets `handler` answer `method` at `path`, with its three values.
    package mutating func on<First, Second, Third>(
        _ method: HTTPMethod,
        _ path: Path3<First, Second, Third>,
        _ handler: @escaping @Sendable (HTTPRequest, First, Second, Third) async throws -> HTTPResponse
    ) {
        insert(method, path.segments) { request, values in
            try await handler(request, values.read(0), values.read(1), values.read(2))
        }
    }

    private mutating func insert(
        _ method: HTTPMethod,
        _ segments: [RouteSegment],
        _ handle: @escaping @Sendable (HTTPRequest, [ArraySlice<String>]) async throws -> HTTPResponse
    ) {
        tree.insert(method, prefix + segments, RouteTree.Endpoint(scope: scope, handle: handle))
    }

    /// Adds routes below `text`, before which more middleware stands, or whose errors look otherwise.
    package mutating func group(
        _ text: String = "",
        middleware: [any Middleware] = [],
        errors: (any ErrorRenderer)? = nil,
        _ build: (inout RouterBuilder) -> Void
    ) {
        let outer = (prefix, scope)
        prefix += RouteSegment.words(of: text)
        scope = RouteScope(middleware: scope.middleware + middleware, errors: errors ?? scope.errors)
        if !text.isEmpty {
            let words = prefix.map { segment in
                guard case .word(let word) = segment else { preconditionFailure("a prefix is words") }
                return word
            }
            scopes.append((words, scope))
        }
        build(&self)
        (prefix, scope) = outer
    }

    /// Every route that was added, as `GET /v1/sessions/{id}`, in order.
    package var patterns: [String] { tree.patterns.sorted() }

    /// The router of what was added.
    package func build() -> Router {
        // The stable order keeps the first of two groups with one prefix.
        let sorted = scopes.enumerated().sorted { left, right in
            (right.element.prefix.count, left.offset) < (left.element.prefix.count, right.offset)
        }
        return Router(tree: tree, scopes: sorted.map(\.element), failures: FailureReport(logger: logger))
    }
}

extension [ArraySlice<String>] {
    /// The value at `index` of those that the path has; a path whose text is no such value is not found.
    fileprivate func read<Value: PathValue>(_ index: Int) throws(HTTPRefusal) -> Value {
        guard index < count, let value = Value(path: self[index]) else {
            throw HTTPRefusal(.notFound, "not_found", "there is no such path")
        }
        return value
    }
}
