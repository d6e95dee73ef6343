internal import MeshCore

/// What a seed decides before a world begins, as worlds of every sort have it.
package protocol SeededPlan: Sendable {
    /// What can befall it.
    associatedtype Fault: SeededFault
    /// What is counted in it.
    associatedtype Figures: SeededFigures

    /// The command of `meshsim` that runs it.
    static var command: String { get }

    /// The seed.
    var seed: UInt64 { get }

    /// Which faults happen.
    var faults: Set<Fault> { get }

    /// Who is in it, for people: `2 hubs, 5 edges`.
    var cast: String { get }
}

/// One thing that can befall a world; its word stands in reports.
package protocol SeededFault: RawRepresentable, Hashable, Sendable, CaseIterable where RawValue == String {}

/// What is counted in one world, and added up over many.
package protocol SeededFigures: Sendable {
    /// Nothing yet.
    init()

    /// Takes in what was counted in one world more.
    mutating func add(_ other: Self)

    /// For people; `events` is how many things were checked.
    func lines(events: Int) -> [String]

    /// For programs.
    var fields: [JSONField] { get }
}

/// One member of the object that a program reads.
package struct JSONField: Hashable, Sendable {
    /// Its name.
    package let name: String

    /// Its value, as JSON writes it.
    package let value: String

    /// The member `name`, a number.
    package init(_ name: String, _ number: some BinaryInteger) {
        self.name = name
        value = "\(number)"
    }

    /// The member `name`, in whole milliseconds.
    package init(milliseconds name: String, _ duration: Duration) {
        self.init(name, duration.wholeNanoseconds / 1_000_000)
    }

    /// The member `name`, a text.
    package init(_ name: String, text: String) {
        self.name = name
        value = JSONText.quoted(text)
    }

    /// The member `name`, an object of `counts`.
    package init(_ name: String, counts: [(name: String, count: Int)]) {
        self.name = name
        let members = counts.map { "\(JSONText.quoted($0.name)):\($0.count)" }
        value = "{\(members.joined(separator: ","))}"
    }

    /// `"name":value`.
    package var text: String { "\(JSONText.quoted(name)):\(value)" }
}
