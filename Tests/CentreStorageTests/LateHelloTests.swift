import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

/// A hello that was on its way when its process died, and comes behind the next one's: nobody answers for it (ADR 0014).
struct LateHelloTests {
  /// What an honest office said, and then the late word of one of its processes that are gone.
  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Tells the story, at whose end the office has spoken.
    /// - Returns: what comes late.
    let tell: @Sendable (TestStore, inout Office) async throws -> Hello
    /// What it would mean if a living process said it.
    let meaning: @Sendable (HelloFinding) -> Bool
  }

  private static func isClone(_ finding: HelloFinding) -> Bool { if case .clone = finding { true } else { false } }
  private static func isSetBack(_ finding: HelloFinding) -> Bool { if case .restored = finding { true } else { false } }
  private static func isCopy(_ finding: HelloFinding) -> Bool { if case .copied = finding { true } else { false } }

  private static func says(_ office: Office, _ test: TestStore) async throws {
    _ = try welcome(
      try await test.store.admit(node: office.node, hello: office.hello(), hasAnswered: true, now: start))
  }

  private static let stories: [Story] = [
    Story(
      testDescription: "of the process before, which had been welcomed",
      tell: { test, office in
        let late = office.hello()
        office.restart(random: 60)
        try await says(office, test)
        return late
      }, meaning: isClone),
    Story(
      testDescription: "of a process before, which the centre knows by its child alone",
      tell: { test, office in
        office.restart(random: 60)
        let late = office.hello()
        office.restart(random: 61)
        try await says(office, test)
        return late
      }, meaning: isClone),
    Story(
      testDescription: "of a process on the disk as it was before it was set back",
      tell: { test, office in
        var backup = office
        office.restart(random: 60)
        try await says(office, test)
        let late = office.hello()
        backup.restart(random: 61)
        office = backup
        try await says(office, test)
        return late
      }, meaning: isClone),
    Story(
      testDescription: "of such a process, of which the centre has heard nothing",
      tell: { test, office in
        var backup = office
        office.restart(random: 60)
        let late = office.hello()
        backup.restart(random: 61)
        office = backup
        try await says(office, test)
        return late
      }, meaning: isSetBack),
    Story(
      testDescription: "of the living process, which has gone on since",
      tell: { test, office in
        let late = office.hello()
        try await test.apply(office, try office.batch(attendance, [try punch(second: 5), try punch(second: 6)]))
        return late
      }, meaning: isCopy),
  ]

  /// All that a hello may leave behind.
  private func standing(_ test: TestStore) throws -> [String] {
    try test.sql("SELECT name, current, fenced_ms FROM node")
      + test.sql("SELECT id, parent, superseded_ms FROM incarnation ORDER BY id")
      + test.sql("SELECT node, dataset, applied, last FROM node_stream")
      + test.sql("SELECT * FROM ledger") + test.sql("SELECT node, code, count FROM node_notice")
      + test.sql("SELECT * FROM lost") + test.sql("SELECT value FROM counter WHERE name = 'session'")
  }

  @Test(arguments: stories)
  func `late word of a process that is gone changes nothing`(story: Story) async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let late = try await story.tell(test, &office)
    let before = try standing(test)
    for _ in 0..<2 {
      let admission = try await test.store.admit(node: office.node, hello: late, hasAnswered: false, now: start)
      #expect(admission.decision == .doubted && admission.findings.isEmpty, "\(admission)")
      #expect(try standing(test) == before)
    }
    // The office goes on, in its session and with the next.
    try await test.apply(office, try office.batch(attendance, [try punch(second: 9)]))
    office.restart(random: 70)
    let next = try await test.store.admit(node: office.node, hello: office.hello(), hasAnswered: false, now: start)
    #expect(try welcome(next).incarnation == office.incarnation)
  }

  @Test(arguments: stories)
  func `the same word of one who lives is believed`(story: Story) async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    let said = try await story.tell(test, &office)
    let admission = try await test.store.admit(node: office.node, hello: said, hasAnswered: true, now: start)
    #expect(admission.findings.count == 1 && admission.findings.allSatisfy(story.meaning), "\(admission)")
    let isFenced = try await test.store.node(office.node)?.state == .fenced
    #expect(isFenced == admission.findings.allSatisfy(Self.isClone))
  }

  @Test
  func `what is in order needs no answer: a first hello, the same again, the next process and one that was cut off`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    func admitted() async throws -> Welcome {
      try welcome(
        try await test.store.admit(node: office.node, hello: office.hello(), hasAnswered: false, now: start))
    }
    #expect(try await admitted().incarnation == office.incarnation)
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    #expect(try await admitted().incarnation == office.incarnation)
    for random in 60..<63 as Range<UInt64> { office.restart(random: random) }
    #expect(try await admitted().incarnation == office.incarnation)
    let fresh = try await test.join(office.node, "n")
    let first = try await test.store.admit(
      node: office.node, hello: office.hello(), publicKey: fresh, hasAnswered: false, now: start)
    #expect(try welcome(first).incarnation == office.incarnation)
  }
}
