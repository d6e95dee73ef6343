import Glibc
import MeshCore
import MeshIO
import Testing

@Suite struct `A socket address` {
    @Test(arguments: [
        ("1.2.3.4:443", "1.2.3.4:443"),
        ("0.0.0.0:0", "0.0.0.0:0"),
        ("255.255.255.255:65535", "255.255.255.255:65535"),
        ("[::1]:443", "[::1]:443"),
        ("[::]:1", "[::]:1"),
        ("[1::]:1", "[1::]:1"),
        ("[2001:0db8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"),
        ("[2001:DB8::A]:80", "[2001:db8::a]:80"),
        ("[1:0:0:2:0:0:0:3]:80", "[1:0:0:2::3]:80"),
        ("[1:0:0:2:3:0:0:4]:80", "[1::2:3:0:0:4]:80"),
        ("[1:0:2:3:4:5:6:7]:80", "[1:0:2:3:4:5:6:7]:80"),
        ("[fe80::1%3]:443", "[fe80::1%3]:443"),
        ("[::ffff:1.2.3.4]:443", "1.2.3.4:443"),
        ("[64:ff9b::192.0.2.1]:443", "[64:ff9b::c000:201]:443"),
        ("[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"),
    ])
    func `is read and written`(text: String, written: String) throws {
        let address = try SocketAddress(text)
        #expect(address.description == written)
        #expect(try SocketAddress(written) == address)
        let copy = address.withSystemAddress { SocketAddress(system: $0) }
        #expect(copy == address)
    }

    @Test(arguments: [
        ("", "port"), ("1.2.3.4", "port"), ("localhost:443", "four numbers"), ("1.2.3:443", "four numbers"),
        ("1.2.3.4.5:443", "four numbers"), ("1.2.3.256:443", "four numbers"), ("1.2.3.04:443", "four numbers"),
        ("1.2.3.-4:443", "four numbers"), ("1.2.3.:443", "four numbers"), (" 1.2.3.4:443", "four numbers"),
        (":443", "four numbers"), ("1.2.3.4:", "65535"), ("1.2.3.4:65536", "65535"), ("1.2.3.4:+1", "65535"),
        ("1.2.3.4:08", "65535"), ("1.2.3.4:99999999999999999999", "65535"), ("1.2.3.4:٣", "65535"),
        ("::1:443", "brackets"), ("2001:db8::1", "brackets"), ("[::1]", "bracket"), ("[::1", "bracket"),
        ("[::1]443", "bracket"), ("[:443", "bracket"), ("[]:443", "eight groups"), ("[:]:443", "eight groups"),
        ("[:::]:443", "eight groups"), ("[1::2::3]:443", "eight groups"), ("[1:2:3:4:5:6:7]:443", "eight groups"),
        ("[1:2:3:4:5:6:7:8:9]:443", "eight groups"), ("[1:2:3:4:5:6:7:8::]:443", "eight groups"),
        ("[12345::]:443", "eight groups"), ("[g::]:443", "eight groups"), ("[+1::]:443", "eight groups"),
        ("[1.2.3.4::]:443", "eight groups"), ("[::1.2.3]:443", "eight groups"), ("[1:]:443", "eight groups"),
        ("[fe80::1%]:443", "link"), ("[fe80::1%eth0]:443", "link"), ("[fe80::1%4294967296]:443", "link"),
    ])
    func `is refused where it is wrong, with the reason`(text: String, reason: String) throws {
        let error = #expect(throws: IOError.self) { try SocketAddress(text) }
        #expect(error?.code == .malformedAddress)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `does not repeat what nobody should see in a log`() throws {
        let error = #expect(throws: IOError.self) { try SocketAddress("\u{1B}[31m:443") }
        #expect(error?.message.contains("\u{1B}") == false)
        let long = #expect(throws: IOError.self) { try SocketAddress(String(repeating: "1", count: 9_999)) }
        #expect(try #require(long).message.utf8.count < 200)
    }

    @Test func `is the same bytes for C each time, what means nothing being zero`() throws {
        for text in ["1.2.3.4:443", "[2001:db8::1]:443", "[fe80::1%7]:443"] {
            let address = try SocketAddress(text)
            // Something else on the stack before each: what is not written would show.
            let first = spoilStack(0xAA) == 0 ? [] : address.withSystemAddress { Array($0) }
            let second = spoilStack(0x55) == 0 ? [] : address.withSystemAddress { Array($0) }
            #expect(first == second)
            #expect(first.count == (text.first == "[" ? 28 : 16))
        }
        let padding = try SocketAddress("1.2.3.4:443").withSystemAddress { Array($0.suffix(8)) }
        #expect(padding == Array(repeating: 0, count: 8))
    }

    @Test func `is refused where C gives another family, or too few bytes`() throws {
        let bytes = try SocketAddress("[::1]:443").withSystemAddress { Array($0) }
        for count in 0..<bytes.count {
            #expect(bytes[..<count].withUnsafeBytes { SocketAddress(system: $0) } == nil)
        }
        var unix = bytes
        unix[0] = UInt8(AF_UNIX)
        #expect(unix.withUnsafeBytes { SocketAddress(system: $0) } == nil)
    }

    @Test func `knows what leads to this machine alone`() throws {
        for text in ["127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            #expect(try SocketAddress(text).isLoopback, "\(text)")
        }
        for text in ["0.0.0.0:1", "128.0.0.1:1", "[::]:1", "[::2]:1", "[fe80::1]:1"] {
            #expect(try !SocketAddress(text).isLoopback, "\(text)")
        }
    }

    @Test func `tells addresses, ports and links apart, and takes another port`() throws {
        let texts = [
            "1.2.3.4:1", "1.2.3.4:2", "[::102:304]:1", "[fe80::1%1]:1", "[fe80::1%2]:1", "0.0.0.0:0", "[::]:0",
        ]
        #expect(Set(try texts.map { try SocketAddress($0) }).count == texts.count)
        #expect(try SocketAddress("[fe80::1%2]:1").with(port: 9).description == "[fe80::1%2]:9")
        #expect(try SocketAddress("1.2.3.4:1").with(port: 9).description == "1.2.3.4:9")
        #expect(MemoryLayout<SocketAddress>.size <= 24)
    }
}

@inline(never)
private func spoilStack(_ byte: UInt8) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 8) { memory in
        memory.initializeMemory(as: UInt8.self, repeating: byte)
        return memory.reduce(0) { $0 + Int($1) }
    }
}
