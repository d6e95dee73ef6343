import MeshCore
import MeshJSON
import Testing

@Suite("A JSON document") struct JSONReaderTests {
    @Test func `is read as it is written`() throws {
        let text = #" {"a": [1, -2, 3.5, 1e3, "x\u00e9\ud83d\ude00\n", true, false, null], "b": {}, "c": []} "#
        let wanted: JSONValue = [
            "a": [1, -2, 3.5, 1000.0, "xé😀\n", true, false, nil], "b": [:], "c": [],
        ]
        #expect(try JSONReader.read(text) == wanted)
    }

    @Test(arguments: [
        ("9223372036854775807", JSONValue.integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("0", 0), ("-0", 0), ("0.1", 0.1), ("1E-2", 0.01),
    ])
    func `has whole numbers that stay whole`(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(text) == value)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\"}", "{\"a\":}", "01", "-",
        "+1", ".5",
        "5.", "1e", "1e+", "0x10", "tru", "nul", "NaN", "Infinity", "\"", "\"\\", "\"\\x41\"", "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "\"a\u{1}\"", "1 2", "[] []", "// a\n1", "1e999", "[1 2]",
        "{\"a\" 1}",
        "'a'", "\u{FEFF}1",
    ])
    func `is refused where it breaks a rule`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.read(text) }
    }

    @Test func `is refused where a key comes twice, in small objects and in large ones`() {
        #expect(throws: JSONError(.duplicateKey, "")) { try JSONReader.read(#"{"a": 1, "b": 2, "a": 3}"#) }
        let members = (0..<3 * Limits.JSON.membersBeforeSet).map { "\"k\($0)\": 0" }.joined(separator: ", ")
        #expect(throws: Never.self) { try JSONReader.read("{\(members)}") }
        for key in [0, Limits.JSON.membersBeforeSet, 3 * Limits.JSON.membersBeforeSet - 1] {
            #expect(throws: JSONError(.duplicateKey, "")) { try JSONReader.read("{\(members), \"k\(key)\": 1}") }
        }
    }

    @Test func `tells keys apart by their bytes, not by what people see`() throws {
        let (one, two) = ("\u{E9}", "e\u{301}")
        let others = (0..<2 * Limits.JSON.membersBeforeSet).map { "\"k\($0)\":0," }.joined()
        for others in ["", others] {
            let text = "{\(others)\"\(one)\":1,\"\(two)\":2}"
            var object = try #require(JSONReader.read(text).object)
            #expect(object[one] == 1)
            #expect(object[two] == 2)
            object[two] = nil
            #expect(object[one] == 1)
            #expect(object[two] == nil)
            let bytes = Array(text.utf8)
            let place = JSONReader.position(of: [.key(two)], in: bytes, as: .json)
            #expect(place != nil)
            #expect(place != JSONReader.position(of: [.key(one)], in: bytes, as: .json))
        }
        #expect(throws: JSONError(.duplicateKey, "")) { try JSONReader.read("{\"\(two)\":1,\"\(two)\":2}") }
        #expect(try JSONReader.read("{\"\(one)\":1}") != JSONReader.read("{\"\(two)\":1}"))
    }

    @Test func `rounds whole numbers that do not fit, and says so by not being whole`() throws {
        let cases: [(String, Double)] = [
            ("9223372036854775808", 9_223_372_036_854_775_808), ("-9223372036854775809", -9_223_372_036_854_775_808),
            ("18446744073709551615", 18_446_744_073_709_551_616), ("1e2", 100), ("7.0", 7),
        ]
        for (text, number) in cases {
            let value = try JSONReader.read(text)
            #expect(value.integer == nil, "\(text)")
            #expect(value.number == number, "\(text)")
        }
        let zero = try JSONReader.read("-0")
        #expect(zero.integer == 0)
        #expect(zero.number?.sign == .plus)
        #expect(try JSONReader.read("-0.0").number?.sign == .minus)
        // Beyond 2^53 the number of a whole value is rounded too.
        #expect(JSONValue.integer(9_007_199_254_740_993).number == 9_007_199_254_740_992)
    }

    @Test func `is no deeper than the limit`() throws {
        let depth = Limits.JSON.maximumDepth
        let text = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSONReader.read(text(depth)) }
        #expect(throws: JSONError(.tooLarge, "")) { try JSONReader.read(text(depth + 1)) }
        #expect(throws: JSONError.self) { try JSONReader.read(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func `is no larger than the limit, and UTF-8`() {
        #expect(throws: JSONError(.tooLarge, "")) { try JSONReader.read(Array("123456".utf8), upTo: 5) }
        #expect(throws: JSONError(.tooLarge, "")) {
            try JSONReader.read([UInt8](repeating: 0x20, count: Limits.JSON.maximumBytes + 1))
        }
        #expect(throws: JSONError(.malformed, "")) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test func `says where it is wrong`() {
        do {
            _ = try JSONReader.read("{\n  \"é\": 1,\n  \"ü\" 2\n}")
            Issue.record("it is wrong")
        } catch {
            #expect(error.message.hasPrefix("line 3, column 7"), "\(error)")
        }
    }

    @Test func `says where its parts stand`() {
        let bytes = Array("{\n  a: 1, // one\n  list: [\n    { b: 2 },\n    { b: 3 },\n  ],\n}".utf8)
        let path: [JSONStep] = [.key("list"), .index(1), .key("b")]
        #expect(JSONReader.position(of: path, in: bytes, as: .json5)?.description == "line 5, column 7")
        #expect(JSONReader.position(of: [.key("c")], in: bytes, as: .json5) == nil)
    }
}

