/// What sort of personal data a piece of text is.
///
/// The raw value is the word in settings, reports and errors.
package enum PersonalKind: String, Hashable, Sendable, CaseIterable {
    /// Somebody's name.
    case person
    /// An e-mail address.
    case email
    /// A number that somebody is called by.
    case phone
    /// Where somebody lives or gets letters.
    case address
    /// The number of a payment card.
    case card
    /// An account at a bank.
    case iban
    /// An address of a machine in a network, IPv4 or IPv6.
    case ip
    /// The address that a network card was made with.
    case mac
    /// A day of birth.
    case birthDate = "birth-date"
    /// A number that a state, an insurance or an employer tells somebody apart by.
    case nationalID = "national-id"
    /// An address in the web that carries a password.
    case url
    /// A key, a password, or whatever else opens something.
    case secret
    /// An organisation; only the user's own terms are of this kind.
    case organisation

    /// For sentences: "an e-mail address".
    package var noun: String {
        switch self {
        case .person: "a name"
        case .email: "an e-mail address"
        case .phone: "a phone number"
        case .address: "a postal address"
        case .card: "a card number"
        case .iban: "an account number"
        case .ip: "an IP address"
        case .mac: "a hardware address"
        case .birthDate: "a date of birth"
        case .nationalID: "a personal number"
        case .url: "an address with a password"
        case .secret: "a secret"
        case .organisation: "an organisation"
        }
    }

    /// With which word its placeholders begin.
    ///
    /// Two kinds may share one; what stands behind the word tells them apart.
    var word: PlaceholderWord {
        switch self {
        case .person: .person
        case .email: .email
        case .phone: .phone
        case .address: .address
        case .card: .card
        case .iban: .iban
        case .ip: .ip
        case .birthDate: .date
        case .mac, .nationalID: .id
        case .url: .url
        case .secret: .secret
        case .organisation: .org
        }
    }

    /// Its number in the wire form of a map, which never changes.
    var number: UInt64 {
        switch self {
        case .person: 0
        case .email: 1
        case .phone: 2
        case .address: 3
        case .card: 4
        case .iban: 5
        case .ip: 6
        case .mac: 7
        case .birthDate: 8
        case .nationalID: 9
        case .url: 10
        case .secret: 11
        case .organisation: 12
        }
    }

    init?(number: UInt64) {
        guard let kind = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = kind
    }
}
