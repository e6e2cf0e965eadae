import Datasets
import Replication
import Wire

/// Short ways to make things with defaults; a name that is not well-formed is a mistake in the test.
enum Fixture {
  static func node(_ text: String) -> NodeName { required(NodeName(text), text) }
  static func dataset(_ text: String) -> DatasetName { required(DatasetName(text), text) }
  static func field(_ text: String) -> FieldName { required(FieldName(text), text) }
  static func region(_ text: String) -> RegionCode { required(RegionCode(text), text) }
  static func sequence(_ value: UInt64) -> Datasets.Sequence {
    required(Datasets.Sequence(value), "\(value)")
  }

  static func author(_ node: String, _ generation: UInt64 = 1) -> Author {
    Author(node: self.node(node), incarnation: Incarnation(generation: generation, random: 0))
  }

  /// `dot("kec-citta", 3)` is the third change of the node's first incarnation.
  static func dot(_ node: String, _ sequence: UInt64, generation: UInt64 = 1) -> Dot {
    Dot(author: author(node, generation), sequence: self.sequence(sequence))
  }

  /// `context("disdukcapil", 2, "kec-citta", 1)` in first incarnations.
  static func context(_ entries: (String, UInt64)...) -> Context {
    Context(entries.map { Context.Entry(author: author($0.0), counter: sequence($0.1)) })
  }

  static func hash(_ byte: UInt8) -> Hash256 {
    required(Hash256([UInt8](repeating: byte, count: 32)), "a hash of 32 bytes")
  }

  static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  static let record = RecordID(high: 1, low: 2)

  static func gap(_ first: UInt64, _ last: UInt64, count: UInt64 = 1, head: UInt8 = 9) -> Gap {
    required(
      Gap(
        first: sequence(first), last: sequence(last), recordCount: count, reason: .trimmed,
        headAfter: hash(head)),
      "a gap")
  }

  // MARK: Definitions

  static let lalabata = region("73.12.04")
  static let citta = region("73.12.08")
  static let village = "73.12.04.1001"
  static let otherVillage = "73.12.08.2001"

  static let nama = field("nama")
  static let alamat = field("alamat")
  static let hobi = field("hobi")
  static let status = field("status_hidup")
  static let pekerjaan = field("pekerjaan")
  static let wilayah = field("kode_wilayah")

  /// Residents in small: one field of each policy, scope by village.
  static let residents = DatasetDefinition(
    name: dataset("population"), kind: .record, version: 1,
    title: BilingualText(id: "Penduduk", en: "Residents"),
    lane: .record, identity: [], scope: wilayah,
    read: [
      AccessRule(roles: ["dukcapil"]), AccessRule(roles: ["kecamatan"], ownRegionOnly: true),
      AccessRule(roles: ["mitra-data"], fields: [nama]),
    ],
    write: [AccessRule(roles: ["dukcapil"]), AccessRule(roles: ["kecamatan"], ownRegionOnly: true)],
    fields: [
      declared(nama, .text(lengthMax: 100), .review, isRequired: true),
      declared(alamat, .text(lengthMax: 200), .latest),
      declared(hobi, .list(lengthMax: 20, countMax: 10), .union),
      declared(status, .text(lengthMax: 10), .monotone(order: ["hidup", "pindah", "meninggal"])),
      declared(pekerjaan, .text(lengthMax: 50), .authority),
      declared(wilayah, .region, .review, isRequired: true),
    ])

  /// Punches in small: key device and time, no scope.
  static let punches = DatasetDefinition(
    name: dataset("attendance"), kind: .event, version: 1,
    title: BilingualText(id: "Presensi", en: "Attendance"),
    lane: .event, key: [field("device"), field("time")], read: [AccessRule(roles: ["*"])],
    write: [AccessRule(roles: ["*"])],
    fields: [
      declared(field("device"), .text(lengthMax: 20), .latest, isRequired: true),
      declared(field("time"), .instant, .latest, isRequired: true),
      declared(field("ratio"), .decimal(minimum: nil, maximum: nil), .latest),
    ])

  private static func declared(
    _ name: FieldName, _ type: FieldType, _ policy: MergePolicy, isRequired: Bool = false
  ) -> FieldDefinition {
    FieldDefinition(
      name: name, title: BilingualText(id: name.text, en: name.text), type: type, isRequired: isRequired,
      policy: policy, authority: [node("disdukcapil")])
  }

  static func profile(_ node: String, role: String, region: RegionCode = lalabata) -> NodeProfile {
    NodeProfile(
      node: self.node(node), title: BilingualText(id: node, en: node), kind: "skpd", region: region,
      roles: [role])
  }

  static func read(_ role: String, region: RegionCode = lalabata) -> Access {
    Access(rules: residents.read, profile: profile("reader", role: role, region: region))
  }

  static func write(_ role: String, region: RegionCode = lalabata) -> Access {
    Access(rules: residents.write, profile: profile("writer", role: role, region: region))
  }

  // MARK: Changes

  static func sibling(_ dot: Dot, _ value: Value, time: Int64 = 0, isSuspect: Bool = false) -> Sibling {
    Sibling(dot: dot, value: value, time: Timestamp(milliseconds: time), isSuspect: isSuspect)
  }

  static func change(
    _ edits: [(FieldName, Value, Context)], affirming: Context? = nil, traits: Change.Traits = [],
    scopeSeen: Dot? = nil, record: RecordID = record
  ) -> Change {
    Change(
      record: record, traits: traits, edits: edits.map { Change.Edit(field: $0.0, value: $0.1, saw: $0.2) },
      affirmation: affirming, scopeSeen: scopeSeen)
  }

  static func required<Wrapped>(_ value: Wrapped?, _ what: String) -> Wrapped {
    guard let value else { preconditionFailure("\(what) is not well-formed") }
    return value
  }
}

extension SplitMix64 {
  mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }
  mutating func flag() -> Bool { next() & 1 == 1 }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
