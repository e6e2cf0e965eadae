import Compression
import Datasets
import Foundation
import NodeStorage
import Replication
import Storage
import Testing
import Wire

/// What the tests share: datasets, clocks and temporary stores.
enum Fixture {
  static let node = name("kec-lalabata")
  static let otherNode = name("disdukcapil")
  static let population = dataset("population")
  static let attendance = dataset("attendance")
  static let camera = dataset("camera")
  static let region = code("73.12.04")

  static func name(_ text: String) -> NodeName { known(NodeName(text)) }
  static func dataset(_ text: String) -> DatasetName { known(DatasetName(text)) }
  static func field(_ text: String) -> FieldName { known(FieldName(text)) }
  static func code(_ text: String) -> RegionCode { known(RegionCode(text)) }
  static func sequence(_ value: UInt64) -> Datasets.Sequence { known(Datasets.Sequence(value)) }

  /// A name that a test has written wrongly is a mistake of the test.
  private static func known<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a test names what cannot be a name") }
    return value
  }

  static let profile = NodeProfile(
    node: node, title: text("Kecamatan Lalabata"), kind: "kecamatan", region: region, roles: ["kecamatan"])

  static func text(_ text: String) -> BilingualText { BilingualText(id: text, en: text) }

  static var definitions: [DatasetDefinition] {
    [populationDefinition, attendanceDefinition, cameraDefinition]
  }

  static let populationDefinition = DatasetDefinition(
    name: population, kind: .record, version: 1, title: text("Kependudukan"), lane: .record,
    identity: [field("nik"), field("tanggal_lahir")], scope: field("kode_wilayah"),
    read: [AccessRule(roles: ["kecamatan"], ownRegionOnly: true)],
    write: [AccessRule(roles: ["kecamatan"], ownRegionOnly: true)],
    fields: [
      field("no_kk", .kk, policy: .review), field("nik", .nik, policy: .review),
      field("nama", .text(lengthMax: 100), isRequired: true, policy: .review),
      field("tanggal_lahir", .date, policy: .review),
      field("nama_ibu", .text(lengthMax: 100), policy: .review),
      field("kode_wilayah", .region, isRequired: true, policy: .review),
      field("alamat", .text(lengthMax: 200)), field("telepon", .phone),
      field(
        "status_hidup", .text(lengthMax: 20), policy: .monotone(order: ["hidup", "pindah", "meninggal"])),
    ])

  static let attendanceDefinition = DatasetDefinition(
    name: attendance, kind: .event, version: 1, title: text("Absensi"), lane: .event,
    key: ["device", "pin", "time", "status"].map(field), read: [AccessRule(roles: ["*"])],
    write: [AccessRule(roles: ["*"])],
    fields: [
      field("device", .text(lengthMax: 64), isRequired: true),
      field("pin", .text(lengthMax: 32), isRequired: true),
      field("time", .instant, isRequired: true),
      field("status", .integer(minimum: 0, maximum: 255), isRequired: true),
      field("verify", .integer(minimum: 0, maximum: 255)),
    ])

  static let cameraDefinition = DatasetDefinition(
    name: camera, kind: .sample, version: 1, title: text("Kamera"), lane: .sample,
    key: ["camera", "time"].map(field), read: [AccessRule(roles: ["*"])], write: [AccessRule(roles: ["*"])],
    fields: [
      field("camera", .text(lengthMax: 64), isRequired: true), field("time", .instant, isRequired: true),
      field("verdict", .text(lengthMax: 20)), field("fps", .decimal(minimum: 0, maximum: 200)),
      field("detail", .text(lengthMax: 2000)),
    ])

  static func field(
    _ text: String, _ type: FieldType, isRequired: Bool = false, policy: MergePolicy = .latest
  ) -> FieldDefinition {
    FieldDefinition(
      name: field(text), title: Fixture.text(text), type: type, isRequired: isRequired, policy: policy)
  }

  static let start: Int64 = 1_760_000_000_000

  /// Both clocks `seconds` after a common start.
  static func clock(_ seconds: Int64, stepMilliseconds: Int64 = 0) -> ClockReading {
    ClockReading(
      wall: Timestamp(milliseconds: start + seconds * 1000 + stepMilliseconds),
      uptimeMilliseconds: UInt64(60_000 + seconds * 1000))
  }

  static func punch(_ number: Int, device: String = "X903", verify: Int64? = nil) -> ValidRow {
    var fields: [(FieldName, Value)] = [
      (field("device"), .text(device)), (field("pin"), .text(String(number % 97))),
      (field("time"), instant(number)), (field("status"), .integer(0)),
    ]
    if let verify { fields.append((field("verify"), .integer(verify))) }
    return ValidRow(line: number + 1, fields: fields)
  }

  static func sample(_ number: Int, detail: String = "ok") -> ValidRow {
    ValidRow(
      line: number + 1,
      fields: [
        (field("camera"), .text("cam-1")), (field("time"), instant(number)), (field("verdict"), .text("ok")),
        (field("fps"), .decimal("24.5")), (field("detail"), .text(detail)),
      ])
  }

  static func instant(_ number: Int) -> Value {
    .instant(
      ZonedInstant(
        timestamp: Timestamp(milliseconds: start - 86_400_000 + Int64(number) * 1000), offsetMinutes: 480))
  }

  static func nik(_ number: Int) -> String {
    let serial = String(number % 9999 + 1)
    return "73120401018" + String(number / 9999 % 10) + String(repeating: "0", count: 4 - serial.count)
      + serial
  }

  static func person(_ number: Int, _ changes: [String: Value] = [:]) -> ImportRow {
    var values: [String: Value] = [
      "nik": .text(nik(number)), "nama": .text("ORANG \(number)"),
      "tanggal_lahir": .date(CalendarDate(daysSinceEpoch: 3652)), "kode_wilayah": .text("73.12.04.1001"),
      "alamat": .text("JL. MERDEKA \(number)"), "status_hidup": .text("hidup"),
    ]
    for (name, value) in changes { values[name] = value }
    let fields = populationDefinition.fields.compactMap { field in
      values[field.name.text].map { (field.name, $0) }
    }
    return ImportRow(ValidRow(line: number + 1, fields: fields))
  }

  static let fleetKey = FleetKey(version: 1, secret: [UInt8](repeating: 7, count: 32))

  static func run(
    _ source: String = ImportRun.defaultSource, kind: ImportRun.Kind = .file, isTyped: Bool = false,
    hasKey: Bool = true, keys: [FleetKey]? = nil
  ) -> ImportRun {
    ImportRun(
      source: source, kind: kind, isTyped: isTyped, fleetKeys: keys ?? (hasKey ? [fleetKey].compactMap(\.self) : []),
      randomID: { RecordID(high: .random(in: 1...(.max)) >> 8, low: .random(in: 0...(.max))) })
  }
}

