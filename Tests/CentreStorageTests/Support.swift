import CentreStorage
import Compression
import Datasets
import Foundation
import GRDB
import Replication
import TestSupport
import Testing
import Wire

let start = Timestamp(milliseconds: 1_790_000_000_000)

func name(_ text: String) throws -> FieldName { try #require(FieldName(text)) }

func region(_ text: String) throws -> RegionCode { try #require(RegionCode(text)) }

/// Above the greatest: the greatest.
func place(_ sequence: UInt64) -> Datasets.Sequence { Datasets.Sequence(sequence) ?? .max }

func id(_ number: UInt64) -> RecordID { RecordID(high: 7, low: number) }

/// The offices and datasets of these tests.
enum Fleet {
  static func node(_ text: String) throws -> NodeName { try #require(NodeName(text)) }

  static func profile(_ text: String, region code: String, roles: [String]) throws -> NodeProfile {
    NodeProfile(
      node: try node(text), title: BilingualText(id: text, en: text), kind: "skpd", region: try region(code),
      roles: roles)
  }

  static func profiles() throws -> [NodeProfile] {
    [
      try profile("disdukcapil", region: "73.12", roles: ["dukcapil"]),
      try profile("kec-lalabata", region: "73.12.04", roles: ["kecamatan"]),
      try profile("kec-citta", region: "73.12.08", roles: ["kecamatan"]),
      try profile("kec-ganra", region: "73.12.07", roles: ["kecamatan"]),
      try profile("bkpsdm", region: "73.12", roles: ["kepegawaian"]),
      try profile("bpjs", region: "73.12", roles: ["mitra-data"]),
    ]
  }

  static func field(
    _ text: String, _ type: FieldType = .text(lengthMax: 100), required: Bool = false,
    policy: MergePolicy = .latest,
    authority: [String] = []
  ) throws -> FieldDefinition {
    FieldDefinition(
      name: try name(text), title: BilingualText(id: text, en: text), type: type, isRequired: required,
      policy: policy, authority: try authority.map { try node($0) })
  }

  static func population(version: Int = 1, extra: [FieldDefinition] = []) throws -> DatasetDefinition {
    DatasetDefinition(
      name: try #require(DatasetName("population")), kind: .record, version: version,
      title: BilingualText(id: "Kependudukan", en: "Population"), lane: .record, identity: [try name("nama")],
      scope: try name("kode_wilayah"),
      read: [
        AccessRule(roles: ["dukcapil"]), AccessRule(roles: ["kecamatan"], ownRegionOnly: true),
        AccessRule(roles: ["mitra-data"], fields: [try name("nama")]),
      ],
      write: [AccessRule(roles: ["dukcapil"]), AccessRule(roles: ["kecamatan"], ownRegionOnly: true)],
      fields: [
        try field("nama", required: true, policy: .review, authority: ["disdukcapil"]),
        try field("kode_wilayah", .region, required: true, policy: .review, authority: ["disdukcapil"]),
        try field("alamat"),
        try field("agama", policy: .authority, authority: ["disdukcapil"]),
        try field("status_hidup", policy: .monotone(order: ["hidup", "pindah", "meninggal"])),
        try field("bantuan", .list(lengthMax: 20, countMax: 8), policy: .union),
      ] + extra)
  }

  static func attendance() throws -> DatasetDefinition {
    DatasetDefinition(
      name: try #require(DatasetName("attendance")), kind: .event, version: 1,
      title: BilingualText(id: "Absensi", en: "Attendance"), lane: .event,
      key: try ["device", "pin", "time", "status"].map { try name($0) },
      read: [AccessRule(roles: ["kepegawaian"])], write: [AccessRule(roles: ["*"])],
      fields: [
        try field("device", .text(lengthMax: 64), required: true),
        try field("pin", .text(lengthMax: 8), required: true),
        try field("time", .instant, required: true),
        try field("status", .integer(minimum: 0, maximum: 255), required: true),
        try field("verify", .integer(minimum: 0, maximum: 255)), try field("workcode", .text(lengthMax: 8)),
      ])
  }

  /// A sample dataset with every kind of field that the fast path knows.
  static func camera() throws -> DatasetDefinition {
    let verdicts = CodeTable(
      name: "verdict",
      codes: ["ok", "dark"].map { CodeTable.Code(code: $0, title: BilingualText(id: $0, en: $0)) })
    return DatasetDefinition(
      name: try #require(DatasetName("camera")), kind: .sample, version: 1,
      title: BilingualText(id: "Kamera", en: "Camera"), lane: .sample,
      key: [try name("time"), try name("camera")], write: [AccessRule(roles: ["*"])],
      fields: [
        try field("camera", .text(lengthMax: 10), required: true),
        try field("time", .instant, required: true),
        try field("verdict", .code(verdicts), required: true),
        try field("fps", .decimal(minimum: 0, maximum: 240)), try field("is_day", .boolean),
        try field("checked", .date), try field("tags", .list(lengthMax: 5, countMax: 3)),
      ])
  }

  static func definitions() throws -> [DatasetDefinition] {
    [try attendance(), try camera(), try population()]
  }
}

/// A store on a temporary directory.
final class TestStore {
  let directory: URL
  private(set) var store: CentreStore
  private var openings: UInt64 = 1

  var path: String { directory.appendingPathComponent("centre.sqlite").path }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("centre-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.appendingPathComponent("centre.sqlite").path
    store = try CentreStore.open(
      path: path, fleetKeySecret: [UInt8](repeating: 9, count: 32), random: 1, now: start)
  }

  deinit {
    try? store.close()
    try? FileManager.default.removeItem(at: directory)
  }

  static func ready(_ definitions: [DatasetDefinition]? = nil) async throws -> TestStore {
    let test = try TestStore()
    try await test.install(definitions)
    return test
  }

  func install(_ definitions: [DatasetDefinition]? = nil) async throws {
    try await installOnly(definitions)
    try await store.rederive(now: start)
  }

  /// Puts definitions in force; records do not follow them yet.
  func installOnly(_ definitions: [DatasetDefinition]? = nil) async throws {
    let definitions = try definitions ?? Fleet.definitions()
    try await store.install(
      definitions: definitions,
      texts: definitions.map { Document(name: $0.name.text, text: "text of \($0.name)") },
      profiles: try Fleet.profiles(), profileTexts: [:], now: start)
  }

  func reopen(_ definitions: [DatasetDefinition]? = nil) async throws {
    try store.close()
    openings += 1
    store = try CentreStore.open(
      path: path, fleetKeySecret: [UInt8](repeating: 1, count: 32), random: openings, now: start)
    try await install(definitions)
  }

  /// Invites, enrols and greets an office.
  func office(_ text: String, random: UInt64 = 50) async throws -> Office {
    let node = try Fleet.node(text)
    let key = String((text + String(repeating: "0", count: 40)).prefix(39))
    let invitation = try await store.invite(
      node, publicKey: key + "i", expires: start.advanced(byMilliseconds: 1000), now: start)
    _ = try await store.enrol(invitation, publicKey: key + "k", now: start)
    let office = Office(node: node, incarnation: Incarnation(generation: 1, random: random))
    guard case .welcomed = try await store.admit(node: node, hello: office.hello(), now: start).decision
    else {
      throw TestFailure("\(node) was not welcomed")
    }
    return office
  }

  /// Applies one batch that must be taken.
  @discardableResult
  func apply(
    _ office: Office, _ batch: Batch, now: Timestamp = start
  ) async throws -> (ack: Ack, counts: IngestCounts) {
    let outcome = try #require(
      try await store.apply([IncomingBatch(node: office.node, batch: batch)], now: now).first)
    guard case .ack(let ack, let counts) = outcome else { throw TestFailure("not taken: \(outcome)") }
    return (ack, counts)
  }

  /// What a connection of somebody else sees, columns joined by `|` as the sqlite3 shell does.
  func sql(_ query: String) throws -> [String] {
    var configuration = Configuration()
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration).read { database in
      try Row.fetchAll(database, sql: query).map { row in
        row.databaseValues.map { value in
          switch value.storage {
          case .null: ""
          case .int64(let number): String(number)
          case .double(let number): String(number)
          case .string(let text): text
          case .blob(let data): "\(data.count) bytes"
          }
        }.joined(separator: "|")
      }
    }
  }
}

/// One office's side of its streams: seals entries and makes batches.
struct Office {
  let node: NodeName
  var incarnation: Incarnation
  var chains: [DatasetName: StreamChain] = [:]
  var lineage: [Lineage]

  init(node: NodeName, incarnation: Incarnation) {
    self.node = node
    self.incarnation = incarnation
    lineage = [Lineage(incarnation: incarnation, parent: nil, ends: [])]
  }

  var author: Author { Author(node: node, incarnation: incarnation) }

  func chain(_ dataset: DatasetName) -> StreamChain { chains[dataset] ?? StreamChain(at: .start) }

  func dot(_ sequence: UInt64) -> Dot {
    Dot(author: author, sequence: place(sequence))
  }

  func hello(
    cursor: FeedCursor? = nil, ruleVersion: UInt64 = 0, documents: [DocumentHash] = [],
    streams: [Hello.Stream]? = nil
  ) -> Hello {
    let standing = chains.keys.sorted().map { dataset in
      let mark = chain(dataset).mark
      return Hello.Stream(
        dataset: dataset, earliestKept: Datasets.Sequence.none.next, next: mark.sequence.next, marks: [mark])
    }
    return Hello(
      softwareVersion: "1.0", lineage: lineage, streams: streams ?? standing, cursor: cursor,
      ruleVersion: ruleVersion, documents: documents, clock: ClockReading(wall: start, uptimeMilliseconds: 5),
      report: NodeReport(backlogChanges: 3))
  }

  /// The next incarnation, born from what this one recorded.
  mutating func restart(random: UInt64) {
    let ends = chains.keys.sorted().map { dataset in
      Lineage.End(dataset: dataset, last: chain(dataset).last, sealed: chain(dataset).mark)
    }
    let child = Incarnation(generation: incarnation.generation + 1, random: random)
    lineage.insert(Lineage(incarnation: child, parent: incarnation, ends: ends), at: 0)
    incarnation = child
  }

  /// Appends entries and packs them.
  mutating func batch(_ dataset: DatasetName, _ entries: [Entry]) throws -> Batch {
    var chain = chain(dataset)
    let first = chain.last.next
    var block = ByteWriter()
    for entry in entries {
      if case .gap(let gap) = entry { chain.append(gap) } else { chain.append(entry.bytes) }
      EntryBlock.append(entry.bytes, to: &block)
    }
    chains[dataset] = chain
    return try Self.pack(dataset, incarnation, first: first, end: chain.mark, block: block.bytes)
  }

  static func pack(
    _ dataset: DatasetName, _ incarnation: Incarnation, first: Datasets.Sequence, end: StreamMark,
    block: [UInt8]
  ) throws -> Batch {
    Batch(
      session: 1, dataset: dataset, incarnation: incarnation, first: first, last: end.sequence,
      head: end.head,
      entries: CompressedBytes(rawCount: block.count, bytes: try Zstandard.compress(block)))
  }
}

func seal(_ milliseconds: Int64 = 0, suspect: Bool = false) -> Seal {
  let time = start.advanced(byMilliseconds: milliseconds)
  return Seal(
    effective: time, suspicion: suspect ? .notMeasured : [], wall: time, boot: 1, uptimeMilliseconds: 10)
}

/// A scan at an office's terminal.
func punch(
  pin: String = "7", second: Int64 = 0, status: Int64 = 0, verify: Value = .integer(1), at sealed: Int64 = 0
) throws -> Entry {
  let time = ZonedInstant(
    timestamp: Timestamp(milliseconds: 1_780_000_000_000 + second * 1000), offsetMinutes: 480)
  return .occurrence(
    seal(sealed),
    Occurrence(fields: [
      .init(name: try name("device"), value: .text("CQZ1")), .init(name: try name("pin"), value: .text(pin)),
      .init(name: try name("time"), value: .instant(time)),
      .init(name: try name("status"), value: .integer(status)),
      .init(name: try name("verify"), value: verify),
    ]))
}

/// An edit of one record.
func edit(
  _ record: RecordID, _ values: [(String, Value)], saw: [String: Context] = [:], traits: Change.Traits = [],
  affirms: Context? = .empty, scopeSeen: Dot? = nil, at milliseconds: Int64 = 0, suspect: Bool = false
) throws -> Entry {
  .change(
    seal(milliseconds, suspect: suspect),
    Change(
      record: record, traits: traits,
      edits: try values.map { Change.Edit(field: try name($0.0), value: $0.1, saw: saw[$0.0] ?? .empty) },
      affirmation: affirms, scopeSeen: scopeSeen))
}

/// A creation with what population requires.
func person(_ record: RecordID, _ text: String = "ANDI", in code: String = "73.12.04.1001", at: Int64 = 0)
  throws -> Entry
{
  try edit(record, [("nama", .text(text)), ("kode_wilayah", .text(code))], traits: .creation, at: at)
}

/// The datasets' names; a malformed one is a mistake in this file.
enum Names {
  static func dataset(_ text: String) -> DatasetName {
    guard let name = DatasetName(text) else { preconditionFailure("\(text) is no dataset name") }
    return name
  }
}

let population = Names.dataset("population")
let attendance = Names.dataset("attendance")
let camera = Names.dataset("camera")

extension Names {
  static func field(_ text: String) -> FieldName {
    guard let name = FieldName(text) else { preconditionFailure("\(text) is no field name") }
    return name
  }
}

/// The same numbers for the same seed (xorshift64*).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

extension TestStore {
  /// Invites the office and enrols a new key for it.
  func join(_ node: NodeName, _ letter: Character) async throws -> String {
    let key = String(repeating: letter, count: 40)
    let invitation = try await store.invite(
      node, publicKey: String(repeating: letter.uppercased(), count: 40), expires: start.advanced(byMilliseconds: 9),
      now: start)
    _ = try await store.enrol(invitation, publicKey: key, now: start)
    return key
  }
}

extension TestStore {
  /// Revokes an office's key, and lets it join with a new one after a restart.
  /// - Returns: the new key.
  @discardableResult
  func revokeAndRejoin(_ office: inout Office) async throws -> String {
    try await store.revoke(office.node, now: start)
    let key = try await join(office.node, "k")
    office.restart(random: 91)
    _ = try welcome(try await store.admit(node: office.node, hello: office.hello(), publicKey: key, now: start))
    return key
  }
}

/// What a node that was let in is told.
func welcome(_ admission: Admission) throws -> Welcome {
  guard case .welcomed(let welcome, _) = admission.decision else { throw TestFailure("\(admission)") }
  return welcome
}
