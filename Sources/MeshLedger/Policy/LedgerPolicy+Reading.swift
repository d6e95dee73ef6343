internal import MeshCore
internal import MeshJSON

extension LedgerPolicy {
    /// The policy in a file like `data/ledger.json5`; throws, and says where, for anything else.
    package init(text: String) throws(LedgerError) {
        let file: JSONValue
        do throws(JSONError) {
            file = try JSONReader.read(text, as: .json5)
        } catch {
            throw Self.wrong("it cannot be read: \(error.message)")
        }
        let root = try PolicyEntry(file, "the file", keys: ["version", "rows"])
        let version = try root.text("version")
        guard CalendarDay.start(version) != nil else { throw Self.wrong("its version is no day") }
        let rows = try root.list("rows").enumerated().map { index, value throws(LedgerError) in
            try Self.row(value, "rows[\(index)]", version)
        }
        try self.init(version: version, rows: rows)
    }

    private static func row(_ value: JSONValue, _ name: String, _ version: String) throws(LedgerError) -> Row {
        let entry = try PolicyEntry(value, name, keys: ["from", "flushAt", "free", "managed", "byok"])
        let day = try entry.text("from")
        guard let from = CalendarDay.start(day) else { throw wrong("\(name).from is no day") }
        let terms = LedgerTerms(
            version: "\(version)@\(day)",
            flushThreshold: try entry.money("flushAt"),
            free: try tier(try entry.member("free"), "\(name).free"),
            managed: try tier(try entry.member("managed"), "\(name).managed"),
            byok: try tier(try entry.member("byok"), "\(name).byok")
        )
        return Row(from: from, terms: terms)
    }

    private static func tier(_ value: JSONValue, _ name: String) throws(LedgerError) -> TierTerms {
        let keys: Set = ["local", "cloud", "knowledge", "cloudCharges", "ceiling", "grant"]
        let entry = try PolicyEntry(value, name, keys: keys)
        let basis: ChargeBasis
        switch try entry.text("cloudCharges") {
        case "whole": basis = .whole
        case "fee": basis = .fee
        default: throw wrong("\(name).cloudCharges is neither `whole` nor `fee`")
        }
        return TierTerms(
            local: ChargeRate(thousandths: try entry.integer("local")),
            cloud: ChargeRate(thousandths: try entry.integer("cloud"), basis: basis),
            knowledge: ChargeRate(thousandths: try entry.integer("knowledge")),
            ceiling: try entry.money("ceiling"),
            grant: try entry.money("grant")
        )
    }
}

/// A part of the file, and what it is called in errors.
private struct PolicyEntry {
    private let value: JSONValue
    private let name: String

    init(_ value: JSONValue, _ name: String, keys: Set<String>) throws(LedgerError) {
        guard let object = value.object else { throw LedgerPolicy.wrong("\(name) is no object") }
        for member in object.members where !keys.contains(member.key) {
            throw LedgerPolicy.wrong("\(name) has \(member.key), which means nothing")
        }
        self.value = value
        self.name = name
    }

    func member(_ key: String) throws(LedgerError) -> JSONValue {
        guard let member = value[key] else { throw LedgerPolicy.wrong("\(name) lacks \(key)") }
        return member
    }

    func text(_ key: String) throws(LedgerError) -> String {
        guard let text = try member(key).text else { throw LedgerPolicy.wrong("\(name).\(key) is no text") }
        return text
    }

    /// A whole number that was written as one: `1.03` is refused, not rounded.
    func integer(_ key: String) throws(LedgerError) -> Int64 {
        guard let integer = try member(key).integer else {
            throw LedgerPolicy.wrong("\(name).\(key) is no whole number")
        }
        return integer
    }

    func money(_ key: String) throws(LedgerError) -> Money { Money(nanodollars: try integer(key)) }

    func list(_ key: String) throws(LedgerError) -> [JSONValue] {
        guard let list = try member(key).array else { throw LedgerPolicy.wrong("\(name).\(key) is no list") }
        return list
    }
}
