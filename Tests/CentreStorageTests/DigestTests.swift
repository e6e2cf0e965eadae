import CentreStorage
import Datasets
import Replication
import TestSupport
import Testing
import Wire

struct DigestTests {
  /// The digest of these natural keys of `attendance`.
  private func sum(_ seconds: [Int64]) throws -> DigestSum {
    try seconds.reduce(into: DigestSum()) { $0 += try key(second: $1) }
  }

  private func key(second: Int64) throws -> DigestSum {
    guard case .occurrence(_, let occurrence) = try punch(second: second) else {
      throw TestFailure("no punch")
    }
    let key = try Fleet.attendance().key
    return OccurrenceDigest.of(dataset: attendance, key: key.map { occurrence[$0] ?? .null })
  }

  @Test func `a natural key counts once for its office, however often and with whatever content it is said`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch(), try punch(second: 1)]))
    // The same scan by way of the USB stick: another content of one key; and once more as it was.
    try await test.apply(
      office,
      try office.batch(attendance, [try punch(verify: .integer(15), at: 9), try punch(at: 12)]))
    let digest = try await test.store.digest(attendance, node: office.node)
    #expect(digest.count == 2)
    #expect(try digest.digest == sum([0, 1]))
    #expect(try await test.store.streams(node: office.node).map(\.count) == [2])
    #expect(try await test.store.digest(attendance).digest == digest.digest)
  }

  @Test func `a key that two offices said is one for those who read everything, and one for each of the two`()
    async throws
  {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    var other = try await test.office("kec-ganra")
    let reader = try await test.office("bkpsdm")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    try await test.apply(other, try other.batch(attendance, [try punch(at: 7)]))
    for node in [nil, reader.node, office.node, other.node] {
      let digest = try await test.store.digest(attendance, node: node)
      #expect(digest.count == 1)
      #expect(try digest.digest == sum([0]))
    }
  }

  @Test func `what a restored node records again is not counted twice`() async throws {
    let test = try await TestStore.ready()
    var office = try await test.office("kec-citta")
    try await test.apply(office, try office.batch(attendance, [try punch()]))
    var restored = office
    let lost = try (1..<4).map { try punch(second: $0) }
    try await test.apply(office, try office.batch(attendance, lost))
    restored.restart(random: 70)
    guard
      case .welcomed = try await test.store.admit(node: office.node, hello: restored.hello(), now: start)
        .decision
    else { throw TestFailure("not welcomed") }
    let again = try (1..<3).map { try punch(second: $0, at: 5_000) }
    try await test.apply(restored, try restored.batch(attendance, again))
    #expect(try await test.store.digest(attendance, node: office.node).count == 4)
    #expect(try await test.store.digest(attendance).count == 4)
  }

  @Test(arguments: 0..<10)
  func `digests do not depend on the order in which the offices are heard`(_ seed: Int) async throws {
    let test = try await TestStore.ready()
    var random = SeededRandom(seed: UInt64(seed))
    var offices: [Office] = []
    for text in ["kec-citta", "kec-ganra", "kec-lalabata"] { offices.append(try await test.office(text)) }
    // Every key from several offices, in several contents, so that what is in sight changes hands.
    var said: [(office: Int, second: Int64, entry: Entry)] = []
    for _ in 0..<60 {
      let office = Int.random(in: 0..<3, using: &random)
      let second = Int64.random(in: 0..<5, using: &random)
      let entry = try punch(
        second: second, verify: .integer(.random(in: 0..<3, using: &random)),
        at: .random(in: 0..<20, using: &random))
      said.append((office, second, entry))
    }
    for one in said {
      try await test.apply(offices[one.office], try offices[one.office].batch(attendance, [one.entry]))
    }
    for (index, office) in offices.enumerated() {
      let seconds = Set(said.filter { $0.office == index }.map(\.second)).sorted()
      let digest = try await test.store.digest(attendance, node: office.node)
      #expect(digest.count == UInt64(seconds.count))
      #expect(try digest.digest == sum(seconds))
    }
    let seconds = Set(said.map(\.second)).sorted()
    #expect(try await test.store.digest(attendance).count == UInt64(seconds.count))
    #expect(try await test.store.digest(attendance).digest == sum(seconds))
  }
}
