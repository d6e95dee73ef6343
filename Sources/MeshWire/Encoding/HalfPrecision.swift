/// Numbers of 16 bits (IEEE 754 binary16), as they stand in bytes; Swift's `Float16` is not on every platform.
enum HalfPrecision {
    /// The 16 bits of `value` where they keep it exactly, the canonical ones for NaN; otherwise nil.
    static func bits(of value: Float) -> UInt16? {
        if value.isNaN { return canonicalNaN }
        let pattern = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: pattern >> 16) & 0x8000
        let exponent = Int(pattern >> 23 & 0xFF)
        let fraction = pattern & 0x7F_FFFF
        switch exponent {
        case 0xFF:
            return sign | 0x7C00
        case 0:
            return fraction == 0 ? sign : nil  // a subnormal Float is far below the smallest half
        case 113...142:
            guard fraction & 0x1FFF == 0 else { return nil }
            return sign | UInt16(exponent - 112) << 10 | UInt16(fraction >> 13)
        case 103...112:
            return subnormalBits(sign: sign, significand: fraction | 0x80_0000, shift: 126 - exponent)
        default:
            return nil
        }
    }

    /// The value of 16 bits.
    static func value(of bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        return switch exponent {
        case 0: sign * fraction * 0x1p-24
        case 0x1F: fraction == 0 ? sign * .infinity : .nan
        default: sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1_024)
        }
    }

    private static func subnormalBits(sign: UInt16, significand: UInt32, shift: Int) -> UInt16? {
        let lost = significand & (1 << UInt32(shift) - 1)
        return lost == 0 ? sign | UInt16(significand >> UInt32(shift)) : nil
    }

    private static let canonicalNaN: UInt16 = 0x7E00
}
