internal import Glibc
internal import MeshCertificates
package import MeshCommandLine
package import MeshCore
internal import MeshIO
internal import MeshTunnel

/// `meshnode enrol`: a device gets its first certificate.
package enum EnrolCommand {
    private static let token = Argument<String>("token", "The enrolment token; '-' reads it from standard input.")
    private static let hub = Option<EnrolmentAddress>(
        "hub",
        "Where the hub listens for enrolment; port 7412 unless said."
    )
    private static let id = Option<NodeID?>(
        "id",
        "The node's name, if the token does not say it (default: the machine's own)."
    )
    private static let folder = Option<String?>(
        "folder",
        as: .folder,
        "Where certificate and key are put (default: a folder named as the node)."
    )

    private static let timeout = Option<Duration>(
        "timeout",
        as: .within(.seconds(1) ... .seconds(600)),
        default: .seconds(10),
        "How long nobody may answer before this gives up; at a port that is closed it does at once."
    )

    private static let refused = ExitCode(rawValue: 3)
    private static let notReached = ExitCode(rawValue: 4)
    private static let clock = ExitCode(rawValue: 5)
    private static let wrongHub = ExitCode(rawValue: 6)

    /// The command.
    package static let command = Command(
        "enrol",
        summary: "Get a certificate for this machine by a token.",
        discussion: """
            Makes a key, which never leaves this machine, and asks the hub for a certificate by a token of \
            `meshnode ca token`. The hub is recognised by the token: it must show the authority that the token names.

            A lost answer costs nothing: the same command on the same folder asks again with the same key. A \
            certificate that is in the folder already is replaced when the new one is there.
            """,
        parameters: [token, hub, id, folder, timeout, AuthorityCommand.json, AuthorityCommand.quiet],
        examples: [
            "meshnode enrol mesh1-… --hub hub-1.example.org:7412": "Under the machine's name.",
            "meshnode enrol - --hub 192.0.2.7:7412 --id laptop-7 < token": "The token does not show in `ps`.",
        ],
        exitCodes: [
            refused: "The hub says no; standard error says why.",
            notReached: "Nobody answers there.",
            clock: "The token has ended, or a clock is wrong.",
            wrongHub: "Whoever answers there is not the hub of the token.",
        ]
    ) { invocation in
        let text = invocation[token] == "-" ? readLine() ?? "" : invocation[token]
        let name = invocation[id] ?? machineName
        let loop = try EventLoop.start(name: "enrol")
        defer { loop.stop() }
        let addresses: [SocketAddress]
        do throws(ResolverError) {
            addresses = try await invocation[hub].hub.enrolmentEndpoints(
                by: SystemResolver(clock: MachineClock(loop: loop))
            )
        } catch {
            invocation.terminal.writeErrorLine(
                "meshnode enrol: error: '\(invocation[hub].hub)': \(error.message.printable)"
            )
            return notReached
        }
        do throws(DeviceEnrolmentError) {
            let asked = DeviceRequest(
                text: text,
                id: invocation[id],
                machineName: name,
                folder: invocation[folder],
                patience: invocation[timeout]
            )
            let (outcome, path) = try await asked.enrol(at: addresses, loop)
            try report(outcome, path, invocation)
            return .success
        } catch {
            invocation.terminal.writeErrorLine("meshnode enrol: error: \(error.message.printable)")
            if error.code == .unreachable {
                let places = addresses.map(\.description).joined(separator: ", ")
                invocation.terminal.writeErrorLine(
                    "Does a hub run, and listen for enrolment at \(places) (UDP)? An answer was waited for no longer "
                        + "than \(invocation[timeout].shortText) (--timeout)."
                )
            }
            return exitCode(of: error.code)
        }
    }

    private static func report(
        _ outcome: DeviceEnrolment.Outcome,
        _ path: String,
        _ invocation: Invocation
    ) throws(DeviceEnrolmentError) {
        let credentials = outcome.credentials
        let lines: [String]
        if invocation[AuthorityCommand.json] {
            let members = [
                ("identity", credentials.identity.text), ("folder", path),
                ("notAfter", credentials.validity.notAfter.description),
            ]
            let object = members.map { "\"\($0.0)\":\(JSONText.quoted($0.1))" }.joined(separator: ",")
            lines = ["{\(object),\"clockAheadSeconds\":\(outcome.clockAhead.components.seconds)}"]
        } else if invocation[AuthorityCommand.quiet] {
            lines = []
        } else {
            lines = [
                "'\(credentials.identity)' is enrolled in '\(path)'; its certificate renews itself from the node.",
                "Start it: meshnode --role edge --data '\(path)' --hub HOST",
            ]
        }
        if abs(outcome.clockAhead.components.seconds) > 60 {
            let text = outcome.clockAhead.shortText
            invocation.terminal.writeErrorLine(
                "meshnode enrol: warning: this machine's clock is \(text) ahead of the hub's"
            )
        }
        do { for line in lines { try invocation.terminal.writeLine(line) } } catch {
            throw DeviceEnrolmentError(.folder, "what was done cannot be written: \(error)")
        }
    }

    private static func exitCode(of code: DeviceEnrolmentErrorCode) -> ExitCode {
        switch code {
        case .wrongToken: .usage
        case .refused: refused
        case .unreachable: notReached
        case .clock: clock
        case .wrongHub: wrongHub
        case .wrongAnswer, .folder: .failure
        }
    }

    /// The machine's own name made one of a node, nil where nothing of it is left.
    private static var machineName: NodeID? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let text = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return NodeName.made(of: text)
    }
}

