import Foundation
import MeshCommandLine
import Testing

/// An installed shell that has read a completion script, and can be asked what it would offer.
enum Shell: String, CaseIterable, CustomTestStringConvertible {
    case bash
    case zsh
    case fish

    struct Failure: Error {
        let status: Int32
        let output: String
    }

    var testDescription: String { rawValue }

    private var executable: String {
        switch self {
        case .bash: "/bin/bash"
        case .zsh: "/usr/bin/zsh"
        case .fish: "/usr/bin/fish"
        }
    }

    /// What the shell offers for each line with the cursor at its end, sorted.
    ///
    /// The slash that some shells put behind a folder is left out. `files` exist in the working folder.
    func offers(for lines: [String], of program: Program, files: [String] = []) async throws -> [[String]] {
        let script = await Transcript.of(program, "completions \(rawValue)").output
        return try Folder.withTemporary { folder in
            for file in files {
                try folder.add(file)
            }
            try folder.add(".script", contents: script)
            try folder.add(".driver", contents: driver)
            try folder.add(".editor", contents: Shell.zshEditor)
            let output = try run([".driver"] + lines, in: folder)
            return output.split(separator: "=\n", omittingEmptySubsequences: false).dropLast().map { offers in
                let words = offers.split(separator: "\n").map { $0.hasSuffix("/") ? $0.dropLast() : $0 }
                return Set(words.map(String.init)).sorted()
            }
        }
    }

    /// What the shell says of the script's syntax; nothing if it is sound.
    func complaints(about program: Program) async throws -> String {
        let script = await Transcript.of(program, "completions \(rawValue)").output
        return try Folder.withTemporary { folder in
            try folder.add(".script", contents: script)
            return try run(["-n", ".script"], in: folder)
        }
    }

    private func run(_ arguments: [String], in folder: Folder) throws -> String {
        let process = Process()
        let output = Pipe()
        // `timeout` bounds a shell that waits for somebody to type.
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["8", executable] + arguments
        process.currentDirectoryURL = folder.url
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.url.path(), "TERM": "dumb"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(status: process.terminationStatus, output: text)
        }
        return text
    }

    /// Reads `.script`, completes every argument, and prints one offer a line and a line `=` behind each argument's.
    private var driver: String {
        switch self {
        case .bash:
            // As readline does, but for quoting: = parts words of its own, and a trailing blank begins an empty word.
            """
            source ./.script
            complete -p garden > /dev/null || exit 1
            for line in "$@"; do
                COMP_WORDS=(${line//=/ = })
                [[ $line != *' ' ]] || COMP_WORDS+=('')
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _garden
                [[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
                echo =
            done
            """
        case .fish:
            """
            source ./.script
            for line in $argv
                complete --do-complete $line | string replace -r '\\t.*' '' | string replace -r '^--.*=' ''
                echo =
            end
            """
        case .zsh:
            // A real line editor in a pseudo-terminal: each control-G completes one argument and records the offers.
            """
            zmodload zsh/zpty
            zpty editor "zsh -f -i -s ${(j: :)${(q)@}}"
            zpty -w editor 'source ./.editor'
            zpty -r editor seen '*READY*'
            for line in "$@"; do
                zpty -w -n editor $'\\C-G'
                zpty -r editor seen '*DONE*'
            done
            zpty -d editor
            cat .offers
            """
        }
    }

    private static let zshEditor = """
        autoload -Uz compinit && compinit -D -u
        source ./.script
        setopt no_auto_menu
        lines=("$@")
        compadd() {
            local -a offers
            builtin compadd -O offers "$@"
            [[ $#offers == 0 ]] || print -rl -- $offers >> .offers
            builtin compadd "$@"
        }
        answer() {
            BUFFER=$lines[1]
            CURSOR=$#BUFFER
            shift lines
            zle complete-word
            print = >> .offers
            print DONE
        }
        zle -N answer
        bindkey '^G' answer
        print READY
        """
}

/// A folder that lasts as long as a closure.
struct Folder {
    let url: URL

    static func withTemporary<Result>(_ body: (Folder) throws -> Result) throws -> Result {
        let name = "command-line-tests-\(UUID().uuidString)"
        let url = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(Folder(url: url))
    }

    /// Adds a file, or a folder if the name ends in a slash.
    func add(_ name: String, contents: String = "") throws {
        let target = url.appending(path: name)
        if name.hasSuffix("/") {
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        } else {
            try contents.write(to: target, atomically: false, encoding: .utf8)
        }
    }
}
