import Foundation
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `Who a server is for TLS` {
    @Test func `can be a node with its certificate in DER`() async throws {
        let node = try await TLSGround.credentials()
        _ = try TLSServerContext(chain: node.chain, privateKey: node.privateKey)
    }

    @Test func `can be said in PEM`() async throws {
        let node = try await TLSGround.credentials()
        let key = TLSGround.pem("PRIVATE KEY", node.privateKey.withBytes { Array($0) })
        let certificates = node.chain.flatMap { TLSGround.pem("CERTIFICATE", $0) }
        _ = try key.withUnsafeBytes { try TLSServerContext(certificates: certificates, privateKey: $0) }
    }

    @Test func `is refused where certificate and key do not fit`() async throws {
        let node = try await TLSGround.credentials()
        let other = try await TLSGround.credentials()
        #expect(throws: IOError(.credentialsUnusable, "")) {
            try TLSServerContext(chain: node.chain, privateKey: other.privateKey)
        }
    }

    @Test func `is refused where a certificate or the key is none`() async throws {
        let node = try await TLSGround.credentials()
        let cut = node.chain.map { Array($0.dropLast(8)) }
        #expect(throws: IOError(.credentialsUnusable, "")) {
            try TLSServerContext(chain: cut, privateKey: node.privateKey)
        }
        #expect(throws: IOError(.credentialsUnusable, "")) {
            try TLSServerContext(chain: [], privateKey: node.privateKey)
        }
        let certificates = node.chain.flatMap { TLSGround.pem("CERTIFICATE", $0) }
        for key in [[], Array("no key".utf8), certificates] {
            #expect(throws: IOError(.credentialsUnusable, "")) {
                try key.withUnsafeBytes { try TLSServerContext(certificates: certificates, privateKey: $0) }
            }
        }
    }

    @Test func `is refused in PEM that is longer than any certificate`() {
        let long = [UInt8](repeating: 0x2D, count: Limits.TLS.maximumPEMBytes + 1)
        #expect(throws: IOError(.credentialsUnusable, "")) {
            try [].withUnsafeBytes { try TLSServerContext(certificates: long, privateKey: $0) }
        }
        #expect(throws: IOError(.credentialsUnusable, "")) {
            try long.withUnsafeBytes { try TLSServerContext(certificates: [], privateKey: $0) }
        }
    }

    @Test func `names no protocol that ALPN cannot say, and no more than a few`() async throws {
        let node = try await TLSGround.credentials()
        let many = (0...Limits.TLS.maximumProtocols).map { "p\($0)" }
        for protocols in [[""], [String(repeating: "h", count: 256)], many] {
            #expect(throws: IOError(.credentialsUnusable, "")) {
                try TLSServerContext(chain: node.chain, privateKey: node.privateKey, protocols: protocols)
            }
        }
        _ = try TLSServerContext(
            chain: node.chain,
            privateKey: node.privateKey,
            protocols: Array(many.dropLast())
        )
        _ = try TLSServerContext(chain: node.chain, privateKey: node.privateKey, protocols: [])
    }

    @Test func `says nothing of its key in an error`() async throws {
        let node = try await TLSGround.credentials()
        let other = try await TLSGround.credentials()
        let secret = TLSGround.pem("PRIVATE KEY", other.privateKey.withBytes { Array($0) })
        let certificates = node.chain.flatMap { TLSGround.pem("CERTIFICATE", $0) }
        do {
            _ = try secret.withUnsafeBytes { try TLSServerContext(certificates: certificates, privateKey: $0) }
            Issue.record("the key fits")
        } catch let error as IOError {
            #expect(!error.chain.contains(String(decoding: secret.dropFirst(60).prefix(16), as: UTF8.self)))
            #expect(
                error.message
                    == "the certificate and its key cannot be used: The certificate and the given key do not match."
            )
        }
    }

    @Test func `is bounded by what it promises`() {
        #expect(Limits.TLS.maximumRecordBytes == 16_384)
        #expect(Limits.TLS.maximumBytesAhead == 16_645)
        #expect(Limits.TLS.maximumHandshakeMessageBytes == 16_384)
        #expect(Limits.TLS.maximumEmptyRecords == 32)
        #expect(Limits.TLS.ticketLifetime < Limits.TLS.ticketKeyLifetime)
    }
}

/// Credentials for tests of TLS.
enum TLSGround {
    static func credentials() async throws -> NodeCredentials {
        try await withLoop { loop in
            try PeerAuthority.make(clock: MachineClock(loop: loop)).credentials(.hub, "hub-1")
        }
    }

    static func identity() async throws -> TLSIdentity {
        let node = try await credentials()
        return TLSIdentity(try TLSServerContext(chain: node.chain, privateKey: node.privateKey))
    }

    static func configuration() async throws -> StreamListenerConfiguration {
        var configuration = StreamListenerConfiguration()
        configuration.identity = try await identity()
        return configuration
    }

    static func pem(_ label: String, _ der: [UInt8]) -> [UInt8] {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n".utf8)
    }
}
