internal import MeshCommandLine
internal import MeshCore

/// The settings of whoever bills.
extension Settings {
    /// The file with the key for Stripe.
    package static let stripeKeyFile = Setting<String?>(
        "stripe.keyFile",
        flag: "stripe-key-file",
        as: .file,
        .nothing("usage is written into a file in the hub's folder, and nobody is billed"),
        for: [.hub],
        "A file with the key for Stripe, on one line and its owner's alone; restricted keys do."
    )
    /// The file with the secrets of webhooks.
    package static let stripeWebhookSecretFile = Setting<String?>(
        "stripe.webhookSecretFile",
        flag: "stripe-webhook-secret-file",
        as: .file,
        .nothing("no webhook is believed"),
        for: [.hub],
        "A file with the signing secret of Stripe's webhooks, its owner's alone; several lines count side by side."
    )
    /// What the meter's events are called.
    package static let stripeMeter = Setting<String>(
        "stripe.meter",
        flag: "stripe-meter",
        .value("mesh_usage"),
        for: [.hub],
        "The event name of the meter that is told of usage, in millionths of a dollar."
    )
    /// Which meter it is.
    package static let stripeMeterID = Setting<String?>(
        "stripe.meterID",
        flag: "stripe-meter-id",
        .nothing("usage that could not be told for a day is left to people"),
        for: [.hub],
        "Stripe's id of that meter, by which what was told is summed up."
    )
    /// Where Stripe is.
    package static let stripeBaseURL = Setting<String>(
        "stripe.baseURL",
        flag: "stripe-base-url",
        .value("https://api.stripe.com"),
        for: [.hub],
        "Where Stripe is asked; without https only on this machine, for tests."
    )
    /// Where people go who have paid.
    package static let stripeSuccessURL = Setting<String?>(
        "stripe.successURL",
        flag: "stripe-success-url",
        .nothing("Stripe makes no pages for top-ups and invoices"),
        for: [.hub],
        "Where Stripe's pages send people who have paid or looked at their invoices."
    )
    /// Where people go who have not paid.
    package static let stripeCancelURL = Setting<String?>(
        "stripe.cancelURL",
        flag: "stripe-cancel-url",
        .nothing("where stripe.successURL says"),
        for: [.hub],
        "Where Stripe's pages send people who do not pay."
    )
}
