import MeshCore
import MeshInference
import Testing

@Suite("Values of the embedded engine")
struct EngineValueTests {
    @Test("A library that somebody names is the only one that is looked for")
    func search() {
        let named = LibrarySearch(configured: "/a", environment: "/b", executableFolder: "/c", cacheFolder: "/d")
        #expect(named.files == ["/a"])
        let byEnvironment = LibrarySearch(configured: "", environment: "/b", executableFolder: "/c", cacheFolder: "/d")
        #expect(byEnvironment.files == ["/b"])
        let found = LibrarySearch(executableFolder: "/c", cacheFolder: "/d")
        #expect(found.files == ["/c/libmeshllm.so", "/c/../lib/libmeshllm.so", "/d/engine/libmeshllm.so"])
    }

    @Test(
        "A library that is not there is said to be missing, with where it was looked for; one that is none is unusable"
    )
    func missing() {
        let nowhere = LibrarySearch(configured: "/nowhere/libmeshllm.so", executableFolder: nil, cacheFolder: nil)
        let error = #expect(throws: EngineError.self) { try LlamaLibrary.open(nowhere) }
        #expect(error?.code == .noLibrary)
        #expect(error?.message.contains("/nowhere/libmeshllm.so") == true)
        let text = LibrarySearch(configured: #filePath, executableFolder: nil, cacheFolder: nil)
        #expect(throws: EngineError(.unusableLibrary, "")) { try LlamaLibrary.open(text) }
        let other = LibrarySearch(
            configured: "/lib/x86_64-linux-gnu/libm.so.6",
            executableFolder: nil,
            cacheFolder: nil
        )
        #expect(throws: EngineError.self) { try LlamaLibrary.open(other) }
    }

    @Test("Those who wait are taken in turns of their tenants, and no more wait than may")
    func turns() throws {
        var queue = FairQueue<Int>()
        let (one, two) = (try TenantID("one"), try TenantID("two"))
        var isTaken = true
        for number in 0..<4 { isTaken = queue.append(number, of: one) && isTaken }
        for number in 10..<12 { isTaken = queue.append(number, of: two) && isTaken }
        #expect(isTaken)
        var taken: [Int] = []
        while let next = queue.takeFirst(where: { _ in true }) { taken.append(next) }
        #expect(taken == [0, 10, 1, 11, 2, 3])

        for number in 0..<Limits.Inference.maximumWaiting { isTaken = queue.append(number, of: one) && isTaken }
        #expect(isTaken)
        let isOneMoreTaken = queue.append(-1, of: two)
        #expect(!isOneMoreTaken)
        queue.putBack(-2, of: one)
        let putBack = queue.takeFirst { $0 == -2 }
        #expect(putBack == -2)
        let gone = queue.remove { $0 % 2 == 0 }
        #expect(gone.count == Limits.Inference.maximumWaiting / 2)
        #expect(queue.count == Limits.Inference.maximumWaiting / 2)
        let behind = queue.takeFirst { $0 == 5 }
        #expect(behind == nil)
    }
}
