internal import Glibc
internal import MeshCertificates
internal import MeshCore
internal import MeshJSON
internal import MeshStore

extension DiagnosisReader {
    /// What lies in the node's folder: names, sizes and modes, certificates without keys, figures of the store.
    func folderParts() -> [Diagnosis.Part] {
        let about = "What lies in the node's folder: names, sizes and modes, no content."
        guard let node = subject.node else {
            return [Diagnosis.Part("folder.json", about, missing: "nobody says which it is")]
        }
        let path = node.settings.data
        var rows: [JSONValue] = []
        list(path, below: "", depth: 0, into: &rows)
        var parts = [
            Diagnosis.Part("folder.json", about, text: JSONWriter.text(of: ["files": .array(rows)], isIndented: true) + "\n", isOwn: true)
        ]
        parts.append(certificates(path))
        if node.role == .hub { parts.append(store(HubFolder(path: path).store)) }
        return parts
    }

    private func list(_ folder: String, below: String, depth: Int, into rows: inout [JSONValue]) {
        guard depth <= Limits.Diagnosis.folderDepth else { return }
        for name in ProcessTable.names(in: folder).sorted() {
            guard rows.count < Limits.Diagnosis.maximumFiles else { return }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            rows.append([
                "name": .string(below + name), "kind": .string(Self.kinds[kind] ?? "other"),
                "bytes": .integer(Int64(status.st_size)), "mode": .string(String(status.st_mode & 0o7777, radix: 8)),
                "ours": .bool(status.st_uid == geteuid()),
                "changed": .string("\(WallTime(millisecondsSince1970: Int64(status.st_mtim.tv_sec) * 1_000))"),
            ])
            if kind == S_IFDIR { list(path, below: below + name + "/", depth: depth + 1, into: &rows) }
        }
    }

    private static let kinds: [mode_t: String] = [S_IFREG: "file", S_IFDIR: "folder", S_IFLNK: "link"]

    /// What the certificates say to everybody who is shown them.
    private func certificates(_ path: String) -> Diagnosis.Part {
        let (name, about) = ("certificates.json", "What the node's certificates say; no key is read.")
        var documents: [String] = []
        for file in ["node.pem", "ca.pem", "ca/ca.pem"] {
            guard let found = try? Certificate.all(in: "\(path)/\(file)") else { continue }
            for certificate in found.prefix(Limits.Credentials.maximumChain) {
                documents.append(CertificateReport(certificate, now: clock.wallTime).json(adding: [("file", file)]))
            }
        }
        guard !documents.isEmpty else { return Diagnosis.Part(name, about, missing: "there are none") }
        return Diagnosis.Part(name, about, text: "[" + documents.joined(separator: ",\n") + "]\n", isOwn: true)
    }

    /// Counted only where nobody has the store and it is small: counting reads all of it.
    private func store(_ folder: StoreFolder) -> Diagnosis.Part {
        let (name, about) = ("store.json", "The figures of the store.")
        do {
            let disk = try folder.lookAtLog()
            defer { disk.close() }
            let bytes = try disk.names().reduce(0) { try $0 + disk.open($1, creating: false).size() }
            guard bytes <= Limits.Diagnosis.maximumStoreBytes else {
                let words = "it has \(UInt64(bytes).inBytes), more than is counted on the way (meshnode store stats)"
                return Diagnosis.Part(name, about, missing: words)
            }
            let figures = try StoreTool.statistics(disk)
            let document: JSONValue = [
                "openings": .integer(Int64(clamping: figures.generation)),
                "segments": .integer(Int64(figures.counts.segments)),
                "batches": .integer(Int64(figures.counts.batches)),
                "records": .integer(Int64(figures.counts.records)),
                "bytes": .integer(Int64(clamping: figures.counts.bytes)),
                "actors": .integer(Int64(figures.counts.actors)),
                "entries": .integer(Int64(clamping: figures.counts.entries)),
                "faults": .integer(Int64(figures.counts.faults.count)),
            ]
            return Diagnosis.Part(name, about, text: JSONWriter.text(of: document, isIndented: true) + "\n", isOwn: true)
        } catch {
            let words = (error as? any StructuredError)?.message ?? "it cannot be read"
            return Diagnosis.Part(name, about, missing: words)
        }
    }
}