/// What a person has asked for.
private struct DeviceRequest {
    let text: String
    let id: NodeID?
    let machineName: NodeID?
    let folder: String?
    let patience: Duration

    func enrol(
        at addresses: [SocketAddress],
        _ loop: EventLoop
    ) async throws(DeviceEnrolmentError) -> (DeviceEnrolment.Outcome, String) {
        // A name that the person has chosen must fit the token; the machine's own only fills in.
        let named = try DeviceEnrolment.name(in: text)
        let name = id ?? named ?? machineName
        guard let path = folder ?? name?.text else {
            throw DeviceEnrolmentError(.wrongToken, "the machine's name is no node's: choose one (--id)")
        }
        let clock = MachineClock(loop: loop)
        let enrolment = DeviceEnrolment(
            folder: CredentialFolder(path: path),
            loop: loop,
            clock: clock,
            patience: patience / max(1, addresses.count)
        )
        var last = DeviceEnrolmentError(.unreachable, "there is no address")
        for address in addresses {
            // No patience opens a port that its machine says is nobody's, and no key need be made for it.
            guard await !DatagramReach.isClosed(address, clock: clock) else {
                last = DeviceEnrolmentError(.unreachable, "nobody listens at \(address) (UDP): the port is closed")
                continue
            }
            do throws(DeviceEnrolmentError) {
                return (try await enrolment.enrol(token: text, name: name, at: address), path)
            } catch {
                guard error.code == .unreachable else { throw error }
                last = error
            }
        }
        throw last
    }
}

/// Names of nodes made of what people call their machines.
package enum NodeName {
    /// `Anna's MacBook.local` becomes `anna-s-macbook`; nil where nothing is left.
    package static func made(of text: String) -> NodeID? {
        let host = text.prefix { $0 != "." }.lowercased()
        var name: [UInt8] = []
        for byte in host.utf8 {
            let isKept = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            if isKept { name.append(byte) } else if name.last != UInt8(ascii: "-") { name.append(UInt8(ascii: "-")) }
        }
        let dash = UInt8(ascii: "-")
        name = Array(name.drop { $0 == dash }.prefix(Limits.Identifier.maximumBytes))
        while name.last == dash { name.removeLast() }
        return try? NodeID(String(decoding: name, as: UTF8.self))
    }
}
