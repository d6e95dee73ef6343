package import MeshCommandLine
package import MeshCore

/// One line of the table of settings: everything about a setting but the type of its value.
///
/// The command line, the file, the environment, `config show`, the template and the reference are all made from it.
package struct SettingRow: Sendable {
    /// Where it stands in the file, and what people call it: `hub.listen`.
    package let path: String
    /// Its name on the command line, without the dashes.
    package let flag: String
    /// Whose it is.
    package let roles: [NodeRole]
    /// What holds where nobody has said anything.
    package let standard: SettingDefault
    /// What it is about, in a sentence.
    package let summary: String
    /// How it is written.
    package let shape: Shape
    /// Ends the sentence "expected …", for one value.
    package let expected: String
    /// How the command line is asked for it.
    package let option: Option<[String]>
    /// Makes the value of its words.
    let read: @Sendable ([String]) throws(InvalidValue) -> any Sendable

    /// How a setting is written.
    package struct Shape: Hashable, Sendable {
        /// Whether it has any number of values.
        package let isList: Bool
        /// What a file has for one value.
        package let form: Form
        /// Whether it is shown to nobody.
        package let isSecret: Bool
        /// Whether a node that runs takes another value over.
        package let isReloadable: Bool
    }

    /// What a file has for one value.
    package enum Form: String, Hashable, Sendable {
        case text
        case number
        case truth

        static func of<Value>(_: Value.Type) -> Form {
            if Value.self == Int.self { return .number }
            return Value.self == Bool.self ? .truth : .text
        }

        /// With its article, for people.
        package var words: String {
            switch self {
            case .text: "text"
            case .number: "a number"
            case .truth: "true or false"
            }
        }
    }

    init<Checked: Sendable, Value: Sendable>(
        _ path: String,
        flag: String,
        _ valueName: String?,
        _ syntax: ValueSyntax<Checked>,
        _ shape: Shape,
        _ standard: SettingDefault,
        _ roles: [NodeRole],
        _ summary: String,
        read: @escaping @Sendable ([String]) throws(InvalidValue) -> Value
    ) {
        self.path = path
        self.flag = flag
        self.roles = roles
        self.standard = standard
        self.summary = summary
        self.shape = shape
        expected = syntax.expected
        option = Option(
            flag,
            valueName: valueName,
            checkedAs: syntax,
            isRepeatable: shape.isList,
            defaultText: standard.text.isEmpty ? nil : standard.text,
            group: roles.count == 1 ? roles[0].rawValue : nil,
            summary
        )
        self.read = { words throws(InvalidValue) in try read(words) }
    }

    /// The environment variable: `hub.enrolListen` is `MESHNODE_HUB_ENROL_LISTEN`.
    package var variable: String {
        path.reduce(into: "MESHNODE_") { name, letter in
            if letter == "." {
                name += "_"
            } else {
                if letter.isUppercase { name += "_" }
                name += letter.uppercased()
            }
        }
    }

    /// The names from the root of the file.
    package var steps: [String] { path.split(separator: ".").map(String.init) }

    /// What it takes, for people: `a list, each …`.
    package var taken: String { shape.isList ? "a list, each of it \(expected)" : expected }
}
