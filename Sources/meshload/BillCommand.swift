internal import Glibc
internal import MeshAccounts
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshGateway
internal import MeshHTTP
internal import MeshIO
internal import MeshLedger
internal import MeshNode
internal import MeshStore
internal import MeshStripe

/// The accounts of a hub as they ship, over a store, with Stripe or a file behind them and nothing in front.
enum BillCommand {
    private static let data = Option<String>("data", as: .folder, "The folder of its store.")
    private static let url = Option<String>("url", default: "", "Where Stripe is; empty for a file.")
    private static let file = Option<String>("file", default: "", "The file that is told of usage in Stripe's place.")
    private static let key = Option<String>("key-file", default: "", "The file with the key.")
    private static let secrets = Option<String>("secret-file", default: "", "The file with the secrets of webhooks.")
    private static let meter = Option<String>("meter-id", default: "mtr_usage", "Stripe's id of the meter.")

    private static let hasNoMeter = Flag("no-meter-id", "Nobody knows Stripe's id of the meter: no sums are asked.")

    static let command = Command(
        "bill",
        summary: "Keep accounts over a store, and have Stripe or a file told of usage.",
        discussion: """
            Prints `listening nowhere`, then answers each line of standard input with one JSON object: \
            `charge ACCOUNT NUMBER THOUSANDTHS`, `flush ACCOUNT`, `standing ACCOUNT`, `topup ACCOUNT CENTS`, \
            `portal ACCOUNT`, `reconcile ACCOUNT`, `outbox ACCOUNT`, `retry ACCOUNT EVENT [missing]`, \
            `close ACCOUNT EVENT [counted]`, `webhook SIGNATURE BODY` and `sign BODY` with the body in \
            hexadecimal. Ends with its input.
            """,
        parameters: [data, url, file, key, secrets, meter, hasNoMeter]
    ) { invocation in
        let loop = try EventLoop.start(name: "bill")
        let clock = MachineClock(loop: loop)
        let (store, _) = try await StoreFolder(path: invocation[data]).open()
        let office = LedgerOffice(policy: try LedgerPolicy.shipped.get(), clock: clock)
        let client = try await HTTPClient(loop: loop)
        var generator = SeededGenerator(seed: UInt64(getpid()) &* 0x9E37_79B9)
        var bill = Bill(office: office)
        let sink: any MeterSink
        if invocation[url].isEmpty {
            sink = try FileSink(path: invocation[file])
        } else {
            var configuration = StripeClient.Configuration()
            (configuration.base, configuration.firstPause) = (invocation[url], .milliseconds(20))
            let stripe = try StripeClient(
                configuration,
                key: try StripeSecret.one(inFileAt: invocation[key]),
                client: client,
                clock: clock,
                generator: generator.split()
            )
            let secrets = invocation[secrets].isEmpty ? [] : try StripeSecret.all(inFileAt: invocation[secrets])
            sink = bill.open(
                stripe,
                meter: invocation[meter],
                asksSums: !invocation[hasNoMeter],
                secrets,
                clock,
                generator.split()
            )
        }
        let owner = Owner(node: try NodeID("hub-1"), incarnation: store.generation)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: sink),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: generator.split(),
            logger: LoadLog.logger(isOn: false, clock)
        )
        office.open(on: node)
        let running = Task { await node.run() }
        try invocation.terminal.writeLine("listening nowhere")
        while let line = readLine() {
            try invocation.terminal.writeLine(await bill.answer(line.split(separator: " ").map(String.init)))
        }
        running.cancel()
        await running.value
        await client.close()
        try await store.close()
        loop.stop()
        return .success
    }
}
