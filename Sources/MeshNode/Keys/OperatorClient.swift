internal import Glibc
internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO
internal import MeshIdentity

/// Asks the hub that runs on a folder what only its operators may.
struct OperatorClient: Sendable {
    private let file: OperatorFile
    private let folder: String
    private let client: HTTPClient

    /// Runs `body` with a client of the hub on `folder`, and ends it behind it.
    static func run<Value: Sendable>(
        on folder: String,
        _ body: @Sendable (OperatorClient) async throws(OperatorError) -> Value
    ) async throws(OperatorError) -> Value {
        let file = try find(folder)
        let loop: EventLoop
        do throws(IOError) { loop = try EventLoop.start(name: "operator") } catch {
            throw OperatorError(.failed, "this machine has no room: \(error.message)", cause: error)
        }
        defer { loop.stop() }
        let client: HTTPClient
        do throws(HTTPError) { client = try await HTTPClient(loop: loop) } catch {
            throw OperatorError(.failed, error.message, cause: error)
        }
        let outcome: Result<Value, OperatorError>
        do throws(OperatorError) {
            outcome = .success(try await body(OperatorClient(file: file, folder: folder, client: client)))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        return try outcome.get()
    }

    /// What lies in the folder; every way in which no hub runs there is one sentence.
    private static func find(_ folder: String) throws(OperatorError) -> OperatorFile {
        if (try? NodeFolder.checkFormat(folder, NodeRole.edge.rawValue)) == true {
            throw OperatorError(
                .refused,
                "'\(folder)' is an edge's folder, and keys are its hub's: run this on the hub's machine (--data FOLDER)"
            )
        }
        do throws(OperatorFileError) {
            return try OperatorFile(readingFrom: folder)
        } catch {
            guard error.code == .missing else { throw OperatorError(.failed, error.message, cause: error) }
            throw notRunning(folder)
        }
    }

    private static func notRunning(_ folder: String) -> OperatorError {
        OperatorError(
            .notRunning,
            "no hub runs on the folder '\(folder)': start it (meshnode --role hub --data '\(folder)'), or name the "
                + "folder of the one that does (--data FOLDER)"
        )
    }

    /// Asks `method` of `target`.
    func ask<Document: APIDocument>(
        _ method: HTTPMethod,
        _ target: String,
        body: [UInt8]? = nil,
        as _: Document.Type
    ) async throws(OperatorError) -> Document {
        guard let url = try? ClientURL(file.url + target) else {
            throw OperatorError(.failed, "'\(folder)/\(OperatorFile.name)' names no place")
        }
        var fields: HTTPFields = [.accept: "application/json", .authorization: "Bearer \(file.secret)"]
        if body != nil { fields.append(.contentType, "application/json") }
        var request = ClientRequest(method, url, fields: fields, body: body.map { .bytes($0) } ?? .empty)
        let patience = Limits.Operators.answerPatience
        request.timeouts = ClientTimeouts(connect: .seconds(5), firstByte: patience, whole: patience)
        let (status, bytes): (HTTPStatus, [UInt8])
        do throws(HTTPError) {
            let response = try await client.send(request)
            status = response.status
            bytes = try await response.body.collect(upTo: Limits.API.maximumDocumentBytes)
        } catch {
            // What a crash has left leads nowhere.
            if error.code == .unreachable { throw Self.notRunning(folder) }
            throw OperatorError(.failed, "the hub has not answered: \(error.message)", cause: error)
        }
        guard (200...299).contains(status.code) else { throw refusal(status, bytes) }
        do throws(APIError) { return try Document(bytes: bytes) } catch {
            throw OperatorError(.failed, "the hub's answer cannot be understood: \(error.message)", cause: error)
        }
    }

    private func refusal(_ status: HTTPStatus, _ bytes: [UInt8]) -> OperatorError {
        // Another process has the port of a hub that has crashed.
        guard status != .unauthorized, let document = try? ErrorDocument(bytes: bytes) else {
            return Self.notRunning(folder)
        }
        return OperatorError(document.code == "not_now" ? .failed : .refused, document.message)
    }
}

extension OperatorClient {
    /// All keys, page by page, of one tenant or of all.
    func keys(of tenant: TenantID?) async throws(OperatorError) -> (keys: [KeyDocument], hasMore: Bool) {
        var keys: [KeyDocument] = []
        var after: String?
        for _ in 0..<Limits.Operators.maximumPages {
            let query = [tenant.map { "tenant=\($0.text)" }, after.map { "after=\($0)" }].compactMap { $0 }
            let target = APIPath.keys + (query.isEmpty ? "" : "?\(query.joined(separator: "&"))")
            let page = try await ask(.get, target, as: KeysDocument.self)
            keys += page.keys
            after = page.next
            if after == nil { return (keys, false) }
        }
        return (keys, true)
    }
}

/// Why a command for operators came to nothing.
enum OperatorErrorCode: String, ErrorCode {
    static let domain = "operator"

    /// No hub runs on the folder.
    case notRunning
    /// It says no.
    case refused
    /// It could not be asked, or not be understood.
    case failed
}

/// An error of a command for operators.
typealias OperatorError = MeshError<OperatorErrorCode>