@Suite("A JSON5 document") struct JSON5ReaderTests {
    @Test func `has comments, bare keys, trailing commas and all kinds of text`() throws {
        let text = """
            // a line
            {
              bare: 'single "quoted"', $_é1: "a\\
            b", /* a
              block */ 'quoted': [1, 2,], "x": '\\x41\\v\\0\\q\\'',
            }
            """
        let wanted: JSONValue = [
            "bare": "single \"quoted\"", "$_é1": "ab", "quoted": [1, 2], "x": "A\u{0B}\0q'",
        ]
        #expect(try JSONReader.read(text, as: .json5) == wanted)
    }

    @Test(arguments: [
        ("+1", JSONValue.integer(1)), (".5", 0.5), ("-.5", -0.5), ("5.", 5.0), ("5.e1", 50.0), ("+.5e1", 5.0),
        ("0x1F", 31),
        ("-0XfF", -255), ("-1", -1), ("1.5", 1.5), ("+1.5", 1.5), ("\u{FEFF} 1", 1), ("\u{A0}1\u{2028}", 1),
    ])
    func `has numbers as people write them`(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(text, as: .json5) == value)
    }

    @Test(arguments: [
        "Infinity", "-Infinity", "NaN", "+", ".", "0x", "0x1FFFFFFFFFFFFFFFF", "0x8000000000000000", "010", "{1a: 1}",
        "{,}",
        "[,]", "[1,,]", "/* a", "/ 1", "'a", "'\\1'", "'\\01'", "{a: 1, a: 2}", "{a-b: 1}", "+-1",
    ])
    func `is refused where it breaks a rule`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.read(text, as: .json5) }
    }
}

@Suite("Written JSON") struct JSONWriterTests {
    @Test func `is short, and for people in lines`() {
        let value: JSONValue = ["a": [1, -0.5, "x\"\n\u{2028}", nil, true], "b": [:], "c": []]
        #expect(JSONWriter.text(of: value) == #"{"a":[1,-0.5,"x\"\n\u2028",null,true],"b":{},"c":[]}"#)
        #expect(
            JSONWriter.text(of: ["a": [1], "b": [:]], isIndented: true) == "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}"
        )
        #expect(JSONWriter.text(of: [.number(.infinity), .number(.nan)]) == "[null,null]")
    }

    @Test func `is read back as it was`() throws {
        let value: JSONValue = ["a": [1, 1e300, 2.5e-300, 0.1, "é😀\u{7F}\\", [[]], [:]], "": nil, "z": .integer(.min)]
        #expect(try JSONReader.read(JSONWriter.bytes(of: value)) == value)
        #expect(try JSONReader.read(JSONWriter.text(of: value, isIndented: true)) == value)
    }
}
