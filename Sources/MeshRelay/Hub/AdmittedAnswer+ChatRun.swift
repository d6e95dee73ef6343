package import MeshChat
package import MeshCore
internal import MeshGateway

/// What a hub's desk gives is what the gateway tells.
extension AdmittedAnswer: ChatRun {
    /// Its name in the table.
    package var model: String { choice.row.name }
    /// Our name for who answers.
    package var engine: String { choice.offer.engine }
    /// What was charged; before that, what has been used so far at the price of whoever answers.
    package var costSoFar: Money? { charge?.total ?? choice.price.cost(of: usageSoFar) }
}
