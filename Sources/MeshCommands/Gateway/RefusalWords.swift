internal import MeshJSON

/// What a gateway says that says no: in the shape of docs/api.md, section 1, or in that of an SDK.
struct RefusalWords {
    /// The code by which a node says that it is asked for what hubs alone know.
    static let notAHub = "not_a_hub"

    /// A word for programs.
    let code: String
    /// A sentence for people.
    let message: String
    /// The field that is to blame.
    let field: String?
    /// After how many seconds it may be tried again.
    let retryAfter: Double?
    /// Where the account is topped up, where that helps.
    let topUpURL: String?

    /// Whether the path itself is not known, rather than something that it names.
    var isAboutPath: Bool { code == "not_found" && message == "there is no such path" }

    /// The words of `json`; nil where it is no refusal.
    init?(_ json: JSONValue, retryAfter header: String? = nil) {
        if let word = json["error"]?.text, let message = json["message"]?.text {
            // Of credit that does not suffice it is told flat.
            (code, self.message, field, retryAfter) = (word, message, nil, nil)
            topUpURL = json["topup_url"]?.text
            return
        }
        guard let error = json["error"], let message = error["message"]?.text else { return nil }
        self.message = message
        code = error["code"]?.text ?? error["type"]?.text ?? "refused"
        field = error["field"]?.text ?? error["param"]?.text
        topUpURL = error["topup_url"]?.text
        retryAfter = (error["retry_after_seconds"] ?? error["retry_after"])?.number ?? header.flatMap { Double($0) }
    }

    /// One line that names the field.
    func sentence(status: String?) -> String {
        var words = message
        if let field, !message.contains(field) { words = "\(field): \(message)" }
        words += " (\([status, code].compactMap(\.self).joined(separator: ", ")))"
        if code == "offline" { words += "; `synesis ask --async` hands a question in for later" }
        if let topUpURL { words += "; top it up at \(topUpURL)" }
        if let retryAfter { words += "; try again in \(Words.time(retryAfter))" }
        return words
    }
}
