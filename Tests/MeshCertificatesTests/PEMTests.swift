import MeshCertificates
import MeshCore
import Testing

@Suite struct `PEM text` {
    private func read(_ text: String) throws(CertificateError) -> [(label: String, bytes: [UInt8])] {
        try Array(text.utf8).span.withUnsafeBytes { text throws(CertificateError) in
            var all: [(label: String, bytes: [UInt8])] = []
            for block in try PEM.blocks(in: text) { all.append((block.label, try PEM.decode(block, in: text).array)) }
            return all
        }
    }

    @Test(arguments: [0, 1, 2, 3, 47, 48, 49, 96, 97, 1_000])
    func `what is written is read`(count: Int) throws {
        guard count > 0 else { return }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let text = bytes.span.withUnsafeBytes { PEM.encode("CERTIFICATE", $0) }
        let found = try read(String(decoding: text.array, as: UTF8.self))
        #expect(found.map(\.label) == ["CERTIFICATE"] && found.map(\.bytes) == [bytes])
        #expect(String(decoding: text.array, as: UTF8.self).split(separator: "\n").allSatisfy { $0.count <= 64 })
    }

    @Test(arguments: [
        "-----BEGIN X-----\nAQID\n-----END X-----\n",
        "-----BEGIN X-----\r\nAQID\r\n-----END X-----\r\n",
        "-----BEGIN X-----\nAQID\n-----END X-----",
        "\u{FEFF}-----BEGIN X-----\nAQID\n-----END X-----",
        "subject: somebody\n\n-----BEGIN X-----\nAQ\nID\n-----END X-----\nthe rest\n",
        "-----BEGIN X-----\n AQ ID \t\n\n-----END X-----  \n",
    ])
    func `text around a block, and blanks in it, do not matter`(text: String) throws {
        #expect(try read(text).map(\.bytes) == [[1, 2, 3]])
    }

    @Test(arguments: [
        "", "hello", "-----BEGIN X-----", "-----BEGIN X-----\nAQID\n", "-----BEGIN X-----\nAQID\n-----END Y-----\n",
        "-----END X-----\n", "-----BEGIN X----\nAQID\n-----END X-----\n", "-----BEGIN x-----\nAQID\n-----END x-----\n",
        "-----BEGIN X-----\n-----BEGIN X-----\nAQID\n-----END X-----\n", "-----BEGIN X-----\n-----END X-----\n",
        "-----BEGIN X-----\nAQI\n-----END X-----\n", "-----BEGIN X-----\nAQ=D\n-----END X-----\n",
        "-----BEGIN X-----\nA===\n-----END X-----\n", "-----BEGIN X-----\n====\n-----END X-----\n",
        "-----BEGIN X-----\nAQ==AQID\n-----END X-----\n", "-----BEGIN X-----\nAQ==\n=\n-----END X-----\n",
        "-----BEGIN X-----\nAR==\n-----END X-----\n", "-----BEGIN X-----\nAQJ=\n-----END X-----\n",
        "-----BEGIN X-----\nAQ-D\n-----END X-----\n", "-----BEGIN X-----\nAQID\nNote: x\n-----END X-----\n",
        "-----BEGIN X-----\nAQ\u{0}D\n-----END X-----\n",
    ])
    func `anything else is none`(text: String) {
        #expect(throws: CertificateError(.notPEM, "")) { try read(text) }
    }

    @Test func `the number of blocks has a bound`() throws {
        let block = "-----BEGIN X-----\nAQID\n-----END X-----\n"
        let count = Limits.Certificate.maximumBlocks
        #expect(try read(String(repeating: block, count: count)).count == count)
        #expect(throws: CertificateError(.fileTooLarge, "")) { try read(String(repeating: block, count: count + 1)) }
    }
}
