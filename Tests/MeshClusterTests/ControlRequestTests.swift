import MeshCluster
import MeshTopology
import Testing

@Suite struct `What a running cluster is asked for` {
    @Test(arguments: [
        ControlRequest.status, .down, .befall(.kill(NodeSelector("edge-*"), comesBackAfter: nil)),
        .befall(.kill(NodeSelector("hub-1"), comesBackAfter: .seconds(90))), .befall(.pause(NodeSelector("edge-1"))),
        .befall(.resume(.all)), .befall(.restart(NodeSelector("hub-1"))),
        .befall(.partition(NodeSelector("edge-1"), .all)), .befall(.heal(.all, NodeSelector("hub-1"))),
    ])
    func `a request is the same on the other side`(_ request: ControlRequest) {
        #expect(ControlRequest(line: request.line) == request)
        #expect(!request.line.contains("\n"))
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"do\":\"dance\"}", "{\"do\":\"kill\"}", "{\"do\":7}", "kill",
        "{\"do\":\"degrade\",\"nodes\":\"a\"}",
    ])
    func `anything else is none`(_ line: String) {
        #expect(ControlRequest(line: line) == nil)
    }
}
