internal import Glibc
internal import MeshCore

/// Reads files of models and adapters.
package enum ModelFile {
    /// The head of the GGUF file at `path`.
    package static func head(at path: String) throws(EngineError) -> GGUFHead {
        let (file, size) = try open(path)
        defer { close(file) }
        var wanted = min(size, 1_024 * 1_024)
        while true {
            let bytes = try read(file, wanted)
            let head = bytes.withUnsafeBytes { bytes in
                Result { () throws(EngineError) in try GGUFHead.read(bytes, fileBytes: size) }
            }
            if let head = try head.get() { return head }
            wanted = min(size, Limits.ModelFile.maximumHeadBytes, wanted * 4)
        }
    }

    /// Refuses what is no model that continues text, before the library sees it.
    static func check(_ head: GGUFHead) throws(EngineError) {
        guard head.text("general.type") ?? "model" == "model" else {
            throw EngineError(.unreadable, "the file is an adapter or a tokenizer, and no model")
        }
        guard let architecture = head.text("general.architecture"), !head.tensors.isEmpty else {
            throw EngineError(.unreadable, "the model's file does not say what it is")
        }
        guard head.tensors["token_embd.weight"] != nil, head.integer("\(architecture).block_count") ?? 0 > 0 else {
            throw EngineError(.unreadable, "the model's file has no layers")
        }
        for (key, value) in head.keys where key.hasPrefix("tokenizer.chat_template") {
            if case .text(let template) = value { try TemplateCheck.check(template) }
        }
    }

    /// All bytes of a file of at most `limit` bytes.
    static func bytes(at path: String, upTo limit: Int) throws(EngineError) -> [UInt8] {
        let (file, size) = try open(path)
        defer { close(file) }
        guard size <= limit else { throw EngineError(.unreadable, "the file has more than \(limit) bytes") }
        return try read(file, size)
    }

    private static func open(_ path: String) throws(EngineError) -> (file: Int32, size: Int) {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw EngineError(.noFile, "the file of a model or an adapter cannot be opened") }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw EngineError(.noFile, "what should be the file of a model or an adapter is no file")
        }
        return (file, Int(status.st_size))
    }

    private static func read(_ file: Int32, _ count: Int) throws(EngineError) -> [UInt8] {
        var done = 0
        var isBroken = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count, let start = buffer.baseAddress {
                let got = pread(file, start + done, count - done, off_t(done))
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { break }
                done += got
            }
            isBroken = done < count
            initialized = done
        }
        guard !isBroken else {
            throw EngineError(.noFile, "the file of a model or an adapter cannot be read to its end")
        }
        return bytes
    }
}
