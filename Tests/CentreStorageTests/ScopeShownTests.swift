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

  @Test
  func `where what was shown was lost with the centre's disk the reason says so, and where an office lost it not`()
    async throws
  {
    for (reason, isTold) in [(Gap.Reason.trimmed, true), (.damaged, false)] {
      let test = try await TestStore.ready()
      var dukcapil = try await test.office("disdukcapil")
      var lalabata = try await test.office("kec-lalabata")
      var citta = try await test.office("kec-citta")
      try await test.apply(citta, try citta.batch(population, [try person(id(1), in: "73.12.08.2001")]))
      // The register had moved the person to Lalabata.
      let shown = dukcapil.dot(1)
      let gap = try #require(
        Gap(first: shown.sequence, last: shown.sequence, recordCount: 1, reason: reason, headAfter: .zero))
      try await test.apply(dukcapil, try dukcapil.batch(population, [.gap(gap)]))
      let change = try edit(
        id(1), [("alamat", .text("Jl. L"))], saw: ["alamat": Context(citta.dot(1)).union(Context(shown))], affirms: nil,
        scopeSeen: shown)
      let (ack, _) = try await test.apply(lalabata, try lalabata.batch(population, [change]))
      #expect(ack.quarantined.map(\.code) == ["write_rule"])
      let text = QuarantineReason.text(ofAck: try #require(ack.quarantined.first).reason)
      #expect(text.indonesian.contains("hilang bersama disk pusat") == isTold)
      #expect(text.english.contains("lost with the centre's old disk") == isTold)
    }
  }
}
