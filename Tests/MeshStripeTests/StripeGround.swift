import MeshCore
import MeshHTTP
import MeshIO
import MeshLedger
import MeshStripe
import MeshTestKit
import Testing

/// A double of Stripe on the loopback that answers what a test says, and a client of it.
struct StripeGround: Sendable {
    let client: StripeClient
    let site: ScriptedStripe
    let clock: ShiftedClock

    /// All of it ends with `body`.
    static func with(
        _ script: @escaping ScriptedStripe.Script,
        _ body: (StripeGround) async throws -> Void
    ) async throws {
        let (near, far) = (try EventLoop.start(name: "near"), try EventLoop.start(name: "far"))
        let clock = MachineClock(loop: far)
        let site = ScriptedStripe(script)
        let server = HTTPServer(
            loops: [far],
            handler: site,
            clock: clock,
            logger: Logger(sink: VolatileLogSink(), clock: clock, minimumLevel: .info),
            generator: SeededGenerator(seed: 1)
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let client = try await HTTPClient(loop: near)
        let outcome: Result<Void, any Error>
        do {
            var configuration = StripeClient.Configuration()
            configuration.base = "http://\(address)/"
            configuration.firstPause = .milliseconds(1)
            configuration.longestPause = .milliseconds(2)
            let shifted = ShiftedClock(MachineClock(loop: near))
            let stripe = try StripeClient(
                configuration,
                key: try #require(StripeSecret(Array("sk_test_secret".utf8))),
                client: client,
                clock: shifted,
                generator: SeededGenerator(seed: 2)
            )
            outcome = .success(try await body(StripeGround(client: stripe, site: site, clock: shifted)))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        await server.stop()
        for loop in [near, far] {
            loop.stop()
            await loop.ended()
        }
        try outcome.get()
    }

    /// A sink on it whose accounts know `customer`.
    func sink(customer: String? = nil, meterID: String? = "mtr_1") -> (sink: StripeSink, accounts: VolatileAccounts) {
        let accounts = VolatileAccounts(customer: customer)
        let sink = StripeSink(
            client: client,
            customers: StripeCustomers(client: client, accounts: accounts),
            meter: StripeSink.Meter(eventName: "mesh_usage", id: meterID),
            clock: clock
        )
        return (sink, accounts)
    }

    /// Usage of so many millionths of a dollar, `age` ago.
    func event(_ number: UInt64, _ microdollars: Int64, customer: String? = "cus_1", age: Duration = .zero)
        -> MeterEvent
    {
        let now = clock.wallTime.millisecondsSince1970
        return MeterEvent(
            account: "acme",
            range: number...number,
            microdollars: microdollars,
            time: WallTime(millisecondsSince1970: now - age.components.seconds * 1_000),
            customer: customer
        )
    }
}

/// A test double of Stripe: answers each request by a script, and remembers what it was asked.
final class ScriptedStripe: HTTPHandler {
    /// What it answers to a request, of which `number` came before.
    typealias Script = @Sendable (_ asked: Asked, _ number: Int) -> Reply

    enum Reply: Sendable {
        case answer(UInt16, String, HTTPFields = [:])
        /// The request was taken, and the connection ends in the middle of the answer.
        case cut
    }

    struct Asked: Sendable {
        var method: HTTPMethod
        var path: String
        var fields: HTTPFields
        var body: String
    }

    let asked = Watched<[Asked]>([])
    private let script: Script

    init(_ script: @escaping Script) { self.script = script }

    var all: [Asked] { asked.value }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        let body = String(decoding: try await request.body.collect(upTo: 1_000_000), as: UTF8.self)
        let one = Asked(method: request.method, path: request.target.text, fields: request.fields, body: body)
        let number = asked.value.count
        asked.change { $0.append(one) }
        switch script(one, number) {
        case .answer(let status, let text, var fields):
            fields.append(.contentType, "application/json")
            return HTTPResponse(HTTPStatus(status), fields: fields, body: .bytes(Array(text.utf8)))
        case .cut:
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write("{")
                    throw HTTPError(.closed, "as the script says")
                }
            )
        }
    }
}

/// A test double of the accounts: one of them, and what Stripe calls it.
final class VolatileAccounts: StripeAccounts {
    let known: Lock<String?>

    init(customer: String?) { known = Lock(customer) }

    func customer(of account: String) async throws -> String? { known.withLock { $0 } }

    func keep(customer: String, of account: String) async throws -> String {
        known.withLock { known in
            known = known ?? customer
            return known ?? customer
        }
    }

    /// Millionths of a dollar that the account has told, or is to tell.
    let flushed = Lock<Int128>(0)

    func flushed(of account: String, inMonthOf time: WallTime) async throws -> Int128 { flushed.withLock { $0 } }
}

/// A clock whose days can be turned.
final class ShiftedClock: Clock {
    private let inner: MachineClock
    private let shift = Lock<Int64>(0)

    init(_ inner: MachineClock) { self.inner = inner }

    func turn(by duration: Duration) { shift.withLock { $0 += duration.components.seconds * 1_000 } }

    var now: Instant { inner.now }

    var wallTime: WallTime {
        WallTime(millisecondsSince1970: inner.wallTime.millisecondsSince1970 + shift.withLock { $0 })
    }

    func sleep(until deadline: Instant) async throws(CancellationError) { try await inner.sleep(until: deadline) }
}

/// Stripe's words.
enum Said {
    static let taken = ##"{"object":"billing.meter_event"}"##
    static let known =
        ##"{"error":{"type":"invalid_request_error","message":"An event already exists with identifier x."}}"##
    static let unwell = ##"{"error":{"type":"api_error","message":"An error occurred"}}"##

    static func refused(_ code: String) -> String { ##"{"error":{"code":"\##(code)","message":"No: \##(code)"}}"## }

    static func sum(_ value: String) -> String {
        ##"{"object":"list","data":[{"id":"s1","aggregated_value":\##(value)}],"has_more":false}"##
    }
}
