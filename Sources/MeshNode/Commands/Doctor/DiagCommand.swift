package import MeshCommandLine
internal import MeshCore
internal import MeshIO

/// `meshnode diag`: what somebody needs who is to find out what is wrong with a node, in one file without secrets.
package enum DiagCommand {
    private static let output = Option<String?>("output", valueName: "FILE.zip", as: .file, "The file to make.")
    private static let quiet = Flag("quiet", "Print the file's name alone.")

    /// The command.
    package static let command = Command(
        "diag",
        summary: "Gather what helps to find a fault into one zip file without secrets.",
        discussion: """
            Takes the flags that the node takes. The file holds what `meshnode doctor` says, the settings, what a \
            running node answers to operators, what lies in its folder by name and size, what its certificates say, \
            the machine's vitals and limits, and under systemd the last lines of its log. Keys, tokens, the content \
            of the store and the environment are not in it, and the names of this user and this machine are replaced.
            """,
        parameters: [output, quiet] + RoleCommand.parameters,
        examples: ["meshnode diag --config /etc/meshnode/hub.json5": "Makes meshnode-diag-….zip in this folder."],
        exitCodes: [.failure: "The file could not be made; standard error says why, and no part of it is left."]
    ) { invocation in
        let loop = try EventLoop.start(name: "diag")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let subject = DoctorCommand.subject(invocation)
        let configuration = try? RoleCommand.loader(invocation).load(file: subject.file)
        let reader = DiagnosisReader(subject: subject, configuration: configuration, loop: loop, clock: clock)
        let diagnosis = await reader.read()
        let (bytes, held) = diagnosis.archive()
        let path = invocation[output] ?? name(at: diagnosis.made)
        do throws(DiagnosisError) {
            try DiagnosisFile.create(path, bytes)
        } catch {
            invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(error.message.printable)")
            return .failure
        }
        if reader.configuration == nil {
            let words = "nothing of a node is in it: nobody says which one (--role hub|edge, or --config FILE)"
            invocation.terminal.writeErrorLine("\(invocation.commandName): warning: \(words)")
        }
        guard !invocation[quiet] else {
            try invocation.terminal.writeLine(path.printable)
            return .success
        }
        var table = Table(columns: [.init("FILE"), .init("WHAT IT IS")])
        for part in held { table.append([part.name, part.about]) }
        let words = "'\(path)' holds, beside its manifest (\(UInt64(bytes.count).inBytes), mode 600):".printable
        try invocation.terminal.write("\(words)\n\n\(table.text)\n\(Diagnosis.privacy)\n")
        return .success
    }

    /// `meshnode-diag-20261121T081500Z.zip`.
    static func name(at time: WallTime) -> String {
        let digits = time.description.prefix { $0 != "." }.filter { !"-:".contains($0) }
        return "meshnode-diag-\(digits)Z.zip"
    }
}
