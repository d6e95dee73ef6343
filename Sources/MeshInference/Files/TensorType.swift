/// In what numbers a tensor of a GGUF file is written: ggml's numbers for them, which are part of the format.
package enum TensorType: UInt32, Hashable, Sendable {
    /// Single precision.
    case f32 = 0
    /// Half precision.
    case f16 = 1
    /// Half precision with the range of single.
    case bf16 = 30
    /// Blocks of eight bits.
    case q8_0 = 8
    /// Blocks of four bits and a scale.
    case q4_0 = 2
    /// Blocks of other sizes; ggml's own names say how they are made.
    case q4_1 = 3, q5_0 = 6, q5_1 = 7
    /// Blocks of 256.
    case q2K = 10, q3K = 11, q4K = 12, q5K = 13, q6K = 14
    /// Blocks of 256 with tables.
    case iq2XXS = 16, iq2XS = 17, iq3XXS = 18, iq1S = 19, iq4NL = 20, iq3S = 21, iq2S = 22, iq4XS = 23, iq1M = 29
    /// Whole numbers and double precision.
    case i8 = 24, i16 = 25, i32 = 26, i64 = 27, f64 = 28
    /// Three values for each element.
    case tq1 = 34, tq2 = 35
    /// Four bits with a shared exponent.
    case mxfp4 = 39

    /// Elements and bytes of a block.
    private var block: (elements: UInt64, bytes: UInt64) {
        switch self {
        case .f32, .i32: (1, 4)
        case .f16, .bf16, .i16: (1, 2)
        case .i8: (1, 1)
        case .i64, .f64: (1, 8)
        case .q4_0, .iq4NL: (32, 18)
        case .q4_1: (32, 20)
        case .q5_0: (32, 22)
        case .q5_1: (32, 24)
        case .q8_0: (32, 34)
        case .mxfp4: (32, 17)
        case .q2K: (256, 84)
        case .q3K, .iq3S: (256, 110)
        case .q4K: (256, 144)
        case .q5K: (256, 176)
        case .q6K: (256, 210)
        case .iq2XXS, .tq2: (256, 66)
        case .iq2XS: (256, 74)
        case .iq3XXS: (256, 98)
        case .iq1S: (256, 50)
        case .iq2S: (256, 82)
        case .iq4XS: (256, 136)
        case .iq1M: (256, 56)
        case .tq1: (256, 54)
        }
    }

    /// The bytes of `elements` elements in rows of `row`; nil where a row is no whole number of blocks, or too large.
    func bytes(ofRow row: UInt64, elements: UInt64) -> UInt64? {
        let block = block
        guard row % block.elements == 0 else { return nil }
        let (bytes, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
        return overflow ? nil : bytes
    }

    /// Whether adapters may be written in it: what the library multiplies with anything.
    var isForAdapters: Bool { [.f32, .f16, .bf16, .q8_0].contains(self) }
}
