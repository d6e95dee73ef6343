import MeshCore
import MeshIdentity
import Testing

@Suite("The text of an API key")
struct APIKeyTests {
    private func key(_ seed: UInt64 = 1) -> APIKey {
        var generator = SeededGenerator(seed: seed)
        return APIKey(KeyID(using: &generator), using: &generator)
    }

    @Test("says its id, and comes back with the same secret", arguments: UInt64(1)...50)
    func roundTrip(seed: UInt64) throws {
        let key = key(seed)
        let text = key.text
        #expect(text.utf8.count == APIKey.characters)
        #expect(text.hasPrefix("\(APIKey.prefix)\(key.id.text)_"))
        let again = try APIKey(text)
        #expect(again.id == key.id && again.digest == key.digest && again.text == text)
        #expect(APIKey.secretBytes * 8 >= 160)
    }

    @Test("shows every character that was typed wrong", arguments: UInt64(1)...4)
    func wrongCharacter(seed: UInt64) {
        let text = Array(key(seed).text.utf8)
        for place in text.indices {
            for other in "0123456789abcdefghijklmnopqrstuvwxyzAZ_- " where other.asciiValue != text[place] {
                var wrong = text
                wrong[place] = other.asciiValue ?? 0
                #expect(throws: APIKeyError.self) { try APIKey(String(decoding: wrong, as: UTF8.self)) }
            }
        }
    }

    @Test("shows neighbours that changed places, and what is missing or too much")
    func swapped() {
        let text = Array(key().text.utf8)
        for place in text.indices.dropLast() where text[place] != text[place + 1] {
            var wrong = text
            wrong.swapAt(place, place + 1)
            #expect(throws: APIKeyError.self) { try APIKey(String(decoding: wrong, as: UTF8.self)) }
        }
        for count in 0..<text.count {
            #expect(throws: APIKeyError.self) { try APIKey(String(decoding: text.prefix(count), as: UTF8.self)) }
        }
        for more in [" ", "\n", "0", "ä"] {
            #expect(throws: APIKeyError.self) { try APIKey(String(decoding: text, as: UTF8.self) + more) }
        }
    }

    @Test("is never in words about it, in no dump and no error")
    func isSilent() {
        let key = key()
        let secret = key.text.suffix(47)
        var dumped = ""
        dump(key, to: &dumped)
        for words in ["\(key)", String(reflecting: key), dumped] { #expect(!words.contains(secret)) }
        #expect(dumped.contains("an API key"))
        let error = #expect(throws: APIKeyError.self) { try APIKey(key.text + "x") }
        #expect(!String(describing: error).contains(secret))
    }

    @Test("An id has one spelling")
    func id() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<100 {
            let id = KeyID(using: &generator)
            #expect(KeyID(id.text) == id)
        }
        for wrong in ["", "1234567", "123456789", "1234567u", "1234567A", "12 45678", "1234567ä"] {
            #expect(KeyID(wrong) == nil)
        }
        #expect(try #require(KeyID("zzzzzzzz")) > #require(KeyID("00000000")))
    }

    @Test("Hashes are the same or not, wherever they differ")
    func digests() {
        let digest = SHA256.digest([1])
        #expect(digest.isSame(as: SHA256.digest([1])))
        for place in 0..<SHA256Digest.byteCount {
            var bytes = digest.bytes
            bytes[place] ^= 1
            #expect(!bytes.withUnsafeBytes { SHA256Digest($0) }.isSame(as: digest))
        }
    }
}
