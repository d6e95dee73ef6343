internal import MeshCore

/// The tables, and how each version of them comes about; docs/usage-store.md says what their columns mean.
enum UsageSchema {
    /// `mesh`, as the file says of itself.
    static let applicationID = 0x6D65_7368

    /// The version that this program writes.
    static var version: Int64 { Int64(migrations.count) }

    /// What each version does to the one before it.
    ///
    /// A step that cannot be taken with what the tables hold may forget rows and cursors: they come again.
    static let migrations: [String] = [first]

    private static var first: String {
        let texts = UsageRow.textColumns.map { column in
            "\(column) TEXT" + (always.contains(column) ? " NOT NULL" : "")
        }
        let numbers = UsageRow.numberColumns.map { column in
            let isAlways = always.contains(column) || UsageRow.bookColumns.contains(column)
            return "\(column) INTEGER" + (isAlways ? " NOT NULL" : "")
        }
        return """
            CREATE TABLE postings (
              account TEXT NOT NULL, number INTEGER NOT NULL,
              \((texts + numbers).joined(separator: ",\n  ")),
              PRIMARY KEY (account, number)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX postings_by_time ON postings (time);
            CREATE TABLE cursors (
              account TEXT NOT NULL PRIMARY KEY, head INTEGER NOT NULL, command TEXT NOT NULL, number INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE VIEW charges AS SELECT
              account, number, id, time, datetime(time / 1000, 'unixepoch') AS at, period, model, asked, use, tier,
              multiplier, basis, policy, price, project, session, edge, invite, call_end, is_late, is_estimated,
              input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, long_cache_write_tokens,
              reasoning_tokens, upstream, fee, upstream + fee AS total, -knowledge AS from_knowledge,
              -granted AS from_granted, -paid AS from_paid, -metered AS from_metered, overdraft
              FROM postings WHERE kind = 'charge';
            """
    }

    private static let always: Set<String> = ["id", "kind", "period", "note", "time"]
}
