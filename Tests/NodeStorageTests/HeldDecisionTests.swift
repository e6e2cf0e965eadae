import Datasets
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// A file's value that waits because the office changed the field itself: what people decide stays decided.
@Suite struct HeldDecisionTests {
  private let address = Fixture.field("alamat")

  /// A store in which the value "JL. BERKAS" of person 1 waits.
  private func holding() async throws -> (store: NodeStore, held: HeldValue, view: RecordView) {
    let store = try await TemporaryStore().open()
    _ = try await store.add([Fixture.person(1)])
    let view = try await store.person(1)
    let saved = try await store.save(
      Fixture.population, id: view.id, values: [(address, .text("JL. KANTOR"))], version: view.version,
      now: Fixture.clock(2))
    _ = try await month(store, "JL. BERKAS", at: 3)
    return (store, try #require(try await store.heldValues().first), saved.view)
  }

  private func month(_ store: NodeStore, _ address: String, at seconds: Int64) async throws -> ImportResult {
    try await store.add([Fixture.person(1, ["alamat": .text(address)])], at: seconds)
  }

  @Test func `a value that is taken is the office's, and the file's next one replaces it`() async throws {
    let (store, held, view) = try await holding()
    let saved = try await store.takeHeldValue(
      held.number, version: view.version, reason: "KK dicek", now: Fixture.clock(4))
    #expect(saved.view[address] == .text("JL. BERKAS") && saved.dot != nil)
    #expect(try await store.heldValues().isEmpty)
    let change = try #require(try await store.history(Fixture.population, view.id).last?.change)
    #expect(change.reason == "KK dicek" && change.traits == [])
    #expect(try await month(store, "JL. BERKAS", at: 5).unchanged == 1)
    #expect(try await month(store, "JL. BERIKUT", at: 6).changed == 1)
    #expect(try await store.person(1)[address] == .text("JL. BERIKUT"))
    #expect(try await store.conflicts().elements.isEmpty)
  }

  @Test func `a value that is discarded is not asked about again until the file says something else`() async throws {
    let (store, held, _) = try await holding()
    try await store.dismissHeldValue(held.number)
    #expect(try await month(store, "JL. BERKAS", at: 5).unchanged == 1)
    #expect(try await store.heldValues().isEmpty)
    #expect(try await store.person(1)[address] == .text("JL. KANTOR"))
    #expect(try await month(store, "JL. BERIKUT", at: 6).held == 1)
    #expect(try await store.heldValues().map(\.value) == [.text("JL. BERIKUT")])
  }

  @Test func `a stale look at the record takes nothing`() async throws {
    let (store, held, view) = try await holding()
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(address, .text("JL. KEDUA"))], version: view.version,
      now: Fixture.clock(4))
    await #expect(throws: EditRefusal.stale(fields: [address])) {
      _ = try await store.takeHeldValue(held.number, version: view.version, reason: "x", now: Fixture.clock(5))
    }
    #expect(try await store.heldValues().count == 1)
  }

  @Test func `a value waits no longer once file and office agree, whoever gave way`() async throws {
    let (store, _, view) = try await holding()
    // The office writes what the file says; the same file again then settles it.
    _ = try await store.save(
      Fixture.population, id: view.id, values: [(address, .text("JL. BERKAS"))], version: view.version,
      now: Fixture.clock(4))
    _ = try await month(store, "JL. BERKAS", at: 5)
    #expect(try await store.heldValues().isEmpty)
    // The file takes back what it said.
    let (other, _, _) = try await holding()
    _ = try await other.add([Fixture.person(1)], at: 5)
    #expect(try await other.heldValues().isEmpty)
    #expect(try await other.person(1)[address] == .text("JL. KANTOR"))
  }

  @Test func `a decision that comes twice is told`() async throws {
    let (store, held, _) = try await holding()
    try await store.dismissHeldValue(held.number)
    await #expect(throws: StoreError.self) {
      _ = try await store.takeHeldValue(held.number, version: nil, reason: "x", now: Fixture.clock(5))
    }
    try await store.dismissHeldValue(held.number)
  }
}
