internal import CMeshQUIC

/// Whether the peer still reads what is written to a stream.
///
/// ngtcp2 acts on STOP_SENDING by itself and reports it only to whoever writes next. A writer that waits for the peer
/// writes no more, so such streams are asked about when packets have come.
extension QUICConnection {
    /// Asks about `stream` from now on.
    func watch(_ stream: QUICStream) {
        guard !stream.progress.isWatched, !stream.progress.isClosed, !stream.progress.isStopped else { return }
        stream.progress.isWatched = true
        stops.watched[stream.id] = stream
    }

    /// When to ask again, as ngtcp2 counts time; UInt64.max for not before another packet comes.
    var nextLook: UInt64 { stops.hasNews && !stops.watched.isEmpty ? stops.nextLook : .max }

    /// Asks about all that are watched, if packets have come and the last time is long enough ago.
    func lookForStops() {
        let now = endpoint.now
        guard nextLook <= now else { return }
        stops.hasNews = false
        stops.nextLook = now + Self.nanosecondsBetweenLooks
        for (id, stream) in stops.watched.sorted(by: { $0.key < $1.key }) where cmesh_quic_is_stopped(raw, id) != 0 {
            stopped(stream)
        }
    }

    /// ngtcp2 takes nothing more for `stream`: the peer reads no more, unless we have said our last ourselves.
    func stopped(_ stream: QUICStream) {
        unwatch(stream)
        guard !stream.progress.isStopped, !stream.progress.isFinishSent else { return }
        stream.progress.isStopped = true
        happenings.append(.stopped(stream))
    }

    func unwatch(_ stream: QUICStream) {
        guard stream.progress.isWatched else { return }
        stream.progress.isWatched = false
        stops.watched[stream.id] = nil
    }

    /// Who is asked about, and when.
    struct Stops {
        var watched: [Int64: QUICStream] = [:]
        var hasNews = false
        var nextLook = UInt64(0)
    }

    /// However many streams wait, and however many packets come.
    private static let nanosecondsBetweenLooks = UInt64(10_000_000)
}
