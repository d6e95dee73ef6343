import MeshPrivacy
import Testing

/// What each rule finds, by table, and what it leaves alone.
@Suite struct `Finding personal data` {
    @Test(arguments: [
        "anna@example.org", "a.b+c@mail.example.co.uk", "o'brien@example.ie", "jürgen@müller.de",
        "x_y-z@sub.example.museum", String(repeating: "long.name-", count: 12) + "x@example.org", "anna＠example.org",
    ])
    func `e-mail addresses`(address: String) throws {
        #expect(try PrivacyGround.found("Write to <\(address)>.") == [.init(.email, address)])
    }

    @Test(arguments: ["@anna", "a@b", "anna@", "user@host:22", "@@@@", "import a@2.0"])
    func `what is no e-mail address`(text: String) throws {
        #expect(try PrivacyGround.found(text).isEmpty)
    }

    @Test(arguments: [
        "+49 30 1234567", "+49(0)3915 00080", "+33 (0)1 41 63 60 83", "+34920000806", "+48 883 915 000",
        "0049 30 1234567",
        "001-258-968-3449x7869", "(555) 123-4567", "555.123.4567", "565.270.7049x99622", "(05178) 12865", "03607 59838",
        "04 15 39 15 00", "06-12345678", "08-915 000 80", "(0191) 496 0377",
    ])
    func `phone numbers that need no cue`(number: String) throws {
        #expect(try PrivacyGround.found("It was \(number), I think.") == [.init(.phone, number)])
    }

    @Test(arguments: [
        ("Call me at", "5468563414"), ("Telefon:", "0360837783"), ("Tel.", "341391500"), ("Appelez le", "0232781286"),
        ("mój numer telefonu to", "727 783 533"), ("Llámame al", "912 345 678"), ("bel", "0612345678"),
        ("My number is", "6059833868"),
    ])
    func `phone numbers behind a cue`(cue: String, number: String) throws {
        #expect(try PrivacyGround.found("\(cue) \(number).") == [.init(.phone, number)])
        #expect(try PrivacyGround.found("The sum is \(number).").isEmpty)
    }

    @Test(arguments: [
        "203.0.113.9", "10.1.2.3", "2445:2ecf:34ec:f2ed:e4cd:6076:2055:2f5f", "fe80::1ff:fe23:4567:890a", "2001:db8::1",
        "::ffff:192.0.2.128",
    ])
    func `addresses of machines`(address: String) throws {
        let begun = address.hasPrefix(":") ? [] : ["ip:\(address)", "ip:\(address): denied"]
        for text in ["\(address): Permission denied", "src=\(address):"] + begun {
            #expect(try PrivacyGround.found(text) == [.init(.ip, address)], "\(text)")
        }
        #expect(try PrivacyGround.found("It came from \(address).") == [.init(.ip, address)])
    }

    @Test(arguments: ["6e:10:a1:69:5b:99", "6E-10-A1-69-5B-99", "6e10.a169.5b99"])
    func `addresses of network cards`(address: String) throws {
        for text in ["\(address): link up", "MAC:\(address)", "mac:\(address): a", "\(address): add"] {
            #expect(try PrivacyGround.found(text) == [.init(.mac, address)], "\(text)")
        }
        #expect(try PrivacyGround.found("The card \(address) answered.") == [.init(.mac, address)])
    }

    @Test(arguments: [
        "https://anna:geheim@example.org/a?b=c", "postgres://app:s3cret@db.internal:5432/main", "ftp://u:p@192.0.2.1/",
        "postgres://admin:s3cr{t@db.example.com/x", "https://user:pässwort@intranet/", "https://u:a|b`c}d\\e@h.de/x",
    ])
    func `addresses in the web that carry a password`(address: String) throws {
        #expect(try PrivacyGround.found("See \(address).") == [.init(.url, address)])
    }

    @Test(arguments: [
        ("born on", "12 March 1980"), ("DOB:", "03/12/1980"), ("geboren am", "12.03.1980"),
        ("geboren am", "12. März 1980"),
        ("né le", "12/03/1980"), ("fecha de nacimiento:", "12 de marzo de 1980"), ("nata il", "12-03-1980"),
        ("data urodzenia", "1980-03-12"), ("geboren op", "12 maart 1980"), ("birthday is", "March 12, 1980"),
        ("date_of_birth:", "19800312"),
    ])
    func `dates of birth, behind a cue alone`(cue: String, date: String) throws {
        #expect(try PrivacyGround.found("She is \(cue) \(date).") == [.init(.birthDate, date)])
        #expect(try PrivacyGround.found("The meeting is on \(date).").isEmpty)
    }

