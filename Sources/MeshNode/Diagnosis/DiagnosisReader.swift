internal import Glibc
internal import MeshAPI
internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO
internal import MeshJSON
internal import MeshTunnel
internal import MeshVitals

/// Gathers the parts of a diagnosis: what a node is told, how it stands, what it stands on.
struct DiagnosisReader: Sendable {
    let subject: DoctorSubject
    /// What the node is told, weighed; nil where that is wrong or unknown.
    let configuration: Configuration?
    let loop: EventLoop
    let clock: any Clock

    /// All of it; each part for a bounded time.
    func read() async -> Diagnosis {
        let redactor = Self.redactor
        let made = clock.wallTime
        async let doctor = Doctor.examine(subject, on: loop, clock: clock)
        async let vitals = self.vitals()
        async let site = self.site()
        let process = await Doctor.onThread { self.process() } ?? nil
        async let log = self.log(of: process)
        let files = await Doctor.onThread { [self] in folderParts() + machineParts(process) }
        let report = DoctorDocument(
            checks: await doctor.map {
                DoctorCheck($0.name, $0.status, redactor.reduced($0.detail), advice: $0.advice.map(redactor.reduced))
            }
        )
        var parts = [
            Diagnosis.Part(
                "doctor.json",
                "What `meshnode doctor` says.",
                text: JSONWriter.text(of: report.json, isIndented: true) + "\n",
                isOwn: true
            ),
            Diagnosis.Part("doctor.txt", "The same for people.", text: report.text(width: 110), isOwn: true),
            configurationPart,
        ]
        parts += await site
        parts += files ?? [Diagnosis.Part("folder.json", "What lies in the node's folder.", missing: "no thread")]
        parts += [await vitals, await log]
        return Diagnosis(parts, made: made, redactor: redactor)
    }

    private static var redactor: DiagnosisScrubber {
        var name = utsname()
        let isNamed = uname(&name) == 0
        let host =
            isNamed
            ? withUnsafeBytes(of: name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } : nil
        let entry = getpwuid(getuid())
        let user = entry?.pointee.pw_name.map { String(cString: $0) }
        let home = entry?.pointee.pw_dir.map { String(cString: $0) }
        return DiagnosisScrubber(user: user, host: host, home: home)
    }

    // MARK: The node

    private var configurationPart: Diagnosis.Part {
        let (name, about) = ("configuration.json", "Every setting with its value and who says so, but for secrets.")
        guard let configuration else {
            return Diagnosis.Part(name, about, missing: "it is wrong or nobody says the role; see doctor.txt")
        }
        return Diagnosis.Part(name, about, text: ConfigurationReport(configuration).json, isOwn: true)
    }

    /// What the node answers to operators.
    private func site() async -> [Diagnosis.Part] {
        let asked = [("ready", "json"), ("health", "json"), ("metrics", "txt")]
        let about = "What the node answers at /"
        guard let http = subject.node?.settings.http, let place = http.listen.address, place.port != 0
        else {
            let reason = "the node answers operators nowhere, or at a port that only it knows (http.listen)"
            return asked.map { Diagnosis.Part("node/\($0.0).\($0.1)", about + $0.0, missing: reason) }
        }
        let scheme = http.files == nil ? "http" : "https"
        var parts: [Diagnosis.Part] = []
        for (path, ending) in asked {
            let name = "node/\(path).\(ending)"
            do throws(HTTPError) {
                let text = try await answer("\(scheme)://\(place)/\(path)")
                parts.append(Diagnosis.Part(name, about + path, text: text))
            } catch {
                parts.append(Diagnosis.Part(name, about + path, missing: error.message))
            }
        }
        return parts
    }

