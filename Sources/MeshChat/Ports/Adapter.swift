package import MeshCore

/// In which files adapters come.
package enum AdapterFormat: String, Hashable, Sendable {
    /// One GGUF file.
    case gguf
    /// A folder with `adapter_config.json` and `adapter_model.safetensors`.
    case peft
}

/// What tells adapters apart: whose it is, and what is in it.
///
/// The same bytes of two tenants are two adapters: neither can name, use or time the other's.
package struct AdapterKey: Hashable, Sendable {
    /// Whose it is.
    package let tenant: TenantID

    /// The hash of its content; of a folder, that of its weights.
    package let content: SHA256Digest

    /// The adapter of `tenant` with this content.
    package init(tenant: TenantID, content: SHA256Digest) {
        self.tenant = tenant
        self.content = content
    }
}

/// An adapter that can be loaded.
package struct AdapterArtifact: Hashable, Sendable {
    /// Which one it is.
    package let key: AdapterKey

    /// The model that it is for, by the engine's own name.
    package let model: String

    /// What the file is.
    package let format: AdapterFormat

    /// Where it lies on this machine.
    package let path: String

    /// An adapter in a file.
    package init(key: AdapterKey, model: String, format: AdapterFormat, path: String) {
        self.key = key
        self.model = model
        self.format = format
        self.path = path
    }
}

/// An adapter that is ready.
package struct AdapterHandle: Hashable, Sendable {
    /// Which one it is.
    package let key: AdapterKey

    /// The model that it is for, by the engine's own name.
    package let model: String

    /// By which the engine knows it; nothing to others.
    package let number: UInt64

    /// The adapter that an engine knows by `number`.
    package init(key: AdapterKey, model: String, number: UInt64) {
        self.key = key
        self.model = model
        self.number = number
    }
}
