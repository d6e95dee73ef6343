/// The port that gives refusals the shape which clients of a group of routes expect.
package protocol ErrorRenderer: Sendable {
    /// The answer that says `refusal`.
    func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse
}

/// The shape of the house: ``HTTPRefusal/answer(_:)``.
package struct JSONErrorRenderer: ErrorRenderer {
    /// A renderer.
    package init() {}

    package func response(to refusal: HTTPRefusal, for request: HTTPRequest) -> HTTPResponse {
        refusal.answer(request.id)
    }
}
