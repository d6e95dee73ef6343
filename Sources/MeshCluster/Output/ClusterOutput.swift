internal import Glibc
package import MeshCommandLine
package import MeshCore
internal import MeshIO
internal import MeshJSON
internal import MeshNode

/// The merged log of a cluster, and the line that says how far it is.
///
/// A thread of its own writes, so that a reader who stands still holds up nobody; beyond
/// ``Limits/Cluster/linesWaiting`` lines are left out, and their number is said.
package final class ClusterOutput: Sendable {
    /// How it looks.
    package struct Style: Hashable, Sendable {
        /// One JSON object a line.
        package var isJSON = false
        /// Nothing of the nodes but what matters as much.
        package var level = LogLevel.info
        /// Nothing of the nodes at all.
        package var isQuiet = false
        /// For a terminal.
        package var hasColours = false
        /// As wide as the longest name.
        package var nameWidth = 10

        /// How it looks, as far as it is said.
        package init(isJSON: Bool = false, level: LogLevel = .info, isQuiet: Bool = false, hasColours: Bool = false) {
            (self.isJSON, self.level, self.isQuiet, self.hasColours) = (isJSON, level, isQuiet, hasColours)
        }
    }

    private struct State {
        var lines: [String] = []
        var leftOut = 0
        var progress = ""
        var isOver = false
        /// Until all are ready only what matters is shown.
        var isStarting = true
    }

    private let terminal: Terminal
    private let style: Style
    private let state = Lock(State())
    private let wake = Semaphore()
    private let done = Semaphore()

    /// Writes to `terminal`; `closed` is called once when nobody reads any more.
    package init(_ terminal: Terminal, _ style: Style, closed: @escaping @Sendable () -> Void) {
        self.terminal = terminal
        self.style = style
        if !WorkThread.start({ [self] in write(closed) }) { done.post() }
    }

    // MARK: Saying

    /// A line of a node.
    func say(_ line: NodeLine) {
        let isStarting = state.withLock { $0.isStarting }
        let threshold = isStarting && !style.isJSON ? max(style.level, .warning) : style.level
        guard !style.isQuiet, line.level >= threshold else { return }
        add(style.isJSON ? json(line) : human(line))
    }

    /// A sentence of the cluster's own, with an event's name for programs.
    func say(_ event: String, _ words: String, now: WallTime, level: LogLevel = .info) {
        if style.isJSON {
            let object: JSONValue = [
                "from": "cluster", "time": .string(now.description), "level": .string(level.name),
                "event": .string("cluster.\(event)"), "reason": .string(words),
            ]
            add(JSONWriter.text(of: object))
        } else {
            add(row(now.description, "cluster", level, words, paint: "1"))
        }
    }

    /// Text that is asked for by itself, such as a table; not in JSON.
    package func show(_ text: String) { for line in text.split(separator: "\n") { add(String(line)) } }

    /// How far the start is; the last such line is shown on a terminal alone.
    func progress(_ words: String) {
        guard style.hasColours, !style.isJSON else { return }
        state.withLock { $0.progress = words }
        wake.post()
    }

    /// All are ready: from now on everything is shown.
    func started() { state.withLock { $0.isStarting = false } }

    /// Writes what waits, and returns when it is written.
    package func finish() {
        state.withLock { $0.isOver = true }
        wake.post()
        done.wait()
    }

    private func add(_ line: String) {
        state.withLock { state in
            guard state.lines.count < Limits.Cluster.linesWaiting else {
                state.leftOut += 1
                return
            }
            state.lines.append(line)
        }
        wake.post()
    }

    // MARK: How it looks

    private func json(_ line: NodeLine) -> String {
        let name = JSONText.quoted(line.node.text)
        guard line.record != nil else { return "{\"from\":\(name),\"line\":\(JSONText.quoted(line.text))}" }
        return "{\"from\":\(name),\(line.text.dropFirst())"
    }

    private func human(_ line: NodeLine) -> String {
        // A colour of its own for each name, the same each time; red is for what is wrong.
        let colour = 32 + line.node.text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % 5
        return row(line.record?.time ?? "", line.node.text, line.level, line.words, paint: "\(colour)")
    }

    private func row(_ time: String, _ name: String, _ level: LogLevel, _ words: String, paint: String) -> String {
        // Of the time of day what people need while they look on.
        let clock = time.split(separator: "T").last.map { String($0.prefix(12)) } ?? ""
        let place = clock.padded(to: 12) + "  " + name.padded(to: style.nameWidth)
        let mark = level >= .warning ? level.name.padded(to: 7) + " " : ""
        guard style.hasColours else { return "\(place)  \(mark)\(words)" }
        let shown = level >= .error ? "\u{1B}[31m\(mark)\u{1B}[0m" : "\u{1B}[33m\(mark)\u{1B}[0m"
        let dim = "\u{1B}[2m\(clock.padded(to: 12))\u{1B}[0m"
        let painted = "\u{1B}[\(paint)m\(name.padded(to: style.nameWidth))\u{1B}[0m"
        return "\(dim)  \(painted)  \(mark.isEmpty ? "" : shown)\(words)"
    }

    // MARK: Writing

    private func write(_ closed: @Sendable () -> Void) {
        var shown = ""
        while true {
            wake.wait()
            let (lines, leftOut, progress, isOver) = state.withLock { state in
                defer { (state.lines, state.leftOut) = ([], 0) }
                return (state.lines, state.leftOut, state.isOver ? "" : state.progress, state.isOver)
            }
            var text = ""
            if !shown.isEmpty, !lines.isEmpty || progress != shown { text += "\r\u{1B}[K" }
            let isRewritten = !text.isEmpty || shown.isEmpty
            for line in lines { text += line + "\n" }
            if leftOut > 0 { text += "(\(leftOut) lines left out: nobody reads as fast as the nodes write)\n" }
            if !progress.isEmpty, isRewritten { text += progress }
            shown = progress
            if !text.isEmpty { do { try terminal.write(text) } catch { break } }
            if isOver { return done.post() }
        }
        closed()
        done.post()
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}

/// A semaphore, which loses no wake-up.
private final class Semaphore: @unchecked Sendable {
    // Sendable: a semaphore of POSIX is made to be shared, and its place in memory does not move.
    private let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(place, 0, 0) }

    deinit {
        sem_destroy(place)
        place.deallocate()
    }

    func post() { sem_post(place) }

    func wait() { while sem_wait(place) != 0 && errno == EINTR {} }
}
