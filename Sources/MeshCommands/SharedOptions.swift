internal import MeshCommandLine

/// What every command of `synesis` takes.
enum SharedOptions {
    static let gateway = Option<GatewayPlace?>(
        "gateway",
        "Where the gateway is (default: SYNESIS_GATEWAY, or the first of this machine that answers)."
    )
    static let authority = Option<String?>(
        "ca",
        as: .file,
        "A file with the authority (PEM) of a gateway over HTTPS (default: SYNESIS_CA, or those of the system)."
    )
    static let json = Flag("json", "Print the answer as JSON, as docs/api.md describes it.")
    static let quiet = Flag("quiet", "Print no more than what was asked for; the code of exit says the rest.")
    static let noColor = Flag("no-color", "No colours, also on a terminal; NO_COLOR in the environment says the same.")

    static let all: [any ParameterKey] = [gateway, authority, json, quiet, noColor]
}

/// The name of an edge on the command line.
enum NodeArgument {
    static let id = Argument<String>("id", as: syntax, "The edge's name, as `synesis nodes` shows it.")

    private static var syntax: ValueSyntax<String> {
        let expected = "the name of an edge (lowercase letters, digits, '-', '_', '.')"
        return ValueSyntax(valueName: "ID", expected: expected) { NodeName.isValid($0) ? $0 : nil }
    }
}
