import MeshCore
import MeshLedger
import MeshStripe
import MeshTestKit

extension StripeGround {
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
