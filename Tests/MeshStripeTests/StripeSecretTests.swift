import Foundation
import MeshCore
import MeshStripe
import MeshTestKit
import Testing

@Suite struct `A file of secrets` {
    private static func with(_ text: String, mode: Int = 0o600, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "stripe-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func `has one on each line, and remarks`() throws {
        try Self.with("# new\nwhsec_new\n\n  whsec_old \r\n") { path in
            let told = try StripeSecret.all(inFileAt: path).count
            #expect(told == 2)
            #expect(throws: StripeError(.unusable, "")) { try StripeSecret.one(inFileAt: path) }
        }
        try Self.with("sk_live_1") { path in
            #expect(throws: Never.self) { try StripeSecret.one(inFileAt: path) }
        }
    }

    @Test func `is its owner's alone, and holds nothing else`() throws {
        try Self.with("sk_live_1", mode: 0o640) { path in
            #expect(throws: StripeError(.unusable, "")) { try StripeSecret.all(inFileAt: path) }
        }
        let many = Array(repeating: "whsec_x", count: Limits.Stripe.maximumSecrets + 1).joined(separator: "\n")
        let long = String(repeating: "x", count: Limits.Stripe.maximumSecretBytes + 1)
        for text in ["", "\n# nothing\n", "two words", many, long, String(repeating: "x", count: 100_000)] {
            try Self.with(text) { path in
                #expect(throws: StripeError(.unusable, "")) { try StripeSecret.all(inFileAt: path) }
            }
        }
        #expect(throws: StripeError(.unusable, "")) { try StripeSecret.all(inFileAt: "/nowhere/at/all") }
        let most = Array(repeating: "whsec_x", count: Limits.Stripe.maximumSecrets).joined(separator: "\n")
        try Self.with(most) { path in
            let found = try StripeSecret.all(inFileAt: path).count
            #expect(found == Limits.Stripe.maximumSecrets)
        }
        let longest = String(repeating: "x", count: Limits.Stripe.maximumSecretBytes)
        try Self.with(longest) { path in
            let found = try StripeSecret.all(inFileAt: path).count
            #expect(found == 1)
        }
    }
}
