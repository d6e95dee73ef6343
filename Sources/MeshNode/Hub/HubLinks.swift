internal import MeshActors
package import MeshCore

/// Follows a hub's links: has the registrations judge their keys in the order in which they open, and ends the links
/// whose keys have ended.
///
///     opened ──noted on the loop──▶ judged ──stays──▶ proven ──another key is proven──▶ closed after a patience
///                                     └──a key that has ended, or another's name──▶ closed at once
package final class HubLinks: Sendable {
    /// Closes a link, with words for whoever is at its other end.
    package typealias Close = @Sendable (_ link: UInt64, _ words: String) async -> Void

    private struct Opened: Sendable {
        let number: UInt64
        let certificate: PeerCertificate
    }

    private struct State {
        /// Links for which there was no room.
        var turnedAway: Set<UInt64> = []
        /// Links of which the journal could not be asked.
        var unanswered: [Opened] = []
    }

    private let office: EnrolmentOffice
    private let clock: any Clock
    private let waiting: Intake<Opened>
    private let state = Lock(State())

    /// Follows links for `office`; at most `capacity` wait for their judgement.
    package init(office: EnrolmentOffice, clock: any Clock, capacity: Int = Limits.Hub.linkChangesWaiting) {
        self.office = office
        self.clock = clock
        waiting = Intake(capacity: capacity)
    }

    /// The link `number` has opened with `certificate`; called on the loop.
    package func opened(_ number: UInt64, _ certificate: PeerCertificate) {
        office.links.opened(number, certificate)
        guard !waiting.offer(Opened(number: number, certificate: certificate)) else { return }
        state.withLock { _ = $0.turnedAway.insert(number) }
    }

    /// The link `number` has ended; called on the loop.
    package func closed(_ number: UInt64) {
        office.links.closed(number)
        state.withLock { _ = $0.turnedAway.remove(number) }
    }

    /// Links that wait for their judgement.
    package var waitingCount: Int { waiting.count }

    /// Judges links and closes them by `close` until the calling task is cancelled.
    package func run(_ close: @escaping Close) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.judge(close) }
            while (try? await clock.sleep(for: Self.sweepInterval)) != nil { await sweep(close) }
            group.cancelAll()
        }
    }

    private func judge(_ close: Close) async {
        while let link = await waiting.next() {
            switch await office.prove(link.number, link.certificate) {
            case .stays: break
            case .isCut(let words): await close(link.number, words)
            case .isNotKnown: state.withLock { $0.unanswered.append(link) }
            }
        }
    }

    /// Closes what is due, and has those judged again of which the journal could not be asked.
    package func sweep(_ close: Close) async {
        let (turnedAway, unanswered) = state.withLock { state in
            defer { state.unanswered = [] }
            return (state.turnedAway.sorted(), state.unanswered)
        }
        for link in unanswered where office.links.isOpen(link.number) && !waiting.offer(link) {
            state.withLock { $0.unanswered.append(link) }
        }
        for number in turnedAway { await close(number, "the hub has more new links than it can judge; come again") }
        for number in office.links.due(clock.now) {
            await close(number, "a newer key of this node has ended the one of this link")
        }
    }

    private static let sweepInterval = Duration.seconds(1)
}
