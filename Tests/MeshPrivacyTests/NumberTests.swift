import MeshPrivacy
import Testing

/// Numbers with check digits, by table: the right one is found, the same with another digit is not.
@Suite struct `Numbers that are checked` {
    @Test(arguments: [
        "4111 1111 1111 1111", "4111111111111111", "5500-0055-5555-5559", "378282246310005", "3782 822463 10005",
        "6011111111111117", "30569309025904", "3530111333300000", "6304000000000000", "2223003122003222",
        "4222222222222", "639049576569", "060427087279", "6200000000000005", "180054283433513",
    ])
    func `cards are those whose brand and Luhn's sum are right`(card: String) throws {
        #expect(try PrivacyGround.found("It was \(card).") == [.init(.card, card)])
        let wrong = card.dropLast() + (card.hasSuffix("9") ? "8" : "9")
        #expect(try PrivacyGround.found(.card, in: "It was \(wrong).").isEmpty == (wrong != card))
    }

    @Test(arguments: [
        "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "NL91ABNA0417164300",
        "FR1420041010050500013M02606", "ES91 2100 0418 4502 0005 1332", "IT60X0542811101000000123456",
        "PL61109010140000071219812874", "CH93 0076 2011 6238 5295 7", "NO9386011117947", "BE68 5390 0754 7034",
        "MT84MALT011000012345MTLCAST001S", "de89370400440532013000",
    ])
    func `accounts are those of a country's length that are 1 modulo 97`(account: String) throws {
        #expect(try PrivacyGround.found("Pay to \(account), please") == [.init(.iban, account)])
        let last = account.last == "0" ? "1" : "0"
        #expect(try PrivacyGround.found(.iban, in: "Pay to \(account.dropLast())\(last), please").isEmpty)
        #expect(try PrivacyGround.found(.iban, in: "Pay to \(account)7, please").isEmpty)
    }

    /// A number, and the same with a wrong check digit, a wrong date or a range that is not given out.
    @Test(arguments: [
        ("219-09-9999", "000-09-9999"), ("219-09-9998", "666-12-3456"), ("912-70-1234", "912-00-1234"),
        ("AB123456C", "DB123456C"), ("AB 12 34 56 C", "GB 12 34 56 C"),
        ("86095742719", "86095742718"), ("15 070649 C 103", "15 071349 C 103"),
        ("269048002181757", "269048002181758"), ("2 69 04 80 021 817 57", "2 69 14 80 021 817 57"),
        ("12345678Z", "12345678A"), ("X1234567L", "X1234567M"), ("RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("44051401359", "44051401358"), ("529.982.247-25", "529.982.247-24"), ("811218-9876", "811218-9875"),
        ("131052-308T", "131052-308U"), ("756.9217.0769.85", "756.9217.0769.84"),
        ("85.07.30-033.28", "85.07.30-033.29"),
        ("2345 6789 0124", "2345 6789 0123"), ("19811218-9876", "19811218-9875"),
    ])
    func `national numbers are found, and not with another digit`(number: String, wrong: String) throws {
        #expect(try PrivacyGround.found(.nationalID, in: "It is \(number).") == [number])
        #expect(try PrivacyGround.found(.nationalID, in: "It is \(wrong).").isEmpty)
    }

    @Test(arguments: [
        ("BSN", "111222333", "111222334"), ("NHS number", "943 476 5919", "943 476 5918"), ("SIN", "046 454 286", ""),
        ("PPS number", "1234567T", ""), ("passport number", "C01X00T47", ""), ("SSN", "219099999", ""),
        ("driver's license", "D1234567", ""), ("numer paszportu", "ZS0000177", ""),
    ])
    func `numbers that others look like need a cue`(cue: String, number: String, wrong: String) throws {
        #expect(try PrivacyGround.found(.nationalID, in: "My \(cue) is \(number).") == [number])
        #expect(try PrivacyGround.found(.nationalID, in: "The sum was \(number).").isEmpty)
    }

    @Test func `a number inside a longer one is none`() throws {
        for text in ["x4111111111111111", "41111111111111112", "0.4111111111111111", "ADE89370400440532013000"] {
            #expect(try PrivacyGround.found(text).isEmpty, "\(text)")
        }
    }
}
