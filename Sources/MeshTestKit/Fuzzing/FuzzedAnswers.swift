internal import MeshCore
internal import MeshHTTP

/// What the client of HTTP reads, under attack: URLs that others name, and the heads of their answers.
enum FuzzedAnswers {
    /// A URL that is taken leads to one place, which spells itself again, and says nothing else on the way.
    static func checkURL(_ input: UnsafeRawBufferPointer) {
        guard let url = try? ClientURL(String(decoding: input, as: UTF8.self)) else { return }
        let origin = "\(url.origin)"
        let isPlain = origin.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "@") }
        precondition(isPlain, "an origin with a user, or with what ends a line")
        precondition(origin.utf8.filter { $0 == UInt8(ascii: "/") }.count == 2, "an origin with a path")
        precondition(url.target.text.utf8.first == UInt8(ascii: "/"), "a target without a root")
        precondition(url.target.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a byte that has no place in a target")
        precondition(!"\(url)".contains("?"), "people are shown the query")
        let again = try? ClientURL(origin + url.target.text)
        // What was within its bound may grow beyond it by the port.
        precondition(again == url || input.count + 6 > Limits.HTTPClient.maximumURLBytes, "a URL changes on its way")
    }

    /// A head that is taken spells itself again, and has a length where it says one.
    static func checkHead(_ input: UnsafeRawBufferPointer) {
        guard let head = read(input) else { return }
        precondition((200...599).contains(head.status.code), "a status that is none")
        precondition(head.fields.count <= Limits.HTTPClient.maximumFields, "more fields than the bound")
        let lengths = Set(head.fields.values(of: .contentLength))
        precondition(lengths.isEmpty == (head.declaredLength == nil), "a length that nobody said")
        precondition(lengths.allSatisfy { UInt64($0) == head.declaredLength }, "a length in two ways")
        var spelled = Array("\(head.version.rawValue) \(head.status.code) \r\n".utf8)
        func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            precondition(!name.isEmpty && value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }, "a control")
            spelled += Array(name) + Array(": ".utf8) + Array(value) + Array("\r\n".utf8)
        }
        head.fields.forEach(write)
        spelled += Array("\r\n".utf8)
        let again = spelled.withUnsafeBytes { read($0) }
        // A blank that was not there may lead beyond the bound.
        guard input.count + head.fields.count * 2 + 16 <= Limits.HTTPClient.maximumHeadBytes else { return }
        precondition(again?.status == head.status && again?.version == head.version, "another status")
        precondition(again?.fields == head.fields, "other fields")
        precondition(again?.declaredLength == head.declaredLength, "another length")
    }

    /// The head in `bytes`, line by line as the library hands them over.
    private static func read(_ bytes: UnsafeRawBufferPointer) -> ResponseHeadReader.Head? {
        var reader = ResponseHeadReader()
        var rest = bytes[...]
        while reader.head == nil, let end = rest.firstIndex(of: 0x0A) {
            let line = UnsafeRawBufferPointer(rebasing: rest[...end])
            rest = rest[(end + 1)...]
            do { try reader.take(line) } catch { return nil }
        }
        return reader.head
    }
}
