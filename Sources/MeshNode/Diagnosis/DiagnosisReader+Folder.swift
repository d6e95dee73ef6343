internal import Glibc
internal import MeshCertificates
internal import MeshCore
internal import MeshJSON

extension DiagnosisReader {
    /// What lies in the node's folder: names, sizes and modes, certificates without keys, figures of the store.
    func folderParts() -> [Diagnosis.Part] {
        let about = "What lies in the node's folder: names, sizes and modes, no content."
        guard let node = subject.node else {
            return [Diagnosis.Part("folder.json", about, missing: "nobody says which it is")]
        }
        let path = node.settings.data
        let listing = JSONWriter.text(of: FolderListing.json(of: path), isIndented: true) + "\n"
        var parts = [Diagnosis.Part("folder.json", about, text: listing, isOwn: true)]
        parts.append(certificates(path))
        if node.role == .hub { parts.append(store(HubFolder(path: path).store)) }
        return parts
    }

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

    /// As cheap as can be, so that it may be asked for beside a hub: nothing is opened.
    private func store(_ folder: StoreFolder) -> Diagnosis.Part {
        let (name, about) = ("store.json", "How large the store is; `meshnode store stats` counts what it holds.")
        var (segments, bytes) = (Int64(0), Int64(0))
        for file in ProcessTable.names(in: "\(folder.path)/log") {
            var status = stat()
            guard lstat("\(folder.path)/log/\(file)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                continue
            }
            segments += 1
            bytes += Int64(status.st_size)
        }
        guard segments > 0 else { return Diagnosis.Part(name, about, missing: "there is none") }
        var index = stat()
        let hasIndex = lstat(folder.indexPath, &index) == 0
        let document: JSONValue = [
            "files": .integer(segments), "bytes": .integer(bytes),
            "index_bytes": hasIndex ? .integer(Int64(index.st_size)) : .null,
        ]
        return Diagnosis.Part(name, about, text: JSONWriter.text(of: document, isIndented: true) + "\n", isOwn: true)
    }
}
