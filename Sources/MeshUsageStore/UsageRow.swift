internal import MeshChat
internal import MeshCore
package import MeshLedger

/// One posting as it stands in the database: words and whole numbers, nothing that has to be worked out.
package struct UsageRow: Hashable, Sendable {
    /// Whose.
    package let account: String

    /// Its place among the account's postings, from 1.
    package let number: Int64

    /// The texts, in the order of ``textColumns``.
    let texts: [String?]

    /// The numbers, in the order of ``numberColumns``.
    let numbers: [Int64?]

    init(account: String, number: Int64, texts: [String?], numbers: [Int64?]) {
        self.account = account
        self.number = number
        self.texts = texts
        self.numbers = numbers
    }

    /// The row of `posting` of `account`.
    ///
    /// What is beyond 64 bits of nano-dollars, nine billion dollars, stops there.
    package init(_ posting: Posting, of account: String) {
        let call = posting.call
        self.init(
            account: account,
            number: Int64(clamping: posting.number),
            texts: [
                posting.id.description, "\(posting.kind)", "\(posting.period)", posting.of?.description, posting.note,
                call?.model, call?.asked, call?.kind.name, call?.tier.name,
                call.map { $0.rate.basis == .whole ? "whole" : "fee" }, call?.policyVersion, call?.priceVersion,
                call?.place.project, call?.place.session, call?.place.edge, call?.invite, call.map { "\($0.end)" },
            ],
            numbers: [posting.time.millisecondsSince1970] + Self.figures(of: call)
                + Book.allCases.map { Int64(clamping: posting[$0]) }
        )
    }

    private static func figures(of call: PostedCall?) -> [Int64?] {
        guard let call else { return Array(repeating: nil, count: callColumns.count) }
        let usage = call.usage
        return [
            call.rate.thousandths, Int64(usage.inputTokens), Int64(usage.outputTokens), Int64(usage.cacheReadTokens),
            Int64(usage.cacheWriteTokens), Int64(usage.longCacheWriteTokens), Int64(usage.reasoningTokens),
            usage.isEstimated ? 1 : 0, call.overdraft.nanodollars, call.isLate ? 1 : 0,
        ]
    }

    /// Columns of text, in order.
    static let textColumns = [
        "id", "kind", "period", "refund_of", "note", "model", "asked", "use", "tier", "basis", "policy", "price",
        "project", "session", "edge", "invite", "call_end",
    ]

    private static let callColumns = [
        "multiplier", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "long_cache_write_tokens", "reasoning_tokens", "is_estimated", "overdraft", "is_late",
    ]

    /// Columns of numbers, in order; the last ones are the books.
    static let numberColumns = ["time"] + callColumns + bookColumns

    /// A column for each book: what the posting does to it.
    static let bookColumns = Book.allCases.map { "\($0)" }

    /// The names of all columns, in order.
    package static let columns = ["account", "number"] + textColumns + numberColumns

    /// What stands in each: a text, a number, or nothing.
    package var cells: [(text: String?, number: Int64?)] {
        [(account, nil), (nil, number)] + texts.map { ($0, nil) } + numbers.map { (nil, $0) }
    }

    /// The same at another place, for tests of many.
    package func numbered(_ number: Int64) -> UsageRow {
        UsageRow(account: account, number: number, texts: texts, numbers: numbers)
    }

    /// What it does to `book`, in nano-dollars.
    package subscript(book: Book) -> Int64 {
        numbers[Self.numberColumns.count - Self.bookColumns.count + Int(book.rawValue)] ?? 0
    }
}
