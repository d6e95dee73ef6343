internal import MeshChat
internal import MeshJSON

extension JSONObject {
    /// What a client is told of credit that does not suffice, inside the error that its SDK reads; members that no SDK
    /// knows are handed to the program all the same.
    mutating func append(_ credit: CreditRefusal?) {
        for (key, value) in credit?.members ?? [] { self[key] = value.map { .string($0) } ?? .null }
    }
}
