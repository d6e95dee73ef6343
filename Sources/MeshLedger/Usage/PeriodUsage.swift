internal import MeshChat
internal import MeshCore
package import MeshWire

/// By what usage is told apart.
package enum UsageDimension: UInt64, LedgerNumber, CaseIterable {
    /// The model that answered.
    case model = 0
    /// The project, of calls that have one.
    case project = 1
    /// The session, of calls that have one.
    case session = 2
    /// The edge, of calls that came from one.
    case edge = 3
    /// The day, UTC: `2026-11-22`.
    case day = 4
    /// The kind of use: `cloud`.
    case kind = 5

    /// The word that people write: `model`.
    package var name: String {
        switch self {
        case .model: "model"
        case .project: "project"
        case .session: "session"
        case .edge: "edge"
        case .day: "day"
        case .kind: "kind"
        }
    }
}

/// What was used in one period.
package struct PeriodUsage: Hashable, Sendable {
    /// The period.
    package let period: BillingPeriod

    /// All of it.
    package private(set) var total = UsageSum()

    /// Nano-dollars that Stripe was told of in it: what its invoice comes to.
    package private(set) var flushed: Int128 = 0

    /// Nano-dollars of these that Stripe's meter never has in this month.
    ///
    /// They stand on invoices written by hand, or were told with a time of another month. Below nothing where it has
    /// more in it, of what counts in other periods here.
    private var elsewhere: Int128 = 0

    /// Nano-dollars that Stripe's meter has in this month, or will have once everything is delivered.
    package var told: Int128 { flushed - elsewhere }

    /// Whether it takes anything more.
    package private(set) var isClosed = false

    /// By dimension and name; what found no row of its own counts in the row without a name.
    private var rows: [[String: UsageSum]]

    /// A period in which nothing was used.
    package init(_ period: BillingPeriod) {
        self.period = period
        rows = UsageDimension.allCases.map { _ in [:] }
    }

    /// The rows of `dimension`, by name.
    package subscript(dimension: UsageDimension) -> [String: UsageSum] { rows[Int(dimension.rawValue)] }

    /// How many rows of all dimensions there are.
    package var rowCount: Int { rows.reduce(0) { $0 + $1.count } }

    /// Takes a posting of the period in.
    mutating func take(_ posting: Posting) {
        total.add(posting)
        if posting.kind == .flush { flushed -= posting[.flushed] }
        guard posting.kind == .charge, let call = posting.call else { return }
        let names: [String?] = [
            call.model, call.place.project, call.place.session, call.place.edge, CalendarDay.text(of: posting.time),
            call.kind.name,
        ]
        for index in names.indices {
            guard let name = names[index] else { continue }
            if let row = rows[index].index(forKey: name) {
                rows[index].values[row].add(posting)
            } else {
                let isFull = rows[index].count >= Limits.Ledger.maximumUsageRows
                rows[index][isFull ? "" : name, default: UsageSum()].add(posting)
            }
        }
    }

    /// Stripe's meter will never have `event` in this month.
    mutating func leaves(_ event: MeterEvent) { elsewhere += Int128(event.microdollars) * MeterEvent.nanodollars }

    /// It will have `event`, which is not of this period.
    mutating func comes(_ event: MeterEvent) { elsewhere -= Int128(event.microdollars) * MeterEvent.nanodollars }

    /// What stays of it once it is closed: its sums, and those of the models that came to most.
    func rolledUp() -> PeriodUsage {
        var closed = self
        closed.isClosed = true
        closed.rows = UsageDimension.allCases.map { _ in [:] }
        let models = self[.model].filter { !$0.key.isEmpty }.sorted {
            $0.value.charged == $1.value.charged ? $0.key < $1.key : $0.value.charged > $1.value.charged
        }
        var others = self[.model][""] ?? UsageSum()
        for (index, model) in models.enumerated() {
            if index < Limits.Ledger.maximumClosedRows {
                closed.rows[0][model.key] = model.value
            } else {
                others.add(model.value)
            }
        }
        if others != UsageSum() { closed.rows[0][""] = others }
        return closed
    }
}

extension PeriodUsage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: elsewhere == 0 ? 5 : 6)
        period.encode(into: &writer)
        total.encode(into: &writer)
        writer.write(flushed)
        writer.write(isClosed)
        rows.encode(into: &writer)
        if elsewhere != 0 { writer.write(Int64(clamping: elsewhere / MeterEvent.nanodollars)) }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 5)
        period = try BillingPeriod(from: &reader)
        total = try UsageSum(from: &reader)
        flushed = try reader.readInt128()
        isClosed = try reader.readBool()
        rows = try [[String: UsageSum]](from: &reader)
        elsewhere = Int128(try reader.readAppended(Int64.self, in: &tail) ?? 0) * MeterEvent.nanodollars
        try reader.endRecord(tail)
        while rows.count < UsageDimension.allCases.count { rows.append([:]) }
    }
}
