internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// `synesis topup`.
enum TopUpCommand {
    private static let amount = Argument<String>(
        "amount",
        as: AccountOptions.topUpSyntax,
        "Dollars in whole cents, such as 25 or 12.50."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "topup",
            summary: "Print where an account is topped up.",
            discussion: """
                Nothing is paid here: a person pays at the address that is printed, and the account has the money once \
                the payment has been told to the hub. A hub that takes no money says so; its operator then adds credit.
                """,
            parameters: [amount, AccountOptions.account],
            examples: [
                "synesis topup 25": "Where $25 are paid.",
                "xdg-open \"$(synesis topup 25 --quiet)\"": "Straight to the page.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            var body = JSONObject(of: invocation)
            body["amount"] = .string(invocation[amount])
            let bytes = JSONWriter.bytes(of: .object(body))
            return try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                let path = APIPath.ledger("topup")
                let json = try await session.gateway.exchange(.post, path, .bytes(bytes)).json
                guard let receipt = try? ReceiptDocument(json: json), let topUp = receipt.topUp else {
                    throw GatewayFailure(.notAGateway, "what answers at \(session.gateway.place) names no page")
                }
                guard session.screen.form != .json else {
                    try session.screen.json(json)
                    return .success
                }
                if session.screen.form == .people, session.screen.isWatched {
                    let amount = AccountView.dollars(topUp.amount)
                    let what = topUp.kind == .checkout ? "a page for \(amount)" : "choose \(amount) there"
                    session.screen.aside("\(what); the account has the money once it has been paid")
                }
                try session.screen.line(topUp.url.printable)
                return .success
            }
        }
    }
}
