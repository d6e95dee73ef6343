internal import MeshCommandLine
package import MeshCore
internal import MeshJSON

/// A line that a node has written: a record, or whatever else a process says, such as why it crashed.
package struct NodeLine: Hashable, Sendable {
    /// Who.
    package let node: NodeID
    /// The line as it came.
    package let text: String
    /// The record; nil where it is none.
    let record: Record?

    /// A record of a log in its parts.
    struct Record: Hashable, Sendable {
        let time: String
        let level: LogLevel
        let event: String
        let fields: [(String, String)]

        static func == (left: Record, right: Record) -> Bool {
            (left.time, left.event) == (right.time, right.event) && left.level == right.level
        }

        func hash(into hasher: inout Hasher) { hasher.combine(time) }
    }

    /// What `node` has written.
    package init(node: NodeID, text: String) {
        self.node = node
        self.text = text
        record = Self.record(of: text)
    }

    /// How much it matters; what is no record always does.
    package var level: LogLevel { record?.level ?? .error }

    /// For people, without the node: the event and its fields, or the line.
    package var words: String {
        guard let record else { return text.printable }
        return record.fields.reduce(into: record.event) { $0 += " \($1.0)=\($1.1)" }.printable
    }

    private static func record(of text: String) -> Record? {
        guard text.hasPrefix("{"), let object = (try? JSONReader.read(text))?.object,
            let time = object["time"]?.text, let event = object["event"]?.text,
            let level = LogLevel.allCases.first(where: { $0.name == object["level"]?.text })
        else { return nil }
        let fields = object.members.filter { !["time", "level", "event"].contains($0.key) }
        return Record(
            time: time,
            level: level,
            event: event,
            fields: fields.map { ($0.key, $0.value.text ?? JSONWriter.text(of: $0.value)) }
        )
    }
}