    private func answer(_ url: String) async throws(HTTPError) -> String {
        let client = try await HTTPClient(loop: loop)
        let timeouts = ClientTimeouts(connect: .seconds(1), firstByte: .seconds(2), whole: .seconds(4))
        let result: Result<[UInt8], HTTPError>
        do throws(HTTPError) {
            let response = try await client.send(ClientRequest(.get, try ClientURL(url), timeouts: timeouts))
            result = .success(try await response.body.collect(upTo: Limits.Diagnosis.maximumPartBytes))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return String(decoding: try result.get(), as: UTF8.self)
    }

    /// The process that has the folder.
    private func process() -> Int32? {
        guard let (role, node) = subject.node else { return nil }
        return FolderFindings.read(node.data, role: role).holder
    }

    // MARK: Its log

    /// What the journal has of the node's unit: a node writes to standard error and keeps nothing.
    private func log(of process: Int32?) async -> Diagnosis.Part {
        let name = "log.txt"
        let about = "The node's last lines in the journal."
        guard let process, let unit = Self.unit(of: process) else {
            let reason =
                "no unit of systemd runs the node: what it writes to standard error is where that leads; "
                + "under systemd: journalctl --unit meshnode-hub"
            return Diagnosis.Part(name, about, missing: reason)
        }
        let outcome = await FilterProcess.run(
            ["journalctl", "--unit", unit, "--lines", "500", "--no-pager", "--output", "cat"],
            environment: ["LC_ALL=C"],
            input: [],
            maximumOutputBytes: Limits.Diagnosis.maximumPartBytes,
            patience: Limits.Doctor.patience
        )
        guard case .ended(.exited(0), let output) = outcome, !output.isEmpty else {
            return Diagnosis.Part(name, about, missing: "this user may not read the journal of \(unit)")
        }
        return Diagnosis.Part(name, about, text: String(decoding: output, as: UTF8.self))
    }

    /// The unit in whose group `process` is: `0::/system.slice/meshnode-hub.service`.
    static func unit(of process: Int32) -> String? {
        let bytes = MachineFiles().bytes(of: "/proc/\(process)/cgroup") ?? []
        let words = String(decoding: bytes, as: UTF8.self).split { "/\n".contains($0) }
        return words.last { $0.hasSuffix(".service") && $0.hasPrefix("meshnode") }.map(String.init)
    }

    // MARK: The machine

    private func vitals() async -> Diagnosis.Part {
        let (name, about) = ("vitals.json", "How this machine is, as a beat tells it.")
        let machine = MachineVitals(dataFolder: subject.node?.settings.data ?? ".", clock: clock)
        let text = await Doctor.within(Limits.Doctor.patience, clock) { [clock] in
            _ = await machine.read()
            try? await clock.sleep(for: .milliseconds(300))
            return await machine.read().map { JSONWriter.text(of: $0.vitals.json, isIndented: true) + "\n" }
        }
        guard let text else { return Diagnosis.Part(name, about, missing: "they could not be read in time") }
        return Diagnosis.Part(name, about, text: text, isOwn: true)
    }

    private func machineParts(_ process: Int32?) -> [Diagnosis.Part] {
        let files = MachineFiles()
        func text(_ path: String) -> String? { files.bytes(of: path).map { String(decoding: $0, as: UTF8.self) } }
        var machine = "\(NodeSoftware.name)\n"
        for path in Self.machineFiles {
            machine += "\n== \(path)\n" + (text(path) ?? "(not there)\n")
        }
        var parts = [Diagnosis.Part("machine.txt", "Versions, kernel, memory and its bounds.", text: machine)]
        let about = "The process of the node: its memory, its threads and its limits."
        if let process {
            let found = ["status", "limits", "io"].map {
                "== \($0)\n" + (text("/proc/\(process)/\($0)") ?? "(not there)\n")
            }
            parts.append(Diagnosis.Part("process.txt", about, text: found.joined(separator: "\n")))
        } else {
            parts.append(Diagnosis.Part("process.txt", about, missing: "no process runs on the folder"))
        }
        return parts
    }

    private static let machineFiles = [
        "/proc/version", "/etc/os-release", "/proc/loadavg", "/proc/meminfo", "/proc/pressure/io",
        "/proc/pressure/memory", "/proc/sys/net/core/rmem_max", "/proc/sys/net/core/wmem_max", "/proc/net/snmp",
        "/sys/fs/cgroup/memory.max",
    ]
}
