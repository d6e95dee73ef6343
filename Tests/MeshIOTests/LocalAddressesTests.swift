import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The addresses of this machine` {
    private static func entry(_ number: Int) throws -> AddressBook.Entry {
        let bytes: [UInt8] = [10, 0, UInt8(number >> 8), UInt8(number & 0xFF)]
        return AddressBook.Entry(address: try #require(IPAddress(bytes: bytes)), link: 1)
    }

    private static func isChange(_ book: inout AddressBook, _ message: AddressBook.Message) -> Bool {
        book.apply(message)
    }

    @Test func `have changed when one comes or goes, and not when it is told again`() throws {
        var book = AddressBook()
        let (known, new) = (try Self.entry(1), try Self.entry(2))
        #expect(!Self.isChange(&book, .present(known, isUsable: true, isKnown: true)))
        #expect(!Self.isChange(&book, .present(known, isUsable: true, isKnown: false)))
        #expect(!Self.isChange(&book, .present(new, isUsable: false, isKnown: false)))
        #expect(Self.isChange(&book, .present(new, isUsable: true, isKnown: false)))
        #expect(!Self.isChange(&book, .present(new, isUsable: true, isKnown: false)))
        #expect(Self.isChange(&book, .present(new, isUsable: false, isKnown: false)))
        #expect(!Self.isChange(&book, .gone(new)))
        #expect(Self.isChange(&book, .gone(known)))
        #expect(Self.isChange(&book, .route))
        #expect(!Self.isChange(&book, .present(known, isUsable: true, isKnown: true)))
        book.forget()
        #expect(!Self.isChange(&book, .present(known, isUsable: true, isKnown: true)))
        #expect(Self.isChange(&book, .gone(known)))
    }

    @Test func `change with every message where there are too many to remember`() throws {
        var book = AddressBook()
        for number in 0..<Limits.Names.maximumLocalAddresses {
            let entry = try Self.entry(number)
            #expect(Self.isChange(&book, .present(entry, isUsable: true, isKnown: false)))
        }
        let further = try Self.entry(Limits.Names.maximumLocalAddresses)
        #expect(Self.isChange(&book, .present(further, isUsable: true, isKnown: false)))
        #expect(Self.isChange(&book, .present(further, isUsable: true, isKnown: false)))
        #expect(Self.isChange(&book, .gone(further)))
    }

    @Test func `are watched until that is ended, and nobody waits longer than its task`() async throws {
        try await withLoop { loop in
            let addresses = try await LocalAddresses.watch(on: loop)
            let waiting = Task { await addresses.nextChange() }
            waiting.cancel()
            await waiting.value
            addresses.close()
            addresses.close()
            #expect(Limits.Names.changesCollected < .seconds(1))
        }
    }
}
