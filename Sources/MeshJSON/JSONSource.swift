internal import MeshCore

/// A file of JSON5 that a person has written: what it says, and where it says what.
package struct JSONSource: Sendable {
    /// What to call the file.
    package let path: String
    private let bytes: [UInt8]

    /// The bytes of the file at `path`.
    package init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// The object that the file holds; the error says what else there is.
    package func object() throws(JSONMistake) -> JSONObject {
        let document: JSONValue
        do throws(JSONError) { document = try JSONReader.read(bytes, as: .json5) } catch { throw mistake(error) }
        guard let object = document.object else {
            throw JSONMistake(place: path, message: "it holds \(document.kind) in place of an object { … }")
        }
        return object
    }

    /// Where the value at `steps` stands; nil where there is none.
    package func position(of steps: [JSONStep]) -> JSONPosition? {
        JSONReader.position(of: steps, in: bytes, as: .json5)
    }

    /// `message` about the value at `steps`.
    package func mistake(at steps: [JSONStep], _ message: String) -> JSONMistake {
        let position = position(of: steps)
        let place = position.map { "\(path):\($0.line):\($0.column)" } ?? path
        return JSONMistake(place: place, message: message, position: position)
    }

    /// The reader says places in words, `line 3, column 7: …`; editors understand `file:3:7: …`.
    private func mistake(_ error: JSONError) -> JSONMistake {
        let parts = error.message.split(separator: ": ", maxSplits: 1).map(String.init)
        let numbers = parts[0].split { !$0.isNumber }.map(String.init)
        guard parts.count == 2, parts[0].hasPrefix("line "), numbers.count == 2 else {
            return JSONMistake(place: path, message: error.message)
        }
        return JSONMistake(place: "\(path):\(numbers[0]):\(numbers[1])", message: parts[1])
    }
}
