package import MeshCore
internal import MeshJSON

/// What is handed to whoever is to find out what is wrong with a node: parts in one zip file, without secrets.
///
/// Each part is made without secrets, and passes a ``DiagnosisScrubber`` all the same. What the file holds, its
/// manifest says, which comes first.
package struct Diagnosis: Sendable {
    /// One file of it.
    package struct Part: Sendable {
        /// Its name: `node/metrics.txt`.
        package let name: String
        /// What it is, in a sentence.
        package let about: String
        /// Its text; nil where there is none.
        package let text: String?
        /// Why there is none.
        package let reason: String?
        /// Whether it is written by us word for word, so that long numbers in it, such as fingerprints, may stay.
        package let isOwn: Bool

        /// A part that is there.
        package init(_ name: String, _ about: String, text: String, isOwn: Bool = false) {
            self.name = name
            self.about = about
            self.text = text
            self.isOwn = isOwn
            reason = nil
        }

        /// A part that is not there.
        package init(_ name: String, _ about: String, missing reason: String) {
            self.name = name
            self.about = about
            text = nil
            self.reason = reason
            isOwn = false
        }
    }

    /// Its parts.
    package var parts: [Part]
    /// When it was made.
    package let made: WallTime
    /// What takes secrets out.
    package let redactor: DiagnosisScrubber

    /// These parts.
    package init(_ parts: [Part], made: WallTime, redactor: DiagnosisScrubber) {
        self.parts = parts
        self.made = made
        self.redactor = redactor
    }

    /// The zip file, and what it holds, in the order of the manifest.
    package func archive() -> (bytes: [UInt8], held: [Part]) {
        var contents = ZipArchive(made: made)
        var held: [(part: Part, bytes: [UInt8])] = []
        var left: [(part: Part, reason: String)] = []
        for part in parts {
            guard let text = part.text else {
                left.append((part, part.reason ?? "nothing was found"))
                continue
            }
            let bytes = Array((part.isOwn ? redactor.withoutNames(text) : redactor.reduced(text)).utf8)
            if bytes.count <= Limits.Diagnosis.maximumPartBytes, contents.append(part.name, bytes) {
                held.append((part, bytes))
            } else {
                left.append((part, "it is too large"))
            }
        }
        var archive = ZipArchive(made: made)
        let manifest = manifest(held, left)
        _ = archive.append("manifest.json", Array((JSONWriter.text(of: manifest, isIndented: true) + "\n").utf8))
        for (part, bytes) in held { _ = archive.append(part.name, bytes) }
        return (archive.bytes, held.map(\.part))
    }

    private func manifest(_ held: [(part: Part, bytes: [UInt8])], _ left: [(part: Part, reason: String)]) -> JSONValue {
        let files = held.map { part, bytes -> JSONValue in
            ["name": .string(part.name), "about": .string(part.about), "bytes": .integer(Int64(bytes.count))]
        }
        let missing = left.map { part, reason -> JSONValue in
            ["name": .string(part.name), "about": .string(part.about), "reason": .string(redactor.reduced(reason))]
        }
        return [
            "made": .string(made.description), "software": .string(NodeSoftware.name), "privacy": .string(Self.privacy),
            "files": .array(files), "missing": .array(missing),
        ]
    }

    /// What is and is not in it, for whoever hands it on.
    package static let privacy =
        "No keys, no tokens, no content of the store, no environment. The names of this user and this machine are "
        + "replaced. Names and addresses of hubs and nodes are in it: read it before you hand it on."
}
