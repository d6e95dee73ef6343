internal import CMeshNames
internal import MeshActors
package import MeshCore
package import MeshTunnel

/// Names by the resolver of the system: its hosts file, its servers, its order of addresses.
///
/// A question is asked on a thread of its own, never on a loop. A caller that is cancelled is let go while the thread
/// still waits; a server that is silent holds one of a few threads, and others go on.
package final class SystemResolver: HubResolver {
    private let threads = NameThreads()
    private let clock: any Clock
    private let server: IPEndpoint?
    private let patience: Duration

    /// Asks the system's servers, or `server` alone, which has an IPv4 address; no caller waits longer than `patience`.
    package init(clock: any Clock, server: IPEndpoint? = nil, patience: Duration = Limits.Names.patience) {
        precondition(server.map { $0.address.bytes.count == 4 } ?? true, "the C library takes such a server alone")
        self.clock = clock
        self.server = server
        self.patience = patience
    }

    /// The addresses of `host`; an address is its own.
    package func addresses(of host: String) async throws(ResolverError) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        guard let name = DNSName(host)?.hostText else { throw Self.notFound("the text is no name of a host") }
        let server = server
        return try await ask { () throws(ResolverError) in try Self.addresses(of: name, server) }
    }

    /// The hubs of `name`, as DNS has them.
    package func services(of name: String) async throws(ResolverError) -> [ServiceRecord] {
        guard let domain = DNSName(name)?.hostText, let owner = DNSName("_meshhub._udp.\(domain)") else {
            throw Self.notFound("the text is no name of a domain")
        }
        let server = server
        return try await ask { () throws(ResolverError) in try Self.services(of: owner, server) }
    }

    /// What `question` answers, asked on a thread.
    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable () throws(ResolverError) -> Answer
    ) async throws(ResolverError) -> Answer {
        typealias Outcome = Result<Answer, ResolverError>
        let answer = OneShot<Outcome>()
        let isWanted = Lock(true)
        defer { isWanted.withLock { $0 = false } }
        let isTaken = threads.ask {
            // Whoever gave up while the question waited keeps no thread from others.
            guard isWanted.withLock({ $0 }) else { return }
            do throws(ResolverError) {
                answer.open(.success(try question()))
            } catch {
                answer.open(.failure(error))
            }
        }
        guard isTaken else { throw ResolverError(.unavailable, "too many names are asked for at a time") }
        let (clock, patience) = (clock, patience)
        let outcome = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { try? await answer.wait() }
            group.addTask {
                try? await clock.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let outcome else { throw ResolverError(.unavailable, "no server has answered in time") }
        return try outcome.get()
    }

    private static func notFound(_ message: String) -> ResolverError { ResolverError(.notFound, message) }
}

// MARK: - On a thread

extension SystemResolver {
    private static func addresses(of name: String, _ server: IPEndpoint?) throws(ResolverError) -> [IPAddress] {
        let entryBytes = cmesh_names_address_bytes
        var how = how(server)
        var bytes = [UInt8](repeating: 0, count: Limits.Tunnel.maximumAddresses * entryBytes)
        let count = cmesh_names_addresses(name, &how, &bytes, Int32(Limits.Tunnel.maximumAddresses))
        guard count > 0 else { throw failure(count) }
        var found: [IPAddress] = []
        for entry in 0..<Int(count) {
            let start = entry * entryBytes + 1
            let address = IPAddress(bytes: Array(bytes[start..<start + Int(bytes[start - 1])]))
            if let address, !found.contains(address) { found.append(address) }
        }
        return found
    }

    private static func services(
        of owner: DNSName,
        _ server: IPEndpoint?
    ) throws(ResolverError) -> [ServiceRecord] {
        guard let text = owner.hostText else { throw notFound("the text is no name of a domain") }
        var how = how(server)
        var answer = [UInt8](repeating: 0, count: Limits.Names.maximumAnswerBytes)
        let count = cmesh_names_records(
            text,
            Int32(cmesh_names_type_srv),
            &how,
            &answer,
            Int32(answer.count)
        )
        guard count >= 0 else { throw failure(count) }
        let found = try read(answer.prefix(Int(count)), owner)
        guard !found.isEmpty else { throw notFound("the name announces no hub") }
        return found
    }

    private static func read(_ answer: ArraySlice<UInt8>, _ owner: DNSName) throws(ResolverError) -> [ServiceRecord] {
        do throws(DNSError) {
            let bytes = Array(answer)
            let result = bytes.withUnsafeBytes { bytes -> Result<DNSMessage, DNSError> in
                do throws(DNSError) {
                    return .success(try DNSMessage(bytes))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get().services(of: owner)
        } catch {
            throw ResolverError(.unavailable, "the answer cannot be used", cause: error)
        }
    }

    private static func how(_ server: IPEndpoint?) -> cmesh_names_how {
        var how = cmesh_names_how()
        how.attempts = UInt16(Limits.Names.attempts)
        how.patience_seconds = UInt16(Limits.Names.attemptSeconds)
        if let server {
            how.server_port = server.port
            withUnsafeMutableBytes(of: &how.server) { $0.copyBytes(from: server.address.bytes.prefix(4)) }
        }
        return how
    }

    private static func failure(_ status: Int32) -> ResolverError {
        Int(status) == cmesh_names_not_found || status == 0
            ? notFound("the name does not exist, or has no such record")
            : ResolverError(.unavailable, "no server has answered")
    }
}
