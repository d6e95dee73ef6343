/// Half precision without the processor's help: `Float16` is not there on every machine that we build for.
enum HalfPrecision {
    /// The bits of `value` in half precision, rounded to the nearest, in the middle to the even one.
    static func bits(of value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        switch magnitude {
        case 0x7F80_0001...: return sign | 0x7E00  // not a number
        case 0x477F_F000...: return sign | 0x7C00  // rounds beyond the largest
        case 0x3880_0000...:
            let rebased = magnitude - 0x3800_0000
            return sign | UInt16(truncatingIfNeeded: (rebased + 0x0FFF + ((rebased >> 13) & 1)) >> 13)
        case ...0x3300_0000: return sign  // half of the smallest, or less
        default:
            let exponent = magnitude >> 23
            let mantissa = (magnitude & 0x7F_FFFF) | 0x80_0000
            let shift = 126 - exponent
            let kept = mantissa >> shift
            let rest = mantissa & ((1 << shift) - 1)
            let middle: UInt32 = 1 << (shift - 1)
            let isUp = rest > middle || (rest == middle && kept & 1 == 1)
            return sign | UInt16(truncatingIfNeeded: kept + (isUp ? 1 : 0))
        }
    }
}
