import MeshChat
import MeshCore
import MeshInference
import MeshJSON
import MeshTestKit
import Testing

@Suite("Templates and schemas before the library sees them")
struct EngineFormTests {
    @Test("A template is refused when it or one of its expressions is too long or too deep, and texts do not count")
    func templates() throws {
        func refused(_ template: String) -> Bool { (try? TemplateCheck.check(template)) == nil }
        func bracketed(_ depth: Int) -> String {
            "{{ " + String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth) + " }}"
        }
        #expect(!refused(bracketed(Limits.Inference.maximumExpressionDepth)))
        #expect(refused(bracketed(Limits.Inference.maximumExpressionDepth + 1)))
        let sum = String(repeating: "1+", count: Limits.Inference.maximumExpressionBytes / 2)
        #expect(refused("{% if " + sum + "1 %}{% endif %}"))
        #expect(!refused("{{ '" + sum + "\\'((((' }}{# " + sum + " #}" + sum))
        #expect(!refused(String(repeating: "{{ a }}", count: 10_000)))
        #expect(refused(String(repeating: " ", count: Limits.Inference.maximumTemplateBytes + 1)))
        // A brace that was opened inside does not end the expression, so what follows is part of it.
        #expect(refused("{{ {'a': {}} " + bracketed(70).dropFirst(3)))
        #expect(!refused("{{ {'a': {}} }}" + String(repeating: "(", count: 100)))
        for name in RepositoryFile.names(in: "Tests/Corpus/chat-template") where name == "hermes" || name == "chatml" {
            #expect(!refused(RepositoryFile.text("Tests/Corpus/chat-template/\(name)") ?? "{{((("))
        }
    }

    @Test("A schema that refers to itself, to nothing or too deep is refused; one that shares its parts is not")
    func references() throws {
        func outcome(_ text: String) throws -> EngineErrorCode? {
            let schema = try JSONReader.read(text)
            do throws(EngineError) { try SchemaCheck.check(schema) } catch { return error.code }
            return nil
        }
        #expect(try outcome(##"{"$ref":"#"}"##) == .unsupported)
        let circle = ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"items":{"$ref":"#/$defs/a"}}}}"##
        #expect(try outcome(circle) == .unsupported)
        #expect(try outcome(##"{"$ref":"#/$defs/none"}"##) == .unsupported)
        #expect(try outcome(#"{"$ref":"https://example.com/schema"}"#) == .unsupported)
        #expect(try outcome("[]") == .malformed)
        let twice = ##"{"$defs":{"a/b":{"type":"null"}},"anyOf":[{"$ref":"#/$defs/a~1b"},{"$ref":"#/$defs/a~1b"}]}"##
        #expect(try outcome(twice) == nil)
        // Each part twice the one before: followed once each, and not two to the power of their number.
        func chain(_ length: Int) -> String {
            let parts = (0..<length).map { index in
                ##""p\##(index)":{"anyOf":[{"$ref":"#/$defs/p\##(index + 1)"},{"$ref":"#/$defs/p\##(index + 1)"}]}"##
            }
            return #"{"$defs":{"# + parts.reversed().joined(separator: ",") + #","p\#(length)":{"type":"null"}}}"#
        }
        #expect(try outcome(chain(6)) == nil)
        #expect(try outcome(chain(Limits.Inference.maximumSchemaDepth)) == .unsupported)
    }

    @Test(
        "Templates and schemas that go on for ever are errors, and the next one is read",
        .enabled(if: EngineUnderTest.isThere, Comment(rawValue: EngineUnderTest.why))
    )
    func hostile() throws {
        let library = try #require(EngineUnderTest.library)
        let probe = try FormProbe(library, model: EngineLibrary.tinyModel)
        let chat = ChatRequest(model: "tiny", messages: [ChatMessage(.user, "Hello")])
        let nested = String(repeating: "{% if true %}", count: 10_000) + String(repeating: "{% endif %}", count: 10_000)
        let files = ["recursion", "endless", "doubling"].compactMap {
            RepositoryFile.text("Tests/Corpus/chat-template/\($0)")
        }
        for template in files + [nested, "{{ 'x\ny'|indent(1000000000) }}", "{% for %}"] {
            #expect(throws: EngineError.self) {
                try probe.use(template: template)
                _ = try probe.promptTokens(of: chat)
            }
        }
        let template = try #require(RepositoryFile.text("Tests/Corpus/chat-template/chatml"))
        try probe.use(template: template)
        #expect(try probe.promptTokens(of: chat) > 5)

        // The square of their number.
        let members = (0..<600).map { #""p\#($0)":{"type":"integer"}"# }.joined(separator: ",")
        let wide = try JSONReader.read(#"{"type":"object","properties":{\#(members)},"additionalProperties":false}"#)
        #expect(throws: EngineError(.unsupported, "")) { try probe.grammarBytes(of: wide) }
        // Short as a schema, with each of its parts written out in the grammar.
        let numbers = (0..<9).map { #"{"type":"integer","minimum":-9\#($0)99999999999999,"maximum":9999999999999}"# }
        let parts = (0..<36).map { #""q\#($0)":{"anyOf":[\#(numbers.joined(separator: ","))]}"# }
        let large = try JSONReader.read(#"{"type":"object","properties":{\#(parts.joined(separator: ","))}}"#)
        #expect(throws: EngineError(.unsupported, "")) {
            // Reached only where it is allowed.
            guard try probe.grammarBytes(of: large) > Limits.Inference.maximumGrammarBytes else { return }
        }
        let object = try JSONReader.read(#"{"type":"object","properties":{"a":{"type":"integer"}}}"#)
        #expect(try probe.grammarBytes(of: object) > 0)
    }
}
