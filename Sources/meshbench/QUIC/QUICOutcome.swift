/// What one figure came to in one round.
struct QUICOutcome {
    /// Requests or handshakes in a second; megabytes for bulk.
    let perSecond: Double
    /// Microseconds; 0 for bulk.
    let median: Double
    /// The 99th of a hundred.
    let nearlyWorst: Double
    /// What each cost the client's loop; each megabyte of bulk.
    let nearCost: LoopCost
    /// The same of the server's loop.
    let farCost: LoopCost

    /// Of `waits`, in microseconds, which took `seconds` together.
    init(waits: [Double], seconds: Double, nearCost: LoopCost, farCost: LoopCost) {
        let sorted = waits.sorted()
        precondition(!sorted.isEmpty, "nothing was measured")
        let count = Double(sorted.count)
        perSecond = count / seconds
        median = sorted[sorted.count / 2]
        nearlyWorst = sorted[sorted.count * 99 / 100]
        self.nearCost = nearCost / count
        self.farCost = farCost / count
    }

    /// Of `megabytes` sent in one go.
    init(megabytes: Double, seconds: Double, nearCost: LoopCost, farCost: LoopCost) {
        perSecond = megabytes / seconds
        median = 0
        nearlyWorst = 0
        self.nearCost = nearCost / megabytes
        self.farCost = farCost / megabytes
    }

    /// Of raw UDP.
    init(_ exchange: UDPBaseline.Exchange, near: LoopCost, far: LoopCost, count: Int) {
        perSecond = exchange.perSecond
        median = exchange.median / .microseconds(1)
        nearlyWorst = exchange.nearlyWorst / .microseconds(1)
        nearCost = near / Double(count)
        farCost = far / Double(count)
    }

    var json: String {
        "{\"perSecond\":\(perSecond),\"p50\":\(median),\"p99\":\(nearlyWorst),\"client\":\(nearCost.time),"
            + "\"server\":\(farCost.time)}"
    }
}
