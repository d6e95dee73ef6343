/// Values by name, in the order in which they were written.
package struct JSONObject: Hashable, Sendable {
    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name.
        package let key: String

        /// What it stands for.
        package var value: JSONValue
    }

    /// The members in their order; no key comes twice.
    package private(set) var members: [Member] = []

    /// No members.
    package init() {}

    /// How many there are.
    package var count: Int { members.count }

    /// The value called `key`; nil takes it out.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose key the caller knows to be new.
    mutating func append(_ key: String, _ value: JSONValue) { members.append(Member(key: key, value: value)) }
}
