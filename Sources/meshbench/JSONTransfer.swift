internal import MeshTestKit

/// The sample record as Foundation's JSON sees it: the same six fields with the conformance that its users write.
struct JSONTransfer: Codable {
    struct Leg: Codable {
        let account: String
        let amount: Int64
    }

    let id: String
    let sequence: Int64
    let rate: Double
    let memo: String?
    let weights: [Double]
    let legs: [Leg]

    init(_ transfer: SampleTransfer) {
        id = transfer.id
        sequence = transfer.sequence
        rate = transfer.rate
        memo = transfer.memo
        weights = transfer.weights
        legs = transfer.legs.map { Leg(account: $0.account, amount: $0.amount) }
    }
}