/// A store on a disk of its own, that can be closed and opened again.
final class TemporaryStore: Sendable {
  let directory: String
  var path: String { directory + "/agent.db" }

  init() throws {
    directory = FileManager.default.temporaryDirectory.path + "/node-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// All files of a store that is closed: what its last transactions wrote may still be in the WAL.
  func copy(to other: TemporaryStore) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(other.directory)/\(name)")
    }
  }

  func open(
    node: NodeName = Fixture.node, random: UInt64 = 1, boot: String = "boot-1", at seconds: Int64 = 0,
    limits: NodeStoreLimits = NodeStoreLimits(), definitions: [DatasetDefinition] = Fixture.definitions,
    freeBytes: @escaping @Sendable () -> UInt64 = { .max }
  ) async throws -> NodeStore {
    let store = try await NodeStore.open(
      path: path, node: node, random: random,
      boot: BootIdentity(id: boot, startedAt: Timestamp(milliseconds: Fixture.start)),
      now: Fixture.clock(seconds),
      limits: limits,
      // The store keeps its directory alive.
      freeBytes: { withExtendedLifetime(self) { freeBytes() } })
    if !definitions.isEmpty { try await store.install(definitions, profile: Fixture.profile) }
    return store
  }
}

extension NodeStore {
  /// All batches after `after`, small ones.
  func batches(
    _ dataset: DatasetName, after: Datasets.Sequence = .none, rawBytesMax: Int = 2_000
  ) async throws -> [NodeSession.LoadedBatch] {
    var batches: [NodeSession.LoadedBatch] = []
    var next = after
    while let loaded = try await loadBatch(
      dataset, after: next, rawBytesMax: rawBytesMax, now: Fixture.clock(9))
    {
      try #require(loaded.batch.last > next)
      batches.append(loaded.batch)
      next = loaded.batch.last
    }
    return batches
  }

  func stream(_ dataset: DatasetName) async throws -> StreamStatus {
    try #require(try await streams().first { $0.dataset == dataset })
  }

  func add(_ rows: [ImportRow], _ run: ImportRun = Fixture.run(), at seconds: Int64 = 1) async throws
    -> ImportResult
  {
    try await importRows(Fixture.population, rows: rows, run: run, now: Fixture.clock(seconds))
  }

  /// The one record of a person.
  func person(_ number: Int) async throws -> RecordView {
    let page = try await records(
      Fixture.population, RecordQuery(equals: [(Fixture.field("nik"), .text(Fixture.nik(number)))]))
    return try #require(page.elements.first)
  }
}

extension NodeSession.LoadedBatch {
  func block() throws -> [UInt8] { try Zstandard.decompress(entries.bytes, rawCount: entries.rawCount) }

  /// The entries, decoded.
  func decoded() throws -> [Entry] {
    let block = try block()
    return try EntryBlock.ranges(in: block).map { try Entry(ByteReader(block, range: $0)) }
  }
}
