import Foundation
import MeshCore
import MeshStripe
import MeshTestKit
import Testing

@Suite struct `A webhook's signature` {
    /// A row of `Tests/Vectors/stripe.json`, which Stripe's own SDK has made and judged.
    struct Row: Decodable {
        let body: String
        let secret: String
        let time: Int64
        let fields: [Field]

        struct Field: Decodable {
            let name: String
            let field: String
            let valid: Bool
        }

        var now: WallTime { WallTime(millisecondsSince1970: time * 1_000) }
    }

    private static let body = Array("{}".utf8)
    private static let now = WallTime(millisecondsSince1970: 1_790_000_000_000)

    private static func secret(_ text: String) throws -> StripeSecret { try #require(StripeSecret(Array(text.utf8))) }

    private static func isBelieved(_ field: String?, _ secrets: [StripeSecret], now: WallTime = now) -> Bool {
        do throws(StripeError) {
            try StripeSignature.verify(field, of: body, secrets: secrets, now: now)
            return true
        } catch {
            #expect(error.code == .badSignature)
            return false
        }
    }

    @Test func `is judged as the official SDK judges it`() throws {
        let path = "Tests/Vectors/stripe.json"
        let bytes = try #require(RepositoryFile.bytes(path), "\(path) is missing")
        let rows = try JSONDecoder().decode([Row].self, from: Data(bytes))
        #expect(rows.count == 15)
        for row in rows {
            let secret = try Self.secret(row.secret)
            for field in row.fields {
                let judged = Result { () throws(StripeError) in
                    let body = Array(row.body.utf8)
                    try StripeSignature.verify(field.field, of: body, secrets: [secret], now: row.now)
                }
                let isBelieved = (try? judged.get()) != nil
                #expect(isBelieved == field.valid, "\(field.name): \(field.field.prefix(40))")
            }
            let own = StripeSignature.field(for: Array(row.body.utf8), secret: secret, at: row.now)
            #expect(own == row.fields[0].field)
        }
    }

    @Test func `counts under each of several secrets, and under no other`() throws {
        let (old, new, other) = (try Self.secret("whsec_a"), try Self.secret("whsec_b"), try Self.secret("whsec_c"))
        for secret in [old, new] {
            let field = StripeSignature.field(for: Self.body, secret: secret, at: Self.now)
            #expect(Self.isBelieved(field, [old, new]))
            #expect(!Self.isBelieved(field, [other]))
            #expect(!Self.isBelieved(field, []))
        }
    }

    @Test func `is of now, give or take five minutes`() throws {
        let secret = try Self.secret("whsec_a")
        let tolerance = Limits.Stripe.signatureTolerance.components.seconds
        for (seconds, isFine) in [
            (0, true), (tolerance, true), (-tolerance, true), (tolerance + 1, false), (-tolerance - 1, false),
        ] {
            let field = StripeSignature.field(
                for: Self.body,
                secret: secret,
                at: WallTime(millisecondsSince1970: Self.now.millisecondsSince1970 + seconds * 1_000)
            )
            #expect(Self.isBelieved(field, [secret]) == isFine, "\(seconds)")
        }
    }

    @Test func `that is missing, long, or makes no sense is refused`() throws {
        let secret = try Self.secret("whsec_a")
        let good = StripeSignature.field(for: Self.body, secret: secret, at: Self.now)
        let code = try #require(good.split(separator: "=").last)
        let filler = String(repeating: ",x=1", count: Limits.Stripe.maximumSignatureBytes / 4)
        let bad = [
            nil, "", ",", "t", "t=,v1=\(code)", "t=-1,v1=\(code)", "t=1790000000,t=1790000000,v1=\(code)",
            "t=1790000000", "t=1790000000,v1=zz", "t=99999999999999999999,v1=\(code)", good + filler,
        ]
        for field in bad { #expect(!Self.isBelieved(field, [secret]), "\(field?.prefix(60) ?? "none")") }
        #expect(Self.isBelieved(good, [secret]))
    }

    @Test func `behind so many others is not looked at any more`() throws {
        let secret = try Self.secret("whsec_a")
        let good = StripeSignature.field(for: Self.body, secret: secret, at: Self.now)
        let code = try #require(good.split(separator: "=").last)
        let zeros = String(
            repeating: ",v1=" + String(repeating: "0", count: 64),
            count: Limits.Stripe.maximumSignatures
        )
        #expect(!Self.isBelieved("t=1790000000" + zeros + ",v1=\(code)", [secret]))
        #expect(Self.isBelieved("t=1790000000" + zeros.dropFirst(68) + ",v1=\(code)", [secret]))
    }

    @Test func `says nothing of its secret`() throws {
        let secret = try Self.secret("whsec_hidden")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret)\(dumped)\(String(reflecting: secret))".contains("hidden"))
    }
}
