internal import MeshCore
package import MeshJSON

/// A document of the gateway, as both of its sides read and write it.
///
/// Members that are not known are passed over, so that a newer gateway can say more; those that docs/api.md promises
/// must be there.
package protocol APIDocument: Hashable, Sendable {
    /// The document as JSON; what is not known has no member.
    var json: JSONValue { get }

    /// The document that `json` tells.
    init(json: JSONValue) throws(APIError)
}

extension APIDocument {
    /// The document that `bytes` spell.
    package init(bytes: [UInt8]) throws(APIError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(bytes)
        } catch {
            throw APIError(.malformed, "the answer is no JSON: \(error.message)", cause: error)
        }
        try self.init(json: value)
    }

    /// The document in as few bytes as possible.
    package var bytes: [UInt8] { JSONWriter.bytes(of: json) }
}
