internal import CMeshSockets
internal import Glibc
internal import MeshActors
internal import MeshCore

/// Tells when the addresses or routes of this machine change: as laptops do that change from cable to air.
///
/// Changes that come together are told once. It may be used from any task; whoever makes one closes it.
package final class LocalAddresses: Sendable {
    private let loop: EventLoop
    private let changed = Signal()
    private let core: AddressWatch.Confined

    /// Begins to listen, on `loop`.
    package static func watch(on loop: EventLoop) async throws -> LocalAddresses {
        try await loop.run { try LocalAddresses(loop) }
    }

    private init(_ loop: EventLoop) throws(IOError) {
        self.loop = loop
        core = AddressWatch.Confined(watch: try AddressWatch(loop, changed))
    }

    /// Returns when something has changed since the last call, or the calling task is cancelled.
    ///
    /// One caller at a time.
    package func nextChange() async { await changed.wait() }

    /// Ends it: nothing is told any more.
    package func close() {
        let core = core
        loop.executeAlways { core.watch.close() }
    }
}

/// The socket to the kernel.
///
/// Confined to its loop.
final class AddressWatch {
    /// It, held by those off the loop, who do not touch it.
    struct Confined: @unchecked Sendable {
        // Sendable: `watch` is used only in closures that run on its loop; elsewhere the loop traps.
        let watch: AddressWatch
    }

    private let loop: EventLoop
    private let changed: Signal
    private let descriptor: Int32
    private var registration: LoopRegistration?
    private var book = AddressBook()
    private lazy var timer = LoopTimer(handler: self)
    private var buffer = [UInt64](repeating: 0, count: AddressWatch.bufferBytes / 8)

    init(_ loop: EventLoop, _ changed: Signal) throws(IOError) {
        self.loop = loop
        self.changed = changed
        let descriptor = cmesh_addresses_open()
        guard descriptor >= 0 else { throw .system(descriptor, "listening for changes of addresses") }
        self.descriptor = descriptor
        do throws(IOError) {
            registration = try loop.register(descriptor, for: .readable, handler: self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    func close() {
        guard let registration = registration.take() else { return }
        loop.cancel(timer)
        loop.deregister(registration)
        Glibc.close(descriptor)
    }

    private func hasChanged() {
        // The first of several begins the wait for the others.
        if !timer.isScheduled { loop.schedule(timer, at: loop.now + Limits.Names.changesCollected) }
    }

    private func read(_ count: Int) {
        var offset = 0
        var change = cmesh_address_change()
        var isChange = false
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            while cmesh_addresses_next(base, count, &offset, &change) {
                if let message = AddressBook.Message(change), book.apply(message) { isChange = true }
            }
        }
        if isChange { hasChanged() }
    }

    private static let bufferBytes = 32 * 1_024
    /// Datagrams of one turn; then others have theirs.
    private static let receivesPerTurn = 16
}

extension AddressWatch: LoopHandler {
    func ready(_ readiness: Readiness) {
        for _ in 0..<Self.receivesPerTurn where registration != nil {
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { cmesh_addresses_receive(descriptor, $0, bytes.count) } ?? 0
            }
            switch count {
            case 0: continue
            case 1...: read(count)
            case -Int(ENOBUFS):
                // More has changed than the kernel keeps: all is asked for again.
                book.forget()
                _ = cmesh_addresses_ask(descriptor)
                hasChanged()
            default: return
            }
        }
    }
}

extension AddressWatch: TimerHandler {
    func timerFired(_ timer: LoopTimer) { changed.raise() }
}
