import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// By which region an edit is judged: the one that its editor was shown.
struct ScopeShownTests {
  @Test func `of two regions that stood side by side the one counts that was shown, also when it was moved on since`()
    async throws
  {
    let test = try await TestStore.ready()
    var dukcapil = try await test.office("disdukcapil")
    var lalabata = try await test.office("kec-lalabata")
    var citta = try await test.office("kec-citta")
    try await test.apply(lalabata, try lalabata.batch(population, [try person(id(1))]))
    try await test.apply(citta, try citta.batch(population, [try person(id(1), in: "73.12.08.2001")]))
    let (own, other) = (lalabata.dot(1), citta.dot(1))
    let move = try edit(
      id(1), [("kode_wilayah", .text("73.12.07.1001"))], saw: ["kode_wilayah": Context(own)], affirms: nil)
    try await test.apply(dukcapil, try dukcapil.batch(population, [move]))
    // Lalabata had both, and was shown its own.
    let saw = Context(own).union(Context(other))
    let late = try edit(id(1), [("alamat", .text("Jl. L"))], saw: ["alamat": saw], affirms: nil, scopeSeen: own)
    #expect(try await test.apply(lalabata, try lalabata.batch(population, [late])).ack.quarantined == [])
    // Who has seen the move was not shown what it replaced.
    let moved = saw.union(Context(dukcapil.dot(1))).union(Context(lalabata.dot(2)))
    let claim = try edit(id(1), [("alamat", .text("Jl. M"))], saw: ["alamat": moved], affirms: nil, scopeSeen: own)
    let (ack, _) = try await test.apply(lalabata, try lalabata.batch(population, [claim]))
    #expect(ack.quarantined.map(\.code) == ["write_rule"])
  }
}
