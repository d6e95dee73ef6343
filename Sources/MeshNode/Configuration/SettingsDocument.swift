internal import MeshCommandLine
package import MeshCore

/// What is written of the table for people: a file to begin with, and the reference.
package enum SettingsDocument {
    // MARK: The file

    /// Every setting of `role`, documented, commented out and at its default; JSON5.
    package static func template(for role: NodeRole) -> String {
        var lines = [
            "// Settings of a meshnode \(role.rawValue); read by: meshnode --config FILE",
            "// All are at their defaults: take away the '//' before a name to change one.",
            "{", "  role: \"\(role.rawValue)\",", "",
        ]
        var section: [String] = []
        for row in Settings.all where row.roles.contains(role) && row.path != Settings.role.row.path {
            let steps = row.steps
            move(from: section, to: steps.dropLast(), &lines)
            section = steps.dropLast()
            let indent = indent(section.count)
            lines += [
                "\(indent)// \(row.summary)", "\(indent)// \(steps[steps.count - 1]): \(value(of: row, role))", "",
            ]
        }
        move(from: section, to: [], &lines)
        if role == .hub {
            lines += [
                "", "  // Whom to ask beside the models in this process (docs/configuration.md says how)",
                "  // providers: [{ kind: \"anthropic\", keyVariable: \"ANTHROPIC_API_KEY\" }],",
            ]
        }
        lines.append("}")
        // An empty line stands before a section and between settings, and not before a brace.
        var text = ""
        for (index, line) in lines.enumerated() {
            let next = index + 1 < lines.count ? lines[index + 1] : ""
            let isSurplus = line.isEmpty && (next.isEmpty || next.hasSuffix("},") || next == "}")
            if !isSurplus { text += line + "\n" }
        }
        return text
    }

    /// Closes the sections of `section` that `wanted` does not lie in, and opens those of its own.
    private static func move(from section: [String], to wanted: [String], _ lines: inout [String]) {
        let common = zip(section, wanted).prefix { $0 == $1 }.count
        for depth in (common..<section.count).reversed() { lines.append("\(indent(depth))},") }
        for depth in common..<wanted.count { lines += ["", "\(indent(depth))\(wanted[depth]): {"] }
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth + 1) }

    private static func value(of row: SettingRow, _ role: NodeRole) -> String {
        guard let word = row.standard.words(for: role).first else {
            return "\(row.shape.isList ? "[]" : "\"\""),  // unless said: \(row.standard.text)"
        }
        let spelled = row.shape.form == .text ? "\"\(word)\"" : word
        return row.shape.isList ? "[\(spelled)]," : "\(spelled),"
    }

    // MARK: The reference

    /// Everything about settings and exit codes, in Markdown.
    package static var reference: String {
        var text = """
            # Configuration

            <!-- Written by `meshnode config reference`; a test compares it. -->

            A node takes each setting from the first of these that says something: a flag of the command line, the
            environment, a file, its default. A list is taken from one place and never put together of several.

            - The file is JSON5 (`--config FILE`, or `\(ConfigurationLoader.fileVariable)`); `meshnode config template`
              prints one to begin with. A key that is unknown is refused, with its line and what was probably meant.
            - In the environment a list is one text with commas.
            - `meshnode config check FILE` says all that is wrong with a file, `meshnode config show` what a node would
              do and why.
            - SIGHUP reads the file again, and the certificates. Settings that are marked are taken over then; that
              another one has changed is logged, and it counts from the next start. A file with a mistake changes
              nothing.


            """
        for (title, rows) in sections {
            text += "## \(title)\n\n"
            for row in rows { text += paragraph(row) }
        }
        text += providers
        text += "## Exit codes\n\n| code | meaning |\n|---|---|\n"
        for exit in NodeExit.allCases { text += "| \(exit.rawValue) | \(exit.meaning) |\n" }
        text += "| 128 + n | Ended at once by a second signal n. |\n\n"
        return text + operation
    }

    private static var sections: [(String, [SettingRow])] {
        [
            ("Hubs", Settings.all.filter { $0.roles == [.hub] }),
            ("Edges", Settings.all.filter { $0.roles == [.edge] }),
            ("Both", Settings.all.filter { $0.roles.count > 1 }),
        ]
    }

    private static func paragraph(_ row: SettingRow) -> String {
        var notes = ["\(row.shape.isList ? "a list, each of it " : "")\(row.expected)"]
        if !row.standard.text.isEmpty {
            let isValue = if case .value = row.standard { true } else { false }
            notes.append("default: \(isValue ? "`\(row.standard.text)`" : row.standard.text)")
        }
        if row.shape.isSecret { notes.append("never shown") }
        if row.shape.isReloadable { notes.append("taken over by SIGHUP") }
        return """
            ### `\(row.path)`

            \(row.summary)

            - \(notes.joined(separator: "\n- "))
            - `--\(row.flag)`, `\(row.variable)`


            """
    }

    private static let providers = """
        ## Providers

        Whom a hub asks beside the models in its own process stands in the file alone, in two sections of its root:

        ```json5
        {
          role: "hub",
          providers: [
            { kind: "anthropic", keyVariable: "ANTHROPIC_API_KEY" },
            { kind: "openai", keyFile: "/etc/meshnode/openai.key", models: ["gpt-5.4"] },
            {
              name: "house", kind: "openai-compatible", url: "http://10.0.0.7:8000/v1",
              models: [{ name: "qwen", as: "Qwen/Qwen3-32B", context: 32768, tools: true, free: true }],
            },
          ],
          substitutes: { "claude-sonnet-5-5": ["gpt-5.4", "qwen"] },
        }
        ```

        | key | meaning |
        |---|---|
        | `kind` | `anthropic`, `openai`, or `openai-compatible` for any server that speaks like OpenAI. |
        | `name` | Our name for it, which answers and metrics say; its kind where nothing is said. |
        | `url` | Where it is, as its vendor's SDK takes it; the vendor's own where nothing is said. |
        | `keyFile` | A file with the key, which nobody but its owner may read. |
        | `keyVariable` | The name of a variable of the environment with the key. |
        | `models` | What it has, by names of the table or described; else all that the table has of the vendor. |
        | `substitutes` | By model, up to eight others that are asked where it cannot answer, each at its own price. |

        A model that the table does not know is described: `name`, `as` (the provider's name for it), `context` and
        `output` (tokens), `tools`, `images`, and `free: true` or a `price: { input: …, output: … }` in nano-dollars
        for a million tokens (`cacheRead`, `cacheWrite`, `longCacheWrite` too, if they differ): no model is free by
        mistake.

        A key never stands in the file: `config show` says where it lies. A provider whose key cannot be read is left
        out, said in the log, and found by `meshnode doctor`; the hub runs. Several providers with the same model are
        asked in their order. The sections count from the next start; SIGHUP does not take them over.


        """

    private static let operation = """
        ## Signals

        | signal | what the node does |
        |---|---|
        | SIGTERM, SIGINT | Leaves in order, a hub letting end what is under way; the second ends it at once. |
        | SIGHUP | Reads its configuration and its certificates again. |

        A node that was told to stop and has not ended within `hub.drainPatience` and five seconds more, as where its
        disk hangs, is ended as it is: nothing that was acknowledged is lost by that.

        Where the environment has `MESHNODE_ENDS_WITH`, the number of the process that has started the node, the node is
        killed when that process ends, however it does: clusters of one machine leave nothing behind by it.

        ## The data folder

        | path | what it is |
        |---|---|
        | `format` | The role and the version of the folder; one of another version or role is refused. |
        | `lock` | Locked by the process that has the folder, whose number it holds; a second process is refused. |
        | `ca/`, `hub-key.pem`, `store/` | A hub's: the authority of the mesh, its own key, what its actors remember. |
        | `current`, `v1/`, `node.pem` … | An edge's: its certificate and key, as enrolment and renewals write them. |
        | `maps/` | An edge's: what placeholders stand for, encrypted by the key in `edge.privacyKey`, which lies elsewhere. |
        | `store/` | An edge's: its sessions, redacted, and the questions that wait for a hub. |

        It is made with mode 700. A folder of another owner, one that others may write to, and one with a key that
        others may read are refused. A hub whose store is there without its authority is refused too: a new authority
        would shut out every edge.

        ## systemd

        `scripts/meshnode-hub.service` runs a hub, `scripts/meshnode@.service` any node by the name of its file of
        settings. Both are told when the node is ready (`Type=notify`), and `systemctl reload` sends SIGHUP.

        """
}
