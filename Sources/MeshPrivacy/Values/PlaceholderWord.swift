/// The word that a placeholder begins with, and by which a model knows what it stands for.
///
/// These twelve are what the tiny model was trained to copy; each is one of its tokens.
enum PlaceholderWord: UInt8, Hashable, Sendable, CaseIterable {
    case person, email, phone, address, card, iban, ip, date, id, url, secret, org

    /// In capitals, without the mark behind it.
    var text: StaticString {
        switch self {
        case .person: "PERSON"
        case .email: "EMAIL"
        case .phone: "PHONE"
        case .address: "ADDRESS"
        case .card: "CARD"
        case .iban: "IBAN"
        case .ip: "IP"
        case .date: "DATE"
        case .id: "ID"
        case .url: "URL"
        case .secret: "SECRET"
        case .org: "ORG"
        }
    }

    /// Those that begin with this capital, none of which begins with another of them and a mark.
    static func beginning(with capital: UInt8) -> [PlaceholderWord] {
        switch capital {
        case UInt8(ascii: "P"): [.person, .phone]
        case UInt8(ascii: "E"): [.email]
        case UInt8(ascii: "A"): [.address]
        case UInt8(ascii: "C"): [.card]
        case UInt8(ascii: "I"): [.iban, .ip, .id]
        case UInt8(ascii: "D"): [.date]
        case UInt8(ascii: "U"): [.url]
        case UInt8(ascii: "S"): [.secret]
        case UInt8(ascii: "O"): [.org]
        default: []
        }
    }
}
