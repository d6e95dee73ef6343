extension String {
    /// This text on one line, with nothing in it that moves the cursor or turns the writing direction.
    ///
    /// What came from a user, a file or a peer is shown on a terminal in this form only.
    package var printable: String {
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isUnprintable {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: properties.isBidiControl
        }
    }
}
