package import MeshCore

/// How far a request had come.
package enum RequestProgress: Int, Comparable, Hashable, Sendable {
    /// It waited for a place among the connections.
    case waiting
    /// A connection was being made.
    case connecting
    /// It was sent, or part of it.
    case sent
    /// The head of the answer was there.
    case answering

    package static func < (left: RequestProgress, right: RequestProgress) -> Bool { left.rawValue < right.rawValue }
}

/// What lies behind an error of the client: how far the request had come, and what the library said.
package struct ClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// How far the request had come.
    package let progress: RequestProgress

    /// The number by which libcurl calls the failure; nil where it is ours.
    package let libraryCode: UInt32?

    /// Whether the machine was reached, and nobody listens at the port.
    package let isNobodyThere: Bool

    /// A failure at this point.
    package init(progress: RequestProgress, libraryCode: UInt32? = nil, isNobodyThere: Bool = false) {
        self.progress = progress
        self.libraryCode = libraryCode
        self.isNobodyThere = isNobodyThere
    }

    /// For logs.
    package var description: String {
        "the request was \(progress)" + (libraryCode.map { ", libcurl says \($0)" } ?? "")
    }
}

extension MeshError<HTTPErrorCode> {
    /// How far the request had come that failed with this; nil for what no request of ours failed with.
    package var progress: RequestProgress? { (cause as? ClientFailure)?.progress }

    /// Whether nothing of the request has left this machine, so that sending it again cannot do anything twice.
    ///
    /// False means that nobody knows: a caller that would pay twice does not try again.
    package var isSurelyNotSent: Bool { progress.map { $0 < .sent } ?? false }
}
