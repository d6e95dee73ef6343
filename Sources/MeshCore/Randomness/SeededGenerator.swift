/// A fast generator whose whole future follows from its seed (xoshiro256**, seeded by SplitMix64).
///
/// For simulations, jitter and sampling; never for keys or tokens. It gives integers only: a decision that hangs on a
/// floating-point draw may differ between machines.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The generator of `seed`; neighbouring seeds give unrelated sequences.
    package init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        let result = (state.1 &* 5).rotatedLeft(by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3.rotatedLeft(by: 45)
        return result
    }

    /// A generator of its own for a part of the work, so that one part drawing more does not shift another.
    package mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }
}

extension RandomNumberGenerator {
    /// An integer in `0..<bound`, each as likely as the other (Lemire's multiplication with rejection).
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "there is no integer below \(bound)")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let rejected = (0 &- bound) % bound
            while product.low < rejected { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// An integer in `range`, each as likely as the other.
    package mutating func integer(in range: ClosedRange<Int>) -> Int {
        let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        precondition(!overflow && span < Int.max, "the range is wider than the generator serves")
        return range.lowerBound + integer(below: span + 1)
    }

    /// True `numerator` times out of `denominator`.
    package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        integer(below: denominator) < numerator
    }

    /// One element, each as likely as the other; nil where there is none.
    package mutating func pick<Elements: RandomAccessCollection>(from elements: Elements) -> Elements.Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.index(elements.startIndex, offsetBy: integer(below: elements.count))]
    }
}

/// Spreads a small seed over a generator's whole state.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension UInt64 {
    fileprivate func rotatedLeft(by count: UInt64) -> UInt64 { self << count | self >> (64 - count) }
}
