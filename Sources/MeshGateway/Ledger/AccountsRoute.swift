internal import MeshAPI
internal import MeshCore
internal import MeshHTTP
internal import MeshLedger

/// The accounts of a hub, a page at a time: looked at by operators.
enum AccountsRoute {
    /// How the accounts of the page that `request` asks for stand.
    static func show(_ request: HTTPRequest, _ port: any LedgerPort) async throws -> HTTPResponse {
        let asked = try UniqueParameters(request.target, among: ["after", "limit"])
        let last = try asked["after"].map(Self.account)
        let limit = try asked["limit"].map(Self.limit) ?? Limits.Gateway.usualAccountsInPage
        // One more than is shown says whether there is another page.
        let found = try await port.accounts(after: last, atMost: limit + 1)
        let page = found.prefix(limit)
        var (accounts, unread) = ([AccountDocument](), [String]())
        for account in page {
            do throws(LedgerProblem) {
                accounts.append(AccountDocument(try await port.balance(account), of: account))
            } catch {
                // One that cannot be read keeps nobody from hearing of the others.
                unread.append(account.text)
            }
        }
        let next = found.count > limit ? page.last?.text : nil
        return HTTPResponse(AccountsDocument(accounts: accounts, unread: unread, next: next))
    }

    private static func account(_ text: String) throws(HTTPRefusal) -> TenantID {
        guard let account = try? TenantID(text) else { throw UniqueParameters.wrong("'after' is the name of a tenant") }
        return account
    }

    private static func limit(_ text: String) throws(HTTPRefusal) -> Int {
        let most = Limits.Gateway.maximumAccountsInPage
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw UniqueParameters.wrong("'limit' is a number from 1 to \(most)")
        }
        return limit
    }
}
