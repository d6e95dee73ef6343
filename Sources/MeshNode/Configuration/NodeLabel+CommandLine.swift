package import MeshCommandLine
package import MeshCore

extension NodeLabel: CommandLineValue {
    /// A name and what it says.
    package static var commandLineSyntax: ValueSyntax<NodeLabel> {
        ValueSyntax(
            valueName: "NAME=VALUE",
            expected: "a name, '=' and a value of letters, digits, '-', '_' and '.', such as site=berlin"
        ) { try? NodeLabel($0) }
    }
}
