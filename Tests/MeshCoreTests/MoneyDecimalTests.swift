import MeshCore
import Testing

@Suite struct `Amounts as decimal text` {
    @Test(
        arguments: [
            ("0", 0), ("25", 25_000_000_000), ("0.010815", 10_815_000), ("-3.5", -3_500_000_000), ("0.000000001", 1),
            ("-0.000000001", -1), ("9223372036.854775807", Int64.max), ("-9223372036.854775808", Int64.min),
            ("12.05", 12_050_000_000),
        ] as [(String, Int64)]
    )
    func `are read and written exactly`(text: String, nanodollars: Int64) {
        #expect(Money(decimal: text) == Money(nanodollars: nanodollars))
        #expect(Money(nanodollars: nanodollars).decimalText == text)
    }

    @Test(arguments: [
        ("1.50", "1.5"), ("0.000", "0"), ("-0", "0"), ("-0.0", "0"), ("7.000000000", "7"),
    ])
    func `are written with no more digits than they have`(text: String, shortest: String) {
        #expect(Money(decimal: text)?.decimalText == shortest)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "-.5", "+1", " 1", "1 ", "1e3", "1E3", "0x1", "01", "00", "1.0000000001", "1,5", "$1",
        "1.2.3", "--1", "9223372036.854775808", "-9223372036.854775809", "99999999999", "١", "1\u{0}", "nan", "inf",
        "1_000", "0.1٢",
    ])
    func `that are anything else are none`(text: String) {
        #expect(Money(decimal: text) == nil)
    }

    @Test func `come back whatever they are`() {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<2_000 {
            let shift = Int(generator.next() % 64)
            let money = Money(nanodollars: Int64(bitPattern: generator.next()) >> Int64(shift))
            #expect(Money(decimal: money.decimalText) == money, "\(money.nanodollars)")
        }
    }

    @Test func `of sums are exact beyond 64 bits`() {
        let most = Int128(Int64.max)
        #expect(Money.decimalText(ofNanodollars: most * 1_000) == "9223372036854.775807")
        #expect(Money.decimalText(ofNanodollars: -most - 1) == "-9223372036.854775808")
        #expect(Money.decimalText(ofNanodollars: Int128.min).hasPrefix("-"))
    }
}
