internal import MeshCore
internal import MeshHTTP
internal import MeshStripe

/// How Stripe bills what is used on a hub.
package struct StripeSettings: Hashable, Sendable {
    /// The file with the key.
    package let keyFile: String
    /// The file with the secrets of webhooks; nil where none is believed.
    package let webhookSecretFile: String?
    /// What the meter's events are called.
    package let meter: String
    /// Which meter it is; nil where that is not known.
    package let meterID: String?
    /// Where Stripe is.
    package let baseURL: String
    /// Where people go who have paid; nil where there are no pages.
    package let successURL: String?
    /// Where people go who have not.
    package let cancelURL: String?

    /// Nil where there is no key: then nothing else counts.
    init?(_ configuration: Configuration, _ mistakes: inout [ConfigurationMistake]) {
        guard let keyFile = configuration[Settings.stripeKeyFile] else {
            if configuration[Settings.stripeWebhookSecretFile] != nil {
                let words = "webhooks are of no use without 'stripe.keyFile'"
                mistakes.add(configuration, Settings.stripeWebhookSecretFile, words)
            }
            return nil
        }
        self.keyFile = keyFile
        webhookSecretFile = configuration[Settings.stripeWebhookSecretFile]
        meter = configuration[Settings.stripeMeter]
        meterID = configuration[Settings.stripeMeterID]
        successURL = configuration[Settings.stripeSuccessURL]
        cancelURL = configuration[Settings.stripeCancelURL] ?? successURL
        let base = configuration[Settings.stripeBaseURL]
        do throws(StripeError) { baseURL = try StripeClient.checked(base: base) } catch {
            mistakes.add(configuration, Settings.stripeBaseURL, error.message)
            return nil
        }
        if !(1...100).contains(meter.utf8.count) {
            mistakes.add(configuration, Settings.stripeMeter, "a meter's name has one byte to a hundred")
        }
        if let meterID, (try? StripeClient.checked(id: meterID)) == nil {
            mistakes.add(configuration, Settings.stripeMeterID, "that is no id of Stripe's")
        }
        for setting in [Settings.stripeSuccessURL, Settings.stripeCancelURL] {
            if let url = configuration[setting], (try? ClientURL(url)) == nil {
                mistakes.add(configuration, setting, "that is no URL with http:// or https://")
            }
        }
    }

    /// Asks Stripe as these say, by the key of their file.
    func client(
        by key: StripeSecret,
        over client: HTTPClient,
        clock: any Clock,
        generator: SeededGenerator
    ) throws(StripeError) -> StripeClient {
        var configuration = StripeClient.Configuration()
        configuration.base = baseURL
        return try StripeClient(configuration, key: key, client: client, clock: clock, generator: generator)
    }
}
