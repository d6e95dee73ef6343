/// What ties together everything that is done for one request, on whichever machine: the trace, and who carries it on.
///
/// The form is that of W3C Trace Context, so that applications and proxies in front of us can give theirs. It serves
/// log lines and nothing else (docs/decisions/0016-traces.md): no span is kept anywhere.
package struct TraceContext: Hashable, Sendable {
    /// The first eight bytes of the trace's id, the most significant first.
    package let high: UInt64

    /// The last eight bytes of the trace's id; both halves together are not zero.
    package let low: UInt64

    /// Which of the trace's steps this is; not zero.
    package let span: UInt64

    /// What W3C calls trace-flags: the first two bits, as they came.
    package let flags: UInt8

    /// The trace that a task works for; what it calls and what its child tasks do belongs to it too.
    ///
    /// No dependency hangs on it: it is written to logs and handed on, and whatever is decided is decided without it.
    @TaskLocal package static var current: TraceContext?

    /// The context of these parts; nil where the trace or the span would be zero, which no trace is.
    package init?(high: UInt64, low: UInt64, span: UInt64, flags: UInt8) {
        guard high | low != 0, span != 0 else { return nil }
        self.high = high
        self.low = low
        self.span = span
        self.flags = flags & Self.knownFlags
    }

    /// A new trace under the number of `id`, which a request then has in both its names.
    ///
    /// Nobody is asked to keep anything of it: it is not sampled.
    package init(_ id: UniqueID, using generator: inout SeededGenerator) {
        high = id.high
        // An id that was drawn is never zero; another's may be.
        low = max(id.low, 1)
        span = max(generator.next(), 1)
        flags = Self.randomFlag
    }

    /// A new trace that begins at `wallTime`.
    package init(at wallTime: WallTime, using generator: inout SeededGenerator) {
        let id = UniqueID(at: wallTime, using: &generator)
        self.init(id, using: &generator)
    }

    /// The next step of the same trace.
    package func child(using generator: inout SeededGenerator) -> TraceContext {
        TraceContext(high, low, span: max(generator.next(), 1), flags)
    }

    private init(_ high: UInt64, _ low: UInt64, span: UInt64, _ flags: UInt8) {
        self.high = high
        self.low = low
        self.span = span
        self.flags = flags
    }

    /// Whether the caller may have recorded the trace (W3C §3.2.2.5.1); we record nothing, and hand it on.
    package var isSampled: Bool { flags & Self.sampledFlag != 0 }

    /// The trace's id as log lines have it: 32 lowercase hexadecimal digits.
    package var traceID: String {
        String(unsafeUninitializedCapacity: 32) { text in
            Self.write(high, digits: 16, to: text, at: 0)
            Self.write(low, digits: 16, to: text, at: 16)
            return 32
        }
    }

    private static let sampledFlag: UInt8 = 1
    private static let randomFlag: UInt8 = 2
    private static let knownFlags: UInt8 = 3
}

// MARK: - traceparent

extension TraceContext {
    /// The trace that the value of a field `traceparent` spells (W3C Trace Context §3.2); nil where it spells none.
    ///
    /// A version to come is read as far as this one goes, as §4.3 asks for.
    package init?(traceparent text: some Collection<UInt8>) {
        let found =
            text.withContiguousStorageIfAvailable { Self.read(UnsafeRawBufferPointer($0)) }
            ?? Array(text).withUnsafeBytes { Self.read($0) }
        guard let found else { return nil }
        self = found
    }

    /// Not generic: a request waits for it.
    private static func read(_ text: UnsafeRawBufferPointer) -> TraceContext? {
        let length = text.count
        guard length >= textLength, text[2] == hyphen, text[35] == hyphen, text[52] == hyphen,
            let version = number(text, 0, 2), version != 0xFF,
            length == textLength || version != 0 && text[textLength] == hyphen,
            let high = number(text, 3, 16), let low = number(text, 19, 16), let span = number(text, 36, 16),
            let flags = number(text, 53, 2)
        else { return nil }
        // Of a later version nothing but the first flag is known to mean the same.
        let known = version == 0 ? knownFlags : sampledFlag
        return TraceContext(high: high, low: low, span: span, flags: UInt8(truncatingIfNeeded: flags) & known)
    }

    /// The value of a field `traceparent`, in version 00.
    package var traceparent: String {
        String(unsafeUninitializedCapacity: Self.textLength) { text in
            for index in [2, 35, 52] { text.initializeElement(at: index, to: Self.hyphen) }
            Self.write(0, digits: 2, to: text, at: 0)
            Self.write(high, digits: 16, to: text, at: 3)
            Self.write(low, digits: 16, to: text, at: 19)
            Self.write(span, digits: 16, to: text, at: 36)
            Self.write(UInt64(flags), digits: 2, to: text, at: 53)
            return Self.textLength
        }
    }

    /// `00-` and 32 digits, `-` and 16, `-` and 2.
    private static let textLength = 55
    private static let hyphen = UInt8(ascii: "-")

    /// The number of so many digits; capital ones are none here (§3.2.2).
    private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64? {
        var number: UInt64 = 0
        for byte in text[start..<start + count] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    private static func write(
        _ number: UInt64,
        digits: Int,
        to text: UnsafeMutableBufferPointer<UInt8>,
        at start: Int
    ) {
        for index in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * (digits - 1 - index))) & 15
            let letter = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            text.initializeElement(at: start + index, to: letter)
        }
    }
}
