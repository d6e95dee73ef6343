internal import MeshTestKit

#if canImport(Glibc)
internal import Glibc
#endif

// Built with `-sanitize=fuzzer` (scripts/fuzz), libFuzzer brings the main function and calls the entry below; the
// environment names the target, because libFuzzer keeps the command line for itself. Built without, the program feeds
// files to a target: `meshfuzz TARGET FILE...` shows what one input does under a debugger.
private func complain(_ line: String) {
    let bytes = Array(line.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

#if FUZZING

private let target: FuzzTarget = {
    let name = getenv("MESHFUZZ_TARGET").map { String(cString: $0) } ?? ""
    if name == "planted" { return planted }
    guard let target = FuzzTarget.named(name) else {
        complain("MESHFUZZ_TARGET must be one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))\n")
        exit(2)
    }
    return target
}()

/// A fault that only a fuzzer with eyes finds: a blind one needs four billion guesses.
private let planted = FuzzTarget(name: "planted") { input in
    let secret = Array("mesh".utf8)
    for (index, byte) in secret.enumerated() where index >= input.count || input[index] != byte { return }
    preconditionFailure("found")
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    target.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

#else

@main
enum Meshfuzz {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let usage = "usage: meshfuzz \(FuzzTarget.all.map(\.name).joined(separator: "|")) FILE...\n"
        if arguments.first == "--help" || arguments.first == "-h" {
            print("Feeds files to a decoder, as the fuzzer does.\n\n\(usage)", terminator: "")
            return
        }
        guard arguments.count > 1, let name = arguments.first, let target = FuzzTarget.named(name) else {
            complain(usage)
            exit(2)
        }
        for path in arguments.dropFirst() {
            guard let bytes = RepositoryFile.bytes(path) else {
                complain("meshfuzz: cannot read \(path): \(String(cString: strerror(errno)))\n")
                exit(1)
            }
            bytes.withUnsafeBytes { target.run($0) }
            print("\(path): \(bytes.count) bytes, no promise broken")
        }
    }
}

#endif
