internal import MeshChat
package import MeshCommandLine
internal import MeshCore
package import MeshLedger

/// How a hub keeps the accounts of those who ask it.
package struct LedgerSettings: Hashable, Sendable {
    /// The tier of an account that asks for the first time.
    package let newAccounts: LedgerTier
    /// Where an account is topped up, for those whom it refuses; nil where nobody has said.
    package let topUpURL: String?
    /// The file with multipliers and ceilings in place of the table that ships; nil for that.
    package let policyFile: String?

    init(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake]) {
        newAccounts = configuration[Settings.newAccounts]
        topUpURL = configuration[Settings.topUpURL]
        policyFile = configuration[Settings.policyFile]
        guard let topUpURL else { return }
        let isPlain = topUpURL.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        let isWeb = topUpURL.hasPrefix("https://") || topUpURL.hasPrefix("http://")
        if !isPlain || !isWeb || topUpURL.utf8.count > Limits.Chat.maximumURLBytes {
            let words = "an address of the web begins with https:// and has no spaces"
            mistakes.add(configuration, Settings.topUpURL, words)
        }
    }

    /// What tiers pay: of the file, or of the table that ships.
    package func policy() throws -> LedgerPolicy {
        guard let policyFile else { return try LedgerPolicy.shipped.get() }
        let bytes = try ProcessGround.content(of: policyFile, called: "the table of the ledger")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StartError(.configuration, "ledger.policyFile '\(policyFile)' is no text in UTF-8")
        }
        do throws(LedgerError) { return try LedgerPolicy(text: text) } catch {
            throw StartError(.configuration, "ledger.policyFile '\(policyFile)': \(error.message)", cause: error)
        }
    }
}

extension LedgerTier: CommandLineValue {
    /// The words that people write.
    package static var commandLineSyntax: ValueSyntax<LedgerTier> {
        let names = allCases.map(\.name)
        return ValueSyntax(
            valueName: "TIER",
            expected: names.joined(separator: " | "),
            completion: .words(names),
            read: { LedgerTier(name: $0) },
            print: \.name
        )
    }
}
