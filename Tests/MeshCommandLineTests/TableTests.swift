import MeshCommandLine
import Testing

struct TableTests {
    @Test
    func `columns are as wide as their widest cell and keep to their edge`() {
        var table = Table(columns: [.init("name"), .init("steps", .right), .init("note")])
        table.append(["election", "7", "first"])
        table.append(["lease", "123456", ""])
        #expect(
            table.text == """
                name       steps  note
                election       7  first
                lease     123456

                """
        )
    }

    @Test
    func `a table without rows is its headings`() {
        #expect(Table(columns: [.init("name"), .init("steps", .right)]).text == "name  steps\n")
    }

    @Test
    func `cells cannot move the cursor`() {
        var table = Table(columns: [.init("name")])
        table.append(["a\u{1b}[2J\r\n\u{202E}b"])
        #expect(table.text == "name\na\\u{1B}[2J\\r\\n\\u{202E}b\n")
    }
}
