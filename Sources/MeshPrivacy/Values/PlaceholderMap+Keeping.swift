extension PlaceholderMap {
    /// The map with no more than those placeholders that stand in `texts`; `key` is the conversation's.
    ///
    /// What only looks like one of them is kept too.
    package func keeping(
        placeholdersIn texts: [String],
        key: PlaceholderKey
    ) throws(PrivacyError) -> PlaceholderMap {
        var codes: Set<[UInt8]> = []
        for text in texts {
            let bytes = Array(text.utf8)
            for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
                codes.insert(Array(bytes[(index + 1)...].prefix(Placeholder.length)))
            }
        }
        let all = record
        let entries = zip(pairs, all.entries).filter { codes.contains($0.0.placeholder.codeBytes) }.map(\.1)
        return try PlaceholderMap(PlaceholderRecord(lastUse: all.lastUse, entries: entries), key: key)
    }
}
