internal import CMeshQUIC
internal import MeshCore

/// Remembers whose early data was taken, so that the same first flight is not taken twice (RFC 8446 §8.2).
///
/// It forgets what GnuTLS would refuse by its age; when it is full it refuses early data, which then comes once more
/// behind the handshake.
final class ReplayGuard: Sendable {
    private struct Memory {
        var seen: [[UInt8]: time_t] = [:]
    }

    // Made once and only read; GnuTLS locks nothing in it.
    nonisolated(unsafe) let handle: gnutls_anti_replay_t
    private let memory = Lock(Memory())

    init?() {
        var handle: gnutls_anti_replay_t?
        guard gnutls_anti_replay_init(&handle) == 0, let handle else { return nil }
        self.handle = handle
        gnutls_anti_replay_set_window(handle, Self.windowMilliseconds)
        gnutls_anti_replay_set_ptr(handle, Unmanaged.passUnretained(self).toOpaque())
        gnutls_anti_replay_set_add_function(handle) { context, expiry, key, _ in
            guard let context, let key, let bytes = key.pointee.data else { return GNUTLS_E_INVALID_REQUEST }
            let known = Array(UnsafeBufferPointer(start: bytes, count: Int(key.pointee.size)))
            return Unmanaged<ReplayGuard>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.add(known, expiry) }
        }
    }

    deinit { gnutls_anti_replay_deinit(handle) }

    private func add(_ key: [UInt8], _ expiry: time_t) -> Int32 {
        memory.withLock { memory in
            guard memory.seen[key] == nil else { return GNUTLS_E_DB_ENTRY_EXISTS }
            if memory.seen.count >= Limits.Endpoint.rememberedTickets {
                // `expiry` of the newest is a window ahead of now.
                let now = expiry - time_t(Self.windowMilliseconds / 1_000)
                memory.seen = memory.seen.filter { $0.value > now }
            }
            guard memory.seen.count < Limits.Endpoint.rememberedTickets else { return GNUTLS_E_DB_ENTRY_EXISTS }
            memory.seen[key] = expiry
            return 0
        }
    }

    private static let windowMilliseconds = UInt32(10_000)
}
