package import MeshCore

/// Which placeholder stands for what, for one conversation.
///
/// It never leaves the edge.
///
/// The same original has the same placeholder for as long as the map lives, and also when a lost map begins anew, but
/// for those few whose code two originals share: there who comes first has it.
package struct PlaceholderMap: Sendable {
    /// What a placeholder stands for.
    struct Original: Hashable {
        let kind: PersonalKind
        let text: String
    }

    /// When it was last used.
    package private(set) var lastUse: WallTime

    private let key: PlaceholderKey
    private var placeholders: [Original: Placeholder] = [:]
    private var originals: [Placeholder: Original] = [:]
    /// In the order in which they were given out, which the wire form keeps.
    private var order: [Placeholder] = []
    /// Sorted, so that what begins like one of them is found.
    private var sorted: [UInt64] = []
    /// Bytes of all originals.
    package private(set) var byteCount = 0
    /// Hashes of the words of all names, by which these are found again where nothing says that they are names.
    private(set) var nameWords: Set<UInt64> = []

    /// Those that stand for what was last seen as a number of JSON; not kept at rest, for a request says it anew.
    private var numbers: Set<Placeholder> = []

    /// A map that is empty.
    package init(key: PlaceholderKey, now: WallTime) {
        self.key = key
        lastUse = now
    }

    /// How many placeholders there are.
    package var count: Int { order.count }

    /// Notes that it was used.
    package mutating func touch(now: WallTime) { if lastUse < now { lastUse = now } }

    /// Whether it has not been used for `lifetime`, and is to be thrown away.
    package func isExpired(now: WallTime, lifetime: Duration) -> Bool {
        Self.isExpired(lastUse: lastUse, now: now, lifetime: lifetime)
    }

    /// Whether a map that was last used then has not been used for `lifetime`.
    package static func isExpired(lastUse: WallTime, now: WallTime, lifetime: Duration) -> Bool {
        let bounded = min(lifetime, Limits.Privacy.longestMapLifetime)
        // A clock may say anything, and so may a file.
        let (age, overflow) = now.millisecondsSince1970.subtractingReportingOverflow(lastUse.millisecondsSince1970)
        return overflow ? lastUse < now : age > bounded.wholeNanoseconds / 1_000_000
    }

    /// By how much the last use that is kept may be behind the true one: no write for each request that says nothing
    /// new.
    package static func useGrain(ofLifetime lifetime: Duration) -> Duration {
        min(Limits.Privacy.lastUseGrain, lifetime / 8)
    }

    /// Every placeholder and what it stands for, in the order in which they were given out, for whoever sits at the
    /// edge.
    package var pairs: [(placeholder: Placeholder, kind: PersonalKind, original: String)] {
        order.compactMap { placeholder in originals[placeholder].map { (placeholder, $0.kind, $0.text) } }
    }

    /// What a placeholder stands for; nil for one that this conversation has not given out.
    package func original(of placeholder: Placeholder) -> String? { originals[placeholder]?.text }

    /// The placeholder for an original, a new one where it has none yet.
    mutating func placeholder(for text: String, _ kind: PersonalKind) throws(PrivacyError) -> Placeholder {
        let original = Original(kind: kind, text: text)
        if let known = placeholders[original] { return known }
        guard order.count < Limits.Privacy.maximumPlaceholders,
            byteCount + text.utf8.count <= Limits.Privacy.maximumMapBytes
        else { throw PrivacyError(.mapFull, "the conversation has as many placeholders as it may have") }
        for attempt in 0...255 as ClosedRange<UInt8> {
            let placeholder = Placeholder(kind.word, body: key.body(kind, text, attempt: attempt))
            if originals[placeholder] == nil, !placeholder.isMistakable {
                insert(placeholder, original)
                return placeholder
            }
        }
        throw PrivacyError(.mapFull, "no free placeholder was found")
    }

    /// Notes as what an original was written in a document of JSON.
    mutating func note(_ placeholder: Placeholder, isNumber: Bool, isWholeString: Bool) {
        if isNumber { numbers.insert(placeholder) } else if isWholeString { numbers.remove(placeholder) }
    }

    /// Whether a placeholder stands for a number, which has no quotation marks in JSON.
    func isNumber(_ placeholder: Placeholder) -> Bool { numbers.contains(placeholder) }

    /// Whether there is such a one.
    var hasNumbers: Bool { !numbers.isEmpty }

    private mutating func insert(_ placeholder: Placeholder, _ original: Original) {
        placeholders[original] = placeholder
        originals[placeholder] = original
        order.append(placeholder)
        sorted.insert(placeholder.packed, at: firstIndex(notBefore: placeholder.packed))
        byteCount += original.text.utf8.count
        guard original.kind == .person else { return }
        for word in ScannedText(original.text).unfolded.words() where word.isCapitalised && word.count > 2 {
            nameWords.insert(word.hash)
        }
    }

    /// Whether there is a placeholder with this word whose code begins with these digits.
    func hasPlaceholder(_ word: PlaceholderWord, beginningWith digits: UInt64, count: Int) -> Bool {
        let shift = UInt64(5 * (Placeholder.length - count))
        let lowest = UInt64(word.rawValue) << 30 | digits << shift
        let index = firstIndex(notBefore: lowest)
        return index < sorted.count && sorted[index] >> shift == lowest >> shift
    }

    private func firstIndex(notBefore packed: UInt64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < packed { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension PlaceholderMap: CustomStringConvertible, CustomReflectable {
    package var description: String { "a map of \(count) placeholders" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

// MARK: - At rest

extension PlaceholderMap {
    /// What is kept of it: everything but the key.
    ///
    /// Whoever writes it down encrypts it (``PlaceholderVault``).
    package var record: PlaceholderRecord {
        PlaceholderRecord(
            lastUse: lastUse,
            entries: order.compactMap { placeholder in
                originals[placeholder].map { .init(kind: $0.kind, original: $0.text, packed: placeholder.packed) }
            }
        )
    }

    /// The map that was kept, or an error where the record is none of this conversation's.
    package init(_ record: PlaceholderRecord, key: PlaceholderKey) throws(PrivacyError) {
        self.init(key: key, now: record.lastUse)
        for entry in record.entries {
            let packed = entry.packed
            guard let word = PlaceholderWord(rawValue: UInt8(truncatingIfNeeded: packed >> 30)),
                word == entry.kind.word, packed >> 38 == 0,
                let placeholder = Placeholder(word, digits: packed & 0x3FFF_FFFF)
            else { throw PrivacyError(.malformedMap, "a map holds what is no placeholder") }
            let original = Original(kind: entry.kind, text: entry.original)
            let isNew = placeholders[original] == nil && originals[placeholder] == nil
            guard isNew, order.count < Limits.Privacy.maximumPlaceholders,
                byteCount + entry.original.utf8.count <= Limits.Privacy.maximumMapBytes
            else { throw PrivacyError(.malformedMap, "a map names a placeholder twice, or is too large") }
            guard isOurs(placeholder, original) else {
                throw PrivacyError(.malformedMap, "a map holds placeholders of another conversation")
            }
            insert(placeholder, original)
        }
    }

    /// Whether the key gives this placeholder to this original, which another key does by chance alone.
    private func isOurs(_ placeholder: Placeholder, _ original: Original) -> Bool {
        (0...8 as ClosedRange<UInt8>).contains { attempt in
            let body = key.body(original.kind, original.text, attempt: attempt)
            return Placeholder(original.kind.word, body: body) == placeholder
        }
    }
}
