internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON
internal import MeshLedger

/// What a client wants done with an account, field by field.
///
/// Amounts are decimal text and nothing else: what a program has had in floating point is not exact any more.
struct LedgerRequest {
    /// What it says.
    let body: JSONField
    /// Whose account it is about.
    let account: TenantID
    private let key: String?

    /// Reads a body that may have `members`, and an `account`; where it may be empty, an empty one says nothing.
    ///
    /// The account is the caller's own, or with the scope of operators that of any tenant.
    init(_ request: HTTPRequest, _ caller: Caller, members: Set<String>, mayBeEmpty: Bool = false) async throws {
        let bytes = try await request.body.collect(upTo: Limits.Gateway.maximumBodyBytes)
        if bytes.isEmpty && mayBeEmpty {
            body = JSONField(.object(JSONObject()))
        } else {
            do throws(JSONError) {
                body = JSONField(try JSONReader.read(bytes))
            } catch {
                // Only the kind is said: the reader's words may quote the document.
                let words = "the body is no JSON document that can be read (\(error.code.rawValue))"
                throw HTTPRefusal(.badRequest, "bad_request", words)
            }
        }
        try body.members(among: members.union(["account"]))
        account = try body["account"].map { try Self.account($0, caller) } ?? caller.tenant
        key = try members.contains("id") ? Self.key(request.fields) : nil
    }

    private static func account(_ field: JSONField, _ caller: Caller) throws -> TenantID {
        let name = try field.text(bytes: 1...Limits.Identifier.maximumBytes)
        guard let account = try? TenantID(name) else { throw field.wrong("is no name of a tenant") }
        guard account == caller.tenant || caller.scopes.contains(.operate) else {
            throw HTTPRefusal.missingScope([.operate])
        }
        return account
    }

    /// What the field `idempotency-key` says, in quotes or without.
    private static func key(_ fields: HTTPFields) throws(HTTPRefusal) -> String? {
        let values = fields.values(of: .idempotencyKey)
        guard let first = values.first else { return nil }
        let isQuoted = first.utf8.count > 2 && first.hasPrefix("\"") && first.hasSuffix("\"")
        let text = isQuoted ? String(first.dropFirst().dropLast()) : first
        guard values.count == 1, isName(text) else {
            throw HTTPRefusal(.badRequest, "bad_request", "idempotency-key is one id, as 'id' in the body")
        }
        return text
    }

    /// By which the change is known: `id`, or the field `idempotency-key`; both may say it, but nothing different.
    func id() throws -> LedgerName {
        let said = try body["id"].map { try Self.name($0) }
        guard let text = said ?? key else { throw JSONFieldError("id", "is missing, and so is idempotency-key") }
        guard key == nil || said == nil || key == said else {
            throw JSONFieldError("id", "is not what idempotency-key says")
        }
        return LedgerName(text: text)
    }

    /// The call that the field `call` names.
    func call() throws -> UniqueID { LedgerName(text: try Self.name(body.required("call"))).id }

    /// The dollars of the field `amount`.
    func amount() throws -> Money { try Self.amount(body.required("amount")) }

    /// The same, where all of it is meant if nothing is said.
    func amountIfAny() throws -> Money? { try body["amount"].map { try Self.amount($0) } }

    /// A word for people.
    func note() throws -> String { try body["note"]?.text(bytes: 0...Limits.Ledger.maximumNoteBytes) ?? "" }

    /// The fund that is meant; what was granted where nothing is said.
    func fund() throws -> Fund {
        try body["fund"].map { try Self.word($0, Fund.allCases, \.name) } ?? .granted
    }

    /// One of the words that `name` gives to `values`.
    static func word<Value>(_ field: JSONField, _ values: [Value], _ name: (Value) -> String) throws -> Value {
        guard let text = field.value.text, let value = values.first(where: { name($0) == text }) else {
            throw field.wrong("must be one of \(values.map(name).joined(separator: ", "))")
        }
        return value
    }

    /// A name that is no longer than ``Limits/Gateway/maximumLedgerNameBytes``.
    static func name(_ field: JSONField) throws(JSONFieldError) -> String {
        let text = try field.text(bytes: 1...Limits.Gateway.maximumLedgerNameBytes)
        guard isName(text) else { throw field.wrong("must be printable ASCII without spaces") }
        return text
    }

    private static func amount(_ field: JSONField) throws(JSONFieldError) -> Money {
        guard let text = field.value.text else {
            throw field.wrong("must be text, such as \"12.50\": a number is not exact")
        }
        guard let amount = Money(decimal: text) else {
            throw field.wrong("must be dollars in digits, with nine behind the point at most")
        }
        guard amount.nanodollars.magnitude <= UInt64(Limits.Ledger.maximumEntry) else {
            throw field.wrong("is beyond reason")
        }
        return amount
    }

    private static func isName(_ text: String) -> Bool {
        (1...Limits.Gateway.maximumLedgerNameBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

/// By what a client knows a change of an account, and what that is among the postings.
struct LedgerName: Hashable, Sendable {
    /// As the client says it.
    let text: String

    /// A UUID is itself, so that a call of this hub can be named; of any other text it is a hash.
    var id: UniqueID { UniqueID(text) ?? UniqueID(named: "api|\(text)") }
}

extension HTTPFieldName {
    /// `idempotency-key`.
    static let idempotencyKey = HTTPFieldName(known: "idempotency-key")
}
