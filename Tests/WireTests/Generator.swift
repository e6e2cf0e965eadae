import Datasets
import Wire

/// Makes valid things of every kind from a seed, with the ends of their ranges among them.
struct Generator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func flag() -> Bool { next() & 1 == 1 }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
  mutating func list<Element>(upTo count: Int, _ make: (inout Generator) -> Element) -> [Element] {
    (0..<below(count + 1)).map { _ in make(&self) }
  }
  mutating func maybe<Element>(_ make: (inout Generator) -> Element) -> Element? {
    flag() ? make(&self) : nil
  }

  /// Numbers of every length, the greatest among them.
  mutating func number() -> UInt64 { pick([0, 1, 127, 128, next() >> UInt64(below(64)), .max]) }
  mutating func bytes(upTo count: Int) -> [UInt8] {
    list(upTo: count) { UInt8(truncatingIfNeeded: $0.next()) }
  }
  mutating func text(upTo count: Int) -> String {
    String(list(upTo: count) { $0.pick(["a", "Z", " ", "é", "ꦱ", "😀", "\0", "\n", "\"", ";"]) as Character })
  }

  // MARK: Identity

  mutating func node() -> NodeName {
    NodeName(pick(["disdukcapil", "kec-citta", "kec-ganra", "a", "scc"])) ?? .centre
  }
  mutating func dataset() -> DatasetName { Fixed.dataset(pick(["population", "attendance", "camera"])) }
  mutating func field() -> FieldName {
    pick([.lifecycle, .aliasOf] + ["nik", "nama", "alamat", "rt", "rw", "kode_wilayah"].map(Fixed.field))
  }
  mutating func incarnation() -> Incarnation { Incarnation(generation: number(), random: next()) }
  mutating func author() -> Author {
    Author(node: node(), incarnation: Incarnation(generation: UInt64(1 + below(3)), random: UInt64(below(2))))
  }
  /// Above none.
  mutating func sequence() -> Datasets.Sequence {
    Datasets.Sequence(pick([1, 2, 1 + next() % 300, Datasets.Sequence.max.value])) ?? .max
  }
  mutating func dot() -> Dot { Dot(author: author(), sequence: sequence()) }
  mutating func recordID() -> RecordID { RecordID(high: next(), low: next()) }
  mutating func hash() -> Hash256 {
    Hash256((0..<32).map { _ in UInt8(truncatingIfNeeded: next()) }) ?? .zero
  }
  mutating func mark() -> StreamMark { StreamMark(sequence: sequence(), head: hash()) }
  mutating func cursor() -> FeedCursor { FeedCursor(epoch: incarnation(), position: number()) }
  mutating func context() -> Context {
    Context(list(upTo: 5) { Context.Entry(author: $0.author(), counter: $0.sequence()) })
  }

  // MARK: Values

  mutating func timestamp() -> Timestamp {
    let limit = Limits.timestampMillisecondsMax
    return Timestamp(milliseconds: pick([0, -1, 1_760_000_000_123, limit, -limit]))
  }

  mutating func value() -> Value {
    switch below(9) {
    case 0: .null
    case 1: .boolean(flag())
    case 2: .integer(pick([0, -1, .min, .max, Int64(truncatingIfNeeded: next())]))
    case 3: .decimal(pick(["0", "-0.5", "12.25", "100", "0.000001"]))
    case 4: .date(CalendarDate(daysSinceEpoch: pick([0, -719_162, 2_932_896, .min, .max])))
    case 5:
      .instant(
        ZonedInstant(
          timestamp: Timestamp(milliseconds: pick([0, -1, -1000, 1_760_000_000_000, 1_760_000_000_999])),
          offsetMinutes: pick([0, 480, -1439, 1439])))
    case 6: .list(of: list(upTo: 5) { $0.text(upTo: 4) })
    default: .text(text(upTo: 12))
    }
  }

  mutating func fieldState() -> FieldState {
    var context = context()
    var dots: Set<Dot> = []
    for _ in 0..<below(4) { dots.insert(dot()) }
    for dot in dots { context.insert(dot) }
    let siblings = dots.sorted().map { dot in
      Sibling(dot: dot, value: value(), time: timestamp(), isSuspect: flag())
    }
    return FieldState(context: context, siblings: siblings)
  }

  mutating func recordState() -> RecordState {
    var state = RecordState.empty
    for _ in 0..<below(6) { state[field()] = fieldState() }
    return state
  }

  // MARK: Entries

  mutating func seal() -> Seal {
    Seal(
      effective: timestamp(), suspicion: Seal.Suspicion(rawValue: UInt8(below(256))), wall: timestamp(),
      boot: number(), uptimeMilliseconds: number())
  }

  mutating func change() -> Change {
    let names = Set(list(upTo: 6) { $0.field() }).sorted()
    let shared = context()
    return Change(
      record: recordID(), traits: Change.Traits(rawValue: UInt8(below(256))),
      edits: names.map { Change.Edit(field: $0, value: value(), saw: flag() ? shared : context()) },
      affirmation: maybe { $0.context() }, scopeSeen: maybe { $0.dot() }, reason: maybe { $0.text(upTo: 40) },
      source: maybe { $0.text(upTo: 20) })
  }

  mutating func occurrence() -> Occurrence {
    let names = Set(list(upTo: 6) { $0.field() }).sorted()
    return Occurrence(fields: names.map { Occurrence.FieldValue(name: $0, value: value()) })
  }

  mutating func gap() -> Gap {
    let first = Datasets.Sequence(1 + next() % 1000) ?? .max
    let length = 1 + next() % 1000
    let gap = Gap(
      first: first, last: first.advanced(by: length - 1), recordCount: 1 + next() % length,
      reason: pick(Gap.Reason.allCases), headAfter: hash())
    return gap ?? Fixed.gap
  }

  mutating func entry() -> Entry {
    switch below(3) {
    case 0: .occurrence(seal(), occurrence())
    case 1: .change(seal(), change())
    default: .gap(gap())
    }
  }
}

/// Names that are known to be well-formed.
enum Fixed {
  static func dataset(_ text: String) -> DatasetName {
    guard let name = DatasetName(text) else { preconditionFailure("\(text) is no dataset name") }
    return name
  }

  static func field(_ text: String) -> FieldName {
    guard let name = FieldName(text) else { preconditionFailure("\(text) is no field name") }
    return name
  }

  static var gap: Gap {
    guard
      let gap = Gap(
        first: Datasets.Sequence.none.next, last: Datasets.Sequence.none.next, recordCount: 1,
        reason: .thinned,
        headAfter: .zero)
    else { preconditionFailure("a gap of one entry is a gap") }
    return gap
  }
}
