import MeshCluster
import MeshCore
import Testing

@Suite struct `Bounds of clusters` {
    @Test func `a cluster is bounded in what it begins, keeps and waits for`() {
        #expect(Limits.Cluster.enrolmentsAtATime == 8)
        #expect(Limits.Cluster.stopPatience == .seconds(20))
        #expect(Limits.Cluster.lineBytes == 16 * 1_024)
        #expect(Limits.Cluster.linesWaiting == 65_536)
        #expect(Limits.Cluster.requestBytes == 4 * 1_024)
        #expect(Limits.Cluster.answerBytes == 4 * 1_024 * 1_024)
        #expect(Limits.Cluster.requestPatience == .seconds(5))
        #expect(Limits.Cluster.historyEvents == 1_000_000)
    }
}
