internal import CMeshCurl
internal import MeshCore
internal import MeshIO

/// What all requests of a client share: the library's handles, and who may be under way.
///
/// Confined to its loop.
final class ClientCore {
    let loop: EventLoop
    let configuration: ClientConfiguration
    private let observer: (any ClientObserver)?
    private var multi: CurlMulti?
    private var admission: AdmissionQueue
    private var lastID: AdmissionQueue.ID = 0
    private var waiting: [AdmissionQueue.ID: CurlTransfer] = [:]
    private var underWay: [UnsafeMutableRawPointer: (transfer: CurlTransfer, isShared: Bool)] = [:]
    private var spare: [CurlEasy] = []
    private var touched: [CurlTransfer] = []
    /// What is known of connections with several requests.
    var streams = CurlStreams()
    /// Transfers that were stopped while the library was running.
    private var stopped: [(CurlTransfer, HTTPError)] = []

    init(loop: EventLoop, configuration: ClientConfiguration, observer: (any ClientObserver)?) throws(HTTPError) {
        self.loop = loop
        self.configuration = configuration
        self.observer = observer
        admission = AdmissionQueue(configuration)
        guard let easy = CurlEasy(configuration) else {
            throw HTTPError(.untrusted, "the library refuses the certificates or the proxy of the client")
        }
        spare = [easy]
        multi = CurlMulti(loop: loop, configuration: configuration, owner: self)
        guard multi != nil else { throw HTTPError(.libraryFailed, "the library gives no handle") }
    }

    var now: Instant { loop.now }

    /// Requests under way and waiting, and handles that are kept, for tests and people.
    var counts: (underWay: Int, waiting: Int, spare: Int) { (underWay.count, waiting.count, spare.count) }

    // MARK: Requests

    func begin(_ transfer: CurlTransfer) {
        let origin = transfer.request.url.origin
        lastID += 1
        transfer.id = lastID
        report(transfer, .started(origin, transfer.request.method))
        guard multi != nil else { return transfer.finish(transfer.error(.stopping, Self.closed)) }
        switch admission.arrived(transfer.id, at: origin, isShared: transfer.isShared) {
        case .begin: start(transfer)
        case .wait: waiting[transfer.id] = transfer
        case .refuse: transfer.finish(transfer.error(.tooMany, "\(admission.waiting) requests wait already"))
        }
    }

    private func start(_ transfer: CurlTransfer) {
        let isShared = transfer.isShared
        do throws(HTTPError) {
            guard let multi, let easy = spare.popLast() ?? CurlEasy(configuration) else {
                throw transfer.error(.tooMany, "the library gives no handle")
            }
            do throws(HTTPError) {
                try transfer.start(easy, self)
            } catch {
                recycle(easy)
                throw error
            }
            underWay[easy.handle] = (transfer, isShared)
            guard multi.add(easy) else {
                underWay[easy.handle] = nil
                recycle(easy)
                throw transfer.error(.libraryFailed, "the library does not take the request")
            }
        } catch {
            admission.left(transfer.request.url.origin, isShared: isShared)
            transfer.finish(transfer.error(error.code, error.message))
        }
    }

    /// Ends a request that is not over; the server is told at once.
    func stop(_ transfer: CurlTransfer, _ error: HTTPError) {
        guard let multi, !multi.isInside else {
            // From inside the library nothing can be taken out of it.
            if multi != nil { stopped.append((transfer, error)) }
            return
        }
        switch transfer.state {
        case .new, .over: return
        case .waiting:
            waiting[transfer.id] = nil
            admission.gaveUp(transfer.id, at: transfer.request.url.origin)
        case .underWay(let easy):
            multi.abort(easy)
            leave(easy, isGood: transfer.attempts <= 1)
        }
        transfer.finish(error)
        settle()
    }

    /// Lets a transfer go on that was held back.
    func letGo(_ transfer: CurlTransfer, _ easy: CurlEasy, receiving: Bool, sending: Bool) {
        guard let multi, !multi.isInside else { return }
        let code = multi.pause(easy, receiving: receiving, sending: sending)
        if code != CURLE_OK { return stop(transfer, CurlFailure.error(code, transfer.progress)) }
        settle()
    }

    // MARK: What comes of them

    func touched(_ transfer: CurlTransfer) { touched.append(transfer) }

    /// The server has said which version it speaks, and so how many requests fit on a connection.
    func learned(_ transfer: CurlTransfer, _ version: HTTPVersion) {
        guard transfer.isShared else { return }
        admission.learned(transfer.request.url.origin, isMultiplexed: version == .http2)
    }

    func report(_ transfer: CurlTransfer, _ event: @autoclosure () -> ClientEvent) { observer?.observe(event()) }

    private func leave(_ easy: CurlEasy, isGood: Bool) {
        guard let (transfer, isShared) = underWay.removeValue(forKey: easy.handle) else { return }
        admission.left(transfer.request.url.origin, isShared: isShared)
        if isGood { recycle(easy) } else { easy.release() }
    }

    /// Keeps a handle for the next request.
    ///
    /// Not one that has failed or sent its request twice: the library counts such things over the life of a handle, and
    /// gives up a later request because of them.
    private func recycle(_ easy: CurlEasy) {
        easy.release()
        if spare.count < Limits.HTTPClient.maximumSpareHandles { spare.append(easy) }
    }

    // MARK: The end

    /// Fails all requests with `stopping` and closes all connections.
    func close() {
        guard let multi else { return }
        let transfers = underWay.values.map(\.transfer) + waiting.values
        for transfer in transfers.sorted(by: { $0.id < $1.id }) {
            stop(transfer, transfer.error(.stopping, Self.closed))
        }
        self.multi = nil
        spare = []
        multi.close()
    }

    private static let closed = "the client was closed"
}

extension ClientCore: CurlMultiOwner {
    func ended(_ handle: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let multi, let (transfer, _) = underWay[handle], case .underWay(let easy) = transfer.state else { return }
        // Before the handle is used again: what it knows of the connection is told.
        transfer.tell()
        multi.remove(easy)
        leave(easy, isGood: code == CURLE_OK && transfer.attempts == 1)
        transfer.ended(code)
    }

    /// Hands on what callbacks have left, and has those begin for whom there is room.
    func settle() {
        while let transfer = touched.popLast() { transfer.settle() }
        while let (transfer, error) = stopped.popLast() { stop(transfer, error) }
        while multi != nil, let id = admission.next() {
            guard let transfer = waiting.removeValue(forKey: id) else { continue }
            start(transfer)
        }
    }
}
