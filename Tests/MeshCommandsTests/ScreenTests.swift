import MeshAPI
import MeshCommands
import Testing

@Suite struct `A table for a screen` {
    private static func table() -> ScreenTable {
        var table = ScreenTable([
            .init("NODE", least: 6), .init("STATE"), .init("RTT", isRight: true, rank: 1), .init("VERSION", rank: 3),
            .init("LABELS", rank: 2, least: 8),
        ])
        table.append([
            Cell("laptop-of-somebody"), Cell("connected", .green), Cell("0.21 ms"), Cell("0.1.0"),
            Cell("gpu=yes, site=berlin, rack=7"),
        ])
        table.append([Cell("edge-2"), Cell("gone", .red), Cell("-", .dim), Cell("0.1.0"), Cell("")])
        return table
    }

    @Test func `gives nothing away where nobody looks`() {
        let layout = Self.table().layout(width: nil)
        #expect(layout.hidden.isEmpty)
        #expect(
            layout.lines(inColour: false) == [
                "NODE                STATE          RTT  VERSION  LABELS",
                "laptop-of-somebody  connected  0.21 ms  0.1.0    gpu=yes, site=berlin, rack=7",
                "edge-2              gone             -  0.1.0",
            ]
        )
    }

    @Test func `cuts texts before columns give way, and then those that matter least`() {
        let wide = Self.table().layout(width: 70)
        #expect(wide.hidden.isEmpty)
        #expect(
            wide.lines(inColour: false)[1] == "laptop-of-somebody  connected  0.21 ms  0.1.0    gpu=yes, site=berlin…"
        )
        #expect(Self.table().layout(width: 42).hidden == ["version"])
        #expect(Self.table().layout(width: 26).hidden == ["version", "labels"])
        #expect(Self.table().layout(width: 20).lines(inColour: false)[1] == "laptop-o…  connected")
    }

    @Test(arguments: 20...120)
    func `is never wider than its screen`(width: Int) {
        let lines = Self.table().layout(width: width).lines(inColour: false)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
    }

    @Test func `keeps its columns under each other in colours, and ends each colour`() {
        let layout = Self.table().layout(width: nil)
        let plain = layout.lines(inColour: false)
        let coloured = layout.lines(inColour: true).map { line in
            Paint.allCases.reduce(line) { $0.replacing("\u{1B}[\($1.rawValue)m", with: "") }
                .replacing("\u{1B}[0m", with: "")
        }
        #expect(zip(plain, coloured).allSatisfy { $1.hasPrefix($0) })
        #expect(layout.lines(inColour: true)[1].contains("\u{1B}[32mconnected\u{1B}[0m"))
    }

    @Test func `shows what an edge says and moves no cursor`() {
        #expect(!Cell("a\u{1B}[31m\nb").text.contains { $0 == "\u{1B}" || $0.isNewline })
        #expect(Paint.red.on("x", false) == "x" && Paint.plain.on("x", true) == "x" && Paint.red.on("", true) == "")
    }
}

@Suite struct `Figures for people` {
    @Test(arguments: [
        (0.0, "0.0s"), (0.04, "0.0s"), (1.26, "1.3s"), (12.4, "12s"), (302, "5m02s"), (300, "5m"), (12_000, "3h20m"),
        (1_051_200, "12d4h"), (-7, "-7.0s"), (.infinity, "?"), (.nan, "?"),
    ])
    func `times`(seconds: Double, text: String) {
        #expect(Words.time(seconds) == text)
    }

    @Test(arguments: [(0.0, "0s"), (119, "119s"), (120, "2m"), (7_200, "2h"), (172_800, "2d"), (-3, "0s"), (.nan, "?")])
    func `coarse times`(seconds: Double, text: String) {
        #expect(Words.coarse(seconds) == text)
    }

    @Test(arguments: [
        (0.0, "0.00 ms"), (0.214, "0.21 ms"), (0.05, "0.05 ms"), (9.94, "9.9 ms"), (12.5, "13 ms"), (-1, "?"),
    ])
    func `times of packets`(milliseconds: Double, text: String) {
        #expect(Words.milliseconds(milliseconds) == text)
    }

    @Test(arguments: [
        (UInt64(0), "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_048_550, "1.0 MiB"), (3_328_599_654, "3.1 GiB"),
        (.max, "16384.0 PiB"),
    ])
    func `bytes`(count: UInt64, text: String) {
        #expect(Words.bytes(count) == text)
    }

    @Test func `parts, counts, moments and meters`() {
        #expect(Words.percent(0.126) == "13 %" && Words.percent(1.2) == "?")
        #expect(Words.count(1, "edge") == "1 edge" && Words.count(0, "edge") == "0 edges")
        #expect(Words.moment("2026-11-21T08:15:00.250Z") == "2026-11-21 08:15:00 UTC")
        #expect(Words.moment("yesterday") == "yesterday")
        #expect(Words.meter(0.34) == "■■■□□□□□□□" && Words.meter(7) == "■■■■■■■■■■")
    }
}
