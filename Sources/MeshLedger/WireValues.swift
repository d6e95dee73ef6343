internal import MeshCore
package import MeshWire

// How values of lower modules stand in this module's records.

extension WireWriter {
    mutating func write(_ time: WallTime) { write(time.millisecondsSince1970) }
    mutating func write(_ money: Money) { write(money.nanodollars) }
    mutating func write(_ id: UniqueID) { write(high: id.high, low: id.low) }

    /// Sixteen bytes, of which the first bit is the sign.
    mutating func write(_ value: Int128) {
        write(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }

    mutating func write(count: Int) { write(Int64(count)) }

    /// Each of `elements`, which are in the order that they shall be read in.
    mutating func write(list elements: some Collection<some WireCodable>) {
        writeArrayHead(count: elements.count)
        for element in elements { element.encode(into: &self) }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readTime() throws(WireError) -> WallTime { WallTime(millisecondsSince1970: try readInt64()) }

    @_lifetime(self: copy self)
    mutating func readMoney() throws(WireError) -> Money { Money(nanodollars: try readInt64()) }

    @_lifetime(self: copy self)
    mutating func readUniqueID() throws(WireError) -> UniqueID {
        let (high, low) = try readSixteenBytes()
        return UniqueID(high: high, low: low)
    }

    @_lifetime(self: copy self)
    mutating func readInt128() throws(WireError) -> Int128 {
        let (high, low) = try readSixteenBytes()
        return Int128(Int64(bitPattern: high)) << 64 | Int128(low)
    }

    @_lifetime(self: copy self)
    mutating func readCount() throws(WireError) -> Int { try readInteger(as: Int.self) }

    /// A name, cut to the bound that all of them have.
    @_lifetime(self: copy self)
    mutating func readName() throws(WireError) -> String {
        try readText().cut(toBytes: Limits.Ledger.maximumNameBytes)
    }

    @_lifetime(self: copy self)
    mutating func readOptionalName() throws(WireError) -> String? { try readNil() ? nil : try readName() }
}

/// An enum without payloads, by its number on the wire.
package protocol LedgerNumber: RawRepresentable<UInt64>, WireCodable {}

extension LedgerNumber {
    /// Writes its number.
    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

    /// Reads its number; one that means nothing is refused.
    package init(from reader: inout WireReader) throws(WireError) {
        let number = try reader.readUInt64()
        guard let value = Self(rawValue: number) else {
            throw WireError(.invalidValue, "the number \(number) means nothing here")
        }
        self = value
    }
}

extension WallTime {
    /// The moment `duration` later; it stops at the ends of time.
    func moved(by duration: Duration) -> WallTime {
        let (sum, overflow) = millisecondsSince1970.addingReportingOverflow(duration.wholeNanoseconds / 1_000_000)
        return WallTime(millisecondsSince1970: overflow ? (duration < .zero ? .min : .max) : sum)
    }
}
