internal import MeshAPI
internal import MeshCommandLine
internal import MeshVitals

/// `synesis node show`.
enum NodeShowCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "show",
            summary: "Show everything that a hub knows of one edge.",
            discussion: """
                Its tunnel and certificate, its beats, and how its machine was at the last of them. What the machine \
                does not say is not shown. Of an edge that has gone: when, why, and what was known last.
                """,
            parameters: [NodeArgument.id],
            examples: [
                "synesis node show laptop-7": "For people.",
                "synesis node show laptop-7 --json": "For programs.",
                "synesis node show laptop-7 --quiet": "Its state in a word: connected, suspected, draining or gone.",
            ],
            exitCodes: SynesisExit.nodeMeanings
        ) { invocation in
            let id = invocation[NodeArgument.id]
            return try await GatewaySession.run(invocation, ground, needs: .hub) { session in
                let answer = try await session.gateway.get(APIPath.node(id), as: NodeDocument.self)
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: try session.screen.line(answer.document.state.rawValue)
                case .people: try session.screen.lines(lines(answer.document, session.screen))
                }
                return .success
            }
        }
    }

    /// The page, for tests as well.
    static func lines(_ node: NodeDocument, _ screen: Screen) -> [String] {
        var sheet = FactSheet()
        if let departure = node.departure {
            sheet.fact("went", "\(Words.moment(departure.at)), \(Words.time(node.sinceSeconds)) ago")
            sheet.fact("why", (departure.isDrained ? "drained; " : "") + departure.reason)
        } else {
            sheet.fact("connected", "since \(Words.moment(node.since)), for \(Words.time(node.sinceSeconds))")
        }
        sheet.fact("labels", NodeWords.labels(node.labels))
        sheet.fact("software", node.software)
        sheet.fact("tenant", node.tenant)
        sheet.fact("address", node.address)
        let isEnded = node.certificateSeconds <= 0
        let distance = Words.time(abs(node.certificateSeconds))
        let end = isEnded ? "\(distance) ago" : "in \(distance)"
        sheet.fact("certificate", "ends \(Words.moment(node.certificateEnds)), \(end)", isEnded ? .red : .plain)
        sheet.fact("came", arrivals(node))
        if let trip = node.roundTrip {
            sheet.part("tunnel")
            sheet.fact("round trip", Words.milliseconds(trip.smoothedMilliseconds))
            let newest = Words.milliseconds(trip.latestMilliseconds)
            sheet.fact("", "shortest \(Words.milliseconds(trip.shortestMilliseconds)), newest \(newest)")
        }
        add(node.beats, node.state, to: &sheet)
        if let vitals = node.vitals {
            sheet.part(node.state == .gone ? "machine, as it was last" : "machine")
            add(vitals, screen, to: &sheet)
        }
        let state = NodeWords.state(node)
        let heading = screen.paint(node.node.printable, .bold) + "  " + screen.paint(state.text, state.paint)
        return [heading] + sheet.lines(screen)
    }

    private static func arrivals(_ node: NodeDocument) -> String {
        let times = node.arrivals == 1 ? "once" : "\(node.arrivals) times"
        let links = node.relinks > 0 ? ", \(Words.count(Int(clamping: node.relinks), "link")) replaced" : ""
        return "\(times) since the hub's start\(links)\(node.isResumed ? ", resumed" : "")"
    }

    private static func add(_ beats: NodeDocument.Beats?, _ state: NodeDocument.State, to sheet: inout FactSheet) {
        sheet.part("beats")
        guard let beats else { return sheet.fact("last", "none yet") }
        sheet.fact(
            "last",
            "number \(beats.sequence), \(Words.time(beats.lastSeconds)) ago; one is due every "
                + Words.time(beats.intervalSeconds),
            state == .suspected ? .yellow : .plain
        )
        sheet.fact(
            "so far",
            "\(beats.received) received, \(beats.lost) lost, \(beats.late) late",
            beats.lost > 0 ? .yellow : .plain
        )
        let ahead = Double(beats.clockAheadMilliseconds) / 1_000
        let isOff = abs(ahead) > 60
        let side = ahead < 0 ? "behind" : "ahead of"
        sheet.fact("clock", "\(Words.time(abs(ahead))) \(side) the hub's", isOff ? .red : .plain)
    }

    private static func add(_ vitals: Vitals, _ screen: Screen, to sheet: inout FactSheet) {
        func measured(_ part: Double?, _ words: String) -> String {
            guard let part, let width = screen.width, width >= 60 else { return words }
            return "\(Words.meter(part))  \(words)"
        }
        if let load = vitals.processorLoad {
            let count = vitals.processorCount.map { " of \(trimmed($0))" } ?? ""
            sheet.fact("processors", measured(load, Words.percent(load) + count), NodeWords.fullness(load))
        }
        if let averages = vitals.loadAverages {
            let numbers = [averages.oneMinute, averages.fiveMinutes, averages.fifteenMinutes].map(trimmed)
            sheet.fact("waiting", "\(numbers.joined(separator: ", ")) on average over 1, 5 and 15 minutes")
        }
        if let part = NodeWords.memory(vitals), let total = vitals.memoryTotalBytes {
            let words = "\(Words.percent(part)) of \(Words.bytes(total))"
            sheet.fact("memory", measured(part, words), NodeWords.fullness(part))
        }
        if let part = NodeWords.disk(vitals), let free = vitals.diskAvailableBytes, let total = vitals.diskTotalBytes {
            // What is kept for root is neither used nor free: a percentage would not be that of `df`.
            let words = "\(Words.bytes(free)) free of \(Words.bytes(total))"
            sheet.fact("disk", measured(part, words), NodeWords.fullness(part))
        }
        sheet.fact("temperature", vitals.temperatureCelsius.map { "\(trimmed($0)) °C" })
        if let received = vitals.networkReceivedBytesPerSecond, let sent = vitals.networkSentBytesPerSecond {
            let rates = [received, sent].map { Words.bytes(UInt64(max(0, min($0, 1e15)))) }
            sheet.fact("network", "\(rates[0])/s in, \(rates[1])/s out")
        }
        for card in vitals.graphics { sheet.fact("graphics", words(card)) }
        sheet.fact("battery", vitals.batteryCharge.map { battery($0, vitals.isOnBattery) })
        sheet.fact("queue", vitals.queueDepth.map { Words.count(Int(clamping: $0), "request") })
        sheet.fact("models", vitals.loadedModels.isEmpty ? nil : vitals.loadedModels.joined(separator: ", "))
        sheet.fact("adapters", vitals.loadedAdapters.isEmpty ? nil : vitals.loadedAdapters.joined(separator: ", "))
    }

    private static func battery(_ charge: Double, _ isUsed: Bool?) -> String {
        Words.percent(charge) + (isUsed.map { $0 ? ", in use" : ", on mains" } ?? "")
    }

    private static func words(_ card: GraphicsVitals) -> String {
        var parts = [card.name]
        if let load = card.load { parts.append(Words.percent(load)) }
        if let used = card.memoryUsedBytes, let total = card.memoryTotalBytes {
            parts.append("\(Words.bytes(used)) of \(Words.bytes(total))")
        }
        if let temperature = card.temperatureCelsius { parts.append("\(trimmed(temperature)) °C") }
        return parts.joined(separator: ", ")
    }

    /// With two digits behind the point at most.
    private static func trimmed(_ number: Double) -> String {
        guard abs(number) < 1e9 else { return "\(number)" }
        let rounded = (number * 100).rounded() / 100
        return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
    }
}
