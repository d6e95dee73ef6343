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

    /// This text with its line ends and tabs, and nothing else in it that moves the cursor: an answer for a terminal.
    ///
    /// A text that comes in pieces may be shown piece by piece.
    package var printableLines: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n", "\t": result.unicodeScalars.append(scalar)
            // Before a line end it means nothing, and anywhere else it would hide what stands there.
            case "\r": continue
            default: result += scalar.isUnprintable ? scalar.escaped(asASCII: true) : String(scalar)
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
