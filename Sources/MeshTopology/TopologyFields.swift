/// Everything that a description may say: the one table, of which the reader and the reference are made.
package struct TopologyField: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// What it takes, for people.
    package let form: String
    /// What holds where it is missing.
    package let standard: String
    /// What it means.
    package let summary: String

    /// A part of a description that has fields.
    package enum Section: String, CaseIterable, Sendable {
        case root = "The file"
        case hub = "A hub"
        case edge = "Edges"
        case link = "A link"
        case fault = "A fault"
        case check = "A check"
    }

    private init(_ name: String, _ form: String, _ standard: String, _ summary: String) {
        self.name = name
        self.form = form
        self.standard = standard
        self.summary = summary
    }

    /// The fields of `section`, in the order in which people are shown them.
    package static func all(of section: Section) -> [TopologyField] {
        switch section {
        case .root: root
        case .hub: [name("What the hub is called; its certificate says so.")] + hub + node
        case .edge: edge + node
        case .link: link
        case .fault: fault
        case .check: check
        }
    }

    private static func name(_ summary: String) -> TopologyField { TopologyField("name", "a name", "`hub-1`", summary) }

    private static let root = [
        TopologyField("about", "text", "nothing", "What the cluster is for; `cluster up` says it."),
        TopologyField("hubs", "a list of hubs", "one hub with its defaults", "The hubs: one, today."),
        TopologyField("edges", "a list of edges", "none", "The edges; an element may stand for many."),
        TopologyField("faults", "a list of faults", "none", "What befalls them once all are ready."),
        TopologyField("check", "an object", "see below", "What `cluster up --check` does."),
    ]

    private static let hub = [
        TopologyField("listen", "HOST:PORT", "`127.0.0.1:0`", "Where edges come to; port 0 is any free one."),
        TopologyField("enrolListen", "HOST:PORT", "`127.0.0.1:0`", "Where edges get their first certificate."),
        TopologyField("httpListen", "HOST:PORT or `off`", "`127.0.0.1:0`", "Where operators ask by HTTP."),
    ]

    private static let edge = [
        TopologyField("name", "a name", "`edge-{n}`", "What they are called; `{n}` counts from 1."),
        TopologyField("count", "a number", "1", "How many there are."),
        TopologyField("link", "a link", "a perfect one", "How each one's own link to the hub is."),
    ]

    private static let node = [
        TopologyField(
            "labels",
            "an object of text",
            "none",
            "What operators call the node by: an edge tells its hub, `cluster status` shows them."
        ),
        TopologyField(
            "settings",
            "an object",
            "all defaults",
            "Settings of the node as its own file has them (docs/configuration.md), but for those that the cluster "
                + "itself decides: `role`, `data`, `log.format`, and where nodes listen and find each other."
        ),
        TopologyField(
            "restartAfter",
            "a duration, or `never`",
            "`1s`",
            "How long after its end a node that was killed or has crashed is started again."
        ),
    ]

    private static let link = [
        TopologyField(
            "direct",
            "true or false",
            "false",
            "Whether the edge goes to the hub without a proxy between: no conditions then, and no partitions."
        ),
        TopologyField("latency", "a duration", "`0ms`", "How long a datagram takes, one way."),
        TopologyField("jitter", "a duration", "`0ms`", "How far from that it may lie."),
        TopologyField("loss", "a percentage", "0", "Datagrams that vanish; `2.5` is one in forty."),
        TopologyField("duplicate", "a percentage", "0", "Datagrams that arrive twice."),
        TopologyField("corrupt", "a percentage", "0", "Datagrams with a flipped bit."),
        TopologyField("reorder", "a percentage", "0", "Datagrams that later ones overtake."),
        TopologyField("rate", "a byte count, or `off`", "`off`", "How much gets through in a second, each way."),
    ]

    private static let fault = [
        TopologyField("at", "a duration", "it must be said", "When: counted from when all nodes are ready."),
        TopologyField("kill", "nodes", "", "As `kill -9` does it; they come back after `for`, or `restartAfter`."),
        TopologyField("pause", "nodes", "", "They stop where they are (SIGSTOP), for as long as `for` says."),
        TopologyField("resume", "nodes", "", "They go on (SIGCONT)."),
        TopologyField("restart", "nodes", "", "They are told to stop (SIGTERM), and started again."),
        TopologyField(
            "partition",
            "nodes, or two of them",
            "",
            "Nothing goes between them, for as long as `for` says."
        ),
        TopologyField("heal", "nodes, or two of them", "", "What was cut between them is whole again."),
        TopologyField("degrade", "edges", "", "Their links are as `link` says from now on, for as long as `for` says."),
        TopologyField("link", "a link", "a perfect one", "How the links are; only with `degrade`."),
        TopologyField("for", "a duration", "until something else happens", "How long it lasts."),
    ]

    private static let check = [
        TopologyField("accounts", "a number", "8", "Accounts that are worked on."),
        TopologyField("clients", "a number", "4", "Edges that ask, inside of the cluster's own process."),
        TopologyField("lasts", "a duration", "`20s`", "How long they work."),
    ]
}
