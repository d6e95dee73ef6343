/// Values by name, in the order in which they were written.
///
/// Names are compared byte by byte: `é` as one character and `é` as two are two names.
package struct JSONObject: Hashable, Sendable {
    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name.
        package let key: String

        /// What it stands for.
        package var value: JSONValue

        /// Whether the names are spelled alike and the values are the same.
        package static func == (left: Member, right: Member) -> Bool {
            JSONKey(left.key) == JSONKey(right.key) && left.value == right.value
        }

        /// The name as it is spelled, and the value.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(JSONKey(key))
            hasher.combine(value)
        }
    }

    /// The members in their order; no key comes twice.
    package private(set) var members: [Member] = []

    /// No members.
    package init() {}

    /// How many there are.
    package var count: Int { members.count }

    /// The value called `key`; nil takes it out.
    package subscript(key: String) -> JSONValue? {
        get { index(of: key).map { members[$0].value } }
        set {
            let index = index(of: key)
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// The object with other names and values, in the same order; of members that then have one name, the first stays.
    package func mapMembers<Failure: Error>(
        _ transform: (Member) throws(Failure) -> (key: String, value: JSONValue)
    ) throws(Failure) -> JSONObject {
        var mapped = JSONObject()
        var keys: Set<JSONKey> = []
        for member in members {
            let (key, value) = try transform(member)
            if keys.insert(JSONKey(key)).inserted { mapped.append(key, value) }
        }
        return mapped
    }

    private func index(of key: String) -> Int? {
        let key = JSONKey(key)
        return members.firstIndex { JSONKey($0.key) == key }
    }

    /// Adds a member whose key the caller knows to be new.
    mutating func append(_ key: String, _ value: JSONValue) { members.append(Member(key: key, value: value)) }
}