    @Test(arguments: [
        "4269 Anderson Street\nSpringfield, NH 22982", "Geißlerallee 6\n51396 Niesky", "12 rue de la Paix, 75002 Paris",
        "Calle de Atocha 24, 28012 Madrid", "Via Garibaldi 36, 20121 Milano", "Keizersgracht 148\n1015 CX Amsterdam",
        "ul. Pogodna 70\n97-774 Tczew", "Flat 7\n8 Carol Road\nLeeds\nLS1 4AP",
    ])
    func `postal addresses`(address: String) throws {
        #expect(try PrivacyGround.found("My address is \(address)") == [.init(.address, address)])
        #expect(try PrivacyGround.found(.address, in: "Then \(address)") == [address], "without a cue")
    }

    @Test(arguments: [
        ("My name is Zbyszko Brzeczek.", "Zbyszko Brzeczek"), ("Dear Mrs. Okonkwo, thanks", "Okonkwo"),
        ("Sehr geehrte Frau Dr. von Hohenfels, danke", "von Hohenfels"), ("Je m'appelle Aïssatou Bâ.", "Aïssatou Bâ"),
        ("Me llamo Íñigo Arístegui Peña.", "Íñigo Arístegui Peña"),
        ("Mijn naam is Kim van 't Riet.", "Kim van 't Riet"),
        ("Nazywam się Święcisława Żak.", "Święcisława Żak"), ("Patient: J. R. Hartwell-Moss", "J. R. Hartwell-Moss"),
        ("my name is anna smith", "anna smith"), ("\"last_name\": \"Xhaferi\"", "Xhaferi"),
        ("Ask Sabine about it.", "Sabine"),
        ("We met Anna Kowalski's brother", "Anna Kowalski"), ("Kind regards,\nOluwaseun", "Oluwaseun"),
    ])
    func `names`(text: String, name: String) throws {
        #expect(try PrivacyGround.found(text) == [.init(.person, name)])
    }

    @Test(arguments: [
        "Dear Sir or Madam, I would like to cancel.", "I am Happy", "Paris is in France, Austin in Texas.",
        "Will you mark the May report?", "Main Street was closed.", "Upgrade to version 1.2.3.4 now.",
        "std::vector<int> a(10); dead::beef", "at 12:30:45 on 2024-01-01", "127.0.0.1:8080 and 0.0.0.0",
        "Order 5468563414, invoice 1234567890", "ISBN 978-3-16-148410-0", "How do I reset my password?",
        "token = get_token(name)", "def f(pwd=None):", "Use port 8080 of the bridge.",
        "Best regards from the whole team!",
        "123e4567-e89b-12d3-a456-426614174000", "EMAIL_ADDRESS = os.environ['EMAIL_ADDRESS']",
        "1,234,567.89 and 3.14159",
        "Sehr geehrte Damen und Herren", "Der Weg 3 führt zum See.", "",
    ])
    func `what is nobody's`(text: String) throws {
        #expect(try PrivacyGround.found(text).isEmpty)
    }

    @Test func `a user's own terms are found in any case, as words of their own`() throws {
        let terms = try OwnTerms([.init("Project Nightjar"), .init("Göksu", kind: .person)])
        let found = try PrivacyGround.found("project NIGHTJAR by GÖKSU; nightjars sing.", terms: terms)
        #expect(found == [.init(.organisation, "project NIGHTJAR"), .init(.person, "GÖKSU")])
    }

    @Test func `pieces that overlap become one, of the kind that says most`() throws {
        let terms = try OwnTerms([.init("anna")])
        #expect(try PrivacyGround.found("anna@example.org", terms: terms) == [.init(.organisation, "anna@example.org")])
        #expect(
            try PrivacyGround.found("https://u:4111111111111111@h.de") == [
                .init(.url, "https://u:4111111111111111@h.de")
            ]
        )
        #expect(try PrivacyGround.found("password: anna@example.org1") == [.init(.secret, "anna@example.org1")])
    }
}
