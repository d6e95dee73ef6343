import MeshHTTP
import Testing

@Suite struct `What the library says in words` {
    private func understood(_ text: String) -> CurlWords? {
        Array(text.utf8).withUnsafeBytes { CurlWords($0) }
    }

    @Test func `is understood where it must be`() {
        #expect(understood("Using Stream ID: 17 (easy handle 0x55)\n") == .stream(17))
        #expect(understood("recveived GOAWAY, error=0, last_stream=99\n") == .goAway(last: 99))
    }

    @Test(arguments: [
        "", "Using Stream ID: ", "Using Stream ID: x", "Using Stream ID: 99999999999", "Using stream ID: 1",
        "recveived GOAWAY", "recveived GOAWAY, error=0", "recveived GOAWAY, error=0, last_stream=",
        "recveived GOAWAY, error=0, last=1", "Connection died, retrying a fresh connect (retry count: 1)",
    ])
    func `is nothing otherwise`(text: String) {
        #expect(understood(text) == nil)
    }
}
