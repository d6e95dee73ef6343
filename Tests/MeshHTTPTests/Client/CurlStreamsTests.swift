import MeshCore
import MeshHTTP
import Testing

@Suite struct `What is known of streams` {
    private let here = CurlConnection(remote: "127.0.0.1", remotePort: 443, localPort: 50_000)
    private let there = CurlConnection(remote: "127.0.0.1", remotePort: 443, localPort: 50_001)

    @Test func `tells that streams behind the last one were not looked at`() {
        var streams = CurlStreams()
        var sending = streams.sending(on: here)
        streams.heardNumber(on: here)
        sending.stream = 5
        #expect(!streams.wasRefused(sending))
        streams.retired(here, last: 5)
        #expect(!streams.wasRefused(sending))
        streams.retired(here, last: 3)
        streams.retired(here, last: 9)
        #expect(streams.wasRefused(sending))
        streams.connected(here)
        #expect(!streams.wasRefused(sending))
    }

    @Test func `lets nothing be sent again where the words for numbers are missing`() {
        var streams = CurlStreams()
        let sending = streams.sending(on: here)
        streams.heardNumber(on: there)
        streams.retired(here, last: 0)
        #expect(!streams.wasRefused(sending))
        // An older connection between the same ends had them; this one has not said so.
        streams.heardNumber(on: here)
        streams.connected(here)
        let again = streams.sending(on: here)
        streams.retired(here, last: 0)
        #expect(!streams.wasRefused(again))
    }

    @Test func `knows that a request without a number was not sent where numbers are told`() {
        var streams = CurlStreams()
        streams.heardNumber(on: here)
        let sending = streams.sending(on: here)
        streams.retired(here, last: 1)
        #expect(streams.wasRefused(sending))
    }

    @Test func `knows that nothing is sent on a connection that was retired before`() {
        var streams = CurlStreams()
        streams.retired(here, last: 1)
        #expect(streams.wasRefused(streams.sending(on: here)))
        #expect(!streams.wasRefused(streams.sending(on: there)))
    }

    @Test func `is forgotten beyond its bound, and then nothing is sent again`() {
        var streams = CurlStreams()
        streams.heardNumber(on: here)
        let sending = streams.sending(on: here)
        for port in 0..<Int32(Limits.HTTPClient.maximumKnownOrigins) {
            let other = CurlConnection(remote: "127.0.0.2", remotePort: 443, localPort: port)
            streams.heardNumber(on: other)
            streams.retired(other, last: 1)
        }
        streams.retired(here, last: 1)
        #expect(!streams.wasRefused(sending))
    }
}

@Suite struct `The library's want of memory` {
    @Test func `is a head that is too large only while a head is read`() {
        let outOfMemory: UInt32 = 27
        for progress in [RequestProgress.connecting, .sent, .answering] {
            #expect(CurlFailure.meaning(outOfMemory, progress, isReadingHead: false) == .libraryFailed)
        }
        #expect(CurlFailure.meaning(outOfMemory, .sent, isReadingHead: true) == .tooLarge)
    }

    @Test func `a head is read from its status to the empty line`() {
        var reader = ResponseHeadReader()
        #expect(!reader.isUnderWay)
        for (line, isUnderWay) in [
            ("HTTP/1.1 103 Early\r\n", true), ("a: b\r\n", true), ("\r\n", false), ("HTTP/1.1 200 OK\r\n", true),
            ("\r\n", false),
        ] {
            let isTaken = Array(line.utf8).withUnsafeBytes { bytes in
                do { try reader.take(bytes) } catch { return false }
                return true
            }
            #expect(isTaken)
            #expect(reader.isUnderWay == isUnderWay)
        }
    }
}
