import MeshCore
import MeshJSON
import MeshVitals
import Testing

@Suite struct `Beats as JSON` {
    private func beat(_ text: String) throws(BeatError) -> Beat { try Beat(json: Array(text.utf8)) }

    @Test func `are spelled as the protocol says`() throws {
        var vitals = Vitals()
        (vitals.processorLoad, vitals.processorCount) = (1.0 / 3, 1.5)
        vitals.memoryTotalBytes = 1_024
        vitals.networkSentBytesPerSecond = 12.4
        var card = GraphicsVitals(name: "A \"card\"")
        card.load = 0.5
        vitals.graphics = [card]
        vitals.loadedAdapters = ["garden"]
        let beat = Beat(
            device: try NodeID("laptop-7"),
            timestampMilliseconds: 1_795_248_000_123,
            sequence: 42,
            interval: .seconds(30),
            vitals: vitals
        )
        #expect(
            String(decoding: beat.json, as: UTF8.self) == """
                {"device_id":"laptop-7","timestamp":1795248000123,"sequence":42,"interval_ms":30000,"vitals":\
                {"cpu_load":0.3333,"cpu_count":1.5,"memory_total_bytes":1024,"network_sent_bytes_per_second":12,\
                "gpus":[{"name":"A \\"card\\"","load":0.5}],"loaded_adapters":["garden"]}}
                """
        )
    }

    @Test(arguments: RecordedMachine.names)
    func `of every recorded machine come back as they were told`(_ name: String) throws {
        let vitals = try RecordedMachine.vitals(name)
        let told = Beat(
            device: try NodeID("e"),
            timestampMilliseconds: -1,
            sequence: UInt64(Int64.max),
            interval: nil,
            vitals: vitals
        )
        let heard = try Beat(json: told.json)
        #expect(try Beat(json: heard.json) == heard, "rounded once, it stays")
        #expect(heard.sequence == told.sequence && heard.timestampMilliseconds == -1 && heard.interval == nil)
        #expect(heard.vitals.memoryTotalBytes == vitals.memoryTotalBytes)
        #expect(heard.vitals.graphics.map(\.name) == vitals.graphics.map(\.name))
        #expect(abs((heard.vitals.processorLoad ?? 0) - (vitals.processorLoad ?? 0)) <= 0.000_05)
        #expect(told.json.count < 2_048)
    }

    @Test func `with members that nobody knows are taken`() throws {
        let found = try beat(
            """
            {"new":[1,{}],"device_id":"e","timestamp":7,"sequence":1,
            "vitals":{"new":{},"cpu_load":0.5,"gpus":[{"name":"x","y":1}]}}
            """
        )
        #expect(found.vitals.processorLoad == 0.5 && found.vitals.graphics.map(\.name) == ["x"])
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "{\"device_id\":\"e\"", #"{"device_id":"e","timestamp":1,"sequence":0,"vitals":{}}"#,
        #"{"device_id":"e","timestamp":1,"sequence":-1,"vitals":{}}"#,
        #"{"device_id":"e","timestamp":1,"sequence":1.5,"vitals":{}}"#,
        #"{"device_id":"e","timestamp":1,"sequence":9223372036854775808,"vitals":{}}"#,
        #"{"device_id":"e","timestamp":"1","sequence":1,"vitals":{}}"#,
        #"{"device_id":"e","sequence":1,"vitals":{}}"#, #"{"device_id":"E!","timestamp":1,"sequence":1}"#,
        #"{"device_id":7,"timestamp":1,"sequence":1}"#, #"{"device_id":"e","timestamp":1,"sequence":1,"sequence":2}"#,
        "{'device_id':'e'}", "{\"device_id\":\"e\",\"timestamp\":1,\"sequence\":1} x",
    ])
    func `that do not say who, when and which one are refused`(_ text: String) {
        #expect(throws: BeatError(.malformed, "")) { _ = try beat(text) }
    }

    @Test func `with vitals that are not as they should be tell the others`() throws {
        let found = try beat(
            """
            {"device_id":"e","timestamp":1,"sequence":1,"interval_ms":-5,"vitals":{"cpu_load":1.5,"cpu_steal":"x",
            "cpu_count":-1,"memory_total_bytes":-1,"memory_available_bytes":1.5,"disk_total_bytes":7,
            "temperature_celsius":-300,"gpus":{"a":1},"is_on_battery":1,"loaded_models":[1,"m",null],
            "load_average_1m":1,"queue_depth":null,"network_sent_bytes_per_second":1e300}}
            """
        )
        var expected = Vitals()
        expected.diskTotalBytes = 7
        expected.loadedModels = ["m"]
        #expect(found.vitals == expected && found.interval == nil)
        for vitals in ["null", "7", "[]", "\"x\""] {
            let text = #"{"device_id":"e","timestamp":1,"sequence":1,"vitals":\#(vitals)}"#
            #expect(try beat(text).vitals == Vitals())
        }
    }

    @Test func `keep their bounds on both sides`() throws {
        var vitals = Vitals()
        let long = String(repeating: "ü", count: Limits.Vitals.maximumNameBytes)
        vitals.graphics = (0...Limits.Vitals.maximumGraphics).map { _ in GraphicsVitals(name: long) }
        vitals.loadedModels = (0...Limits.Vitals.maximumLoaded).map { "\(long)\($0)" }
        vitals.loadedAdapters = vitals.loadedModels
        let told = Beat(
            device: try NodeID("e"),
            timestampMilliseconds: 0,
            sequence: 1,
            interval: Limits.Beat.longestInterval + .seconds(1),
            vitals: vitals
        )
        #expect(told.json.count < Limits.Beat.maximumBytes)
        let heard = try Beat(json: told.json)
        #expect(heard.vitals.graphics.count == Limits.Vitals.maximumGraphics)
        #expect(heard.vitals.loadedModels.count == Limits.Vitals.maximumLoaded)
        #expect(heard.vitals.graphics.allSatisfy { $0.name.utf8.count <= Limits.Vitals.maximumNameBytes })
        #expect(heard.vitals.loadedModels.allSatisfy { $0.utf8.count <= Limits.Vitals.maximumNameBytes })
        #expect(heard.interval == Limits.Beat.longestInterval)
        // A hub does not trust that an edge has kept them.
        let many = Array(repeating: "{\"name\":\"\(long)\"}", count: 100).joined(separator: ",")
        let found = try beat(#"{"device_id":"e","timestamp":1,"sequence":1,"vitals":{"gpus":[\#(many)]}}"#)
        #expect(found.vitals.graphics.count == Limits.Vitals.maximumGraphics)
        let fill = String(repeating: " ", count: Limits.Beat.maximumBytes)
        #expect(throws: BeatError(.malformed, "")) {
            _ = try beat(#"{"device_id":"e","timestamp":1,"sequence":1}"# + fill)
        }
    }

    @Test func `that are nested without end are refused and harm nobody`() {
        let deep = String(repeating: "[", count: 60_000)
        #expect(throws: BeatError(.malformed, "")) { _ = try beat(#"{"vitals":\#(deep)"#) }
    }
}
