/// Answers with files that are part of the binary.
package struct StaticFiles: Sendable {
    private let files: [StaticFile]
    private let cacheControl: String

    /// These files; browsers ask every time whether they have changed unless `cacheControl` says otherwise.
    package init(_ files: [StaticFile], cacheControl: String = "no-cache") {
        self.files = files
        self.cacheControl = cacheControl
    }

    /// Adds a route for each file, below the group that is being built; `index.html` stands for its folder too.
    package func add(to routes: inout RouterBuilder) {
        for file in files {
            let response = response(for: file)
            routes.on(.get, Path.at(file.path)) { request in Self.answer(request, file, response) }
            guard file.path.hasSuffix("/index.html") else { continue }
            let folder = String(file.path.dropLast("index.html".count))
            routes.on(.get, Path.at(folder)) { request in Self.answer(request, file, response) }
        }
    }

    private func response(for file: StaticFile) -> HTTPResponse {
        let fields: HTTPFields = [
            .contentType: file.type, .entityTag: file.entityTag, .cacheControl: cacheControl,
            .contentTypeOptions: "nosniff", .contentSecurityPolicy: Self.policy, .referrerPolicy: "no-referrer",
        ]
        return HTTPResponse(.ok, fields: fields, body: .bytes(file.bytes))
    }

    private static func answer(_ request: HTTPRequest, _ file: StaticFile, _ response: HTTPResponse) -> HTTPResponse {
        guard has(request, file.entityTag) else { return response }
        var unchanged = response
        unchanged.status = .notModified
        unchanged.fields.remove(.contentType)
        unchanged.body = .empty
        return unchanged
    }

    /// Whether the client says it has `tag`; weakly compared, as RFC 9110 §13.1.2 has it.
    private static func has(_ request: HTTPRequest, _ tag: String) -> Bool {
        request.fields.values(of: .ifNoneMatch).contains { value in
            value.split(separator: ",").contains { element in
                var element = element.drop { $0 == " " || $0 == "\t" }
                while let last = element.last, last == " " || last == "\t" { element.removeLast() }
                if element.hasPrefix("W/") { element = element.dropFirst(2) }
                return element == "*" || element == tag
            }
        }
    }

    /// Nothing from elsewhere, nothing inline, in nobody's frame.
    ///
    /// An empty icon keeps browsers from asking for one.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
