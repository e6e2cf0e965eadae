import CentreStorage
import Compression
import Datasets
import NodeStorage
import Sessions
import Wire

/// A record of a dataset.
struct RecordPlace: Hashable, Sendable {
  let dataset: DatasetName
  let record: RecordID
}

/// What was answered to whom, kept outside of everything that can lose it.
final class Promises {
  private struct Row: Hashable {
    let dataset: DatasetName
    let key: String
  }

  private var numbers = 1000
  /// Rows that were handed in: no others may be at the centre.
  private var attempts: Set<Row> = []
  /// Rows of which an office said that they are stored, in order.
  private var answers: [(row: Row, office: NodeName)] = []
  /// Edits of which an office said that they are stored, in order, with what their editor had seen of the record where
  /// somebody had looked at it.
  private var edits: [(place: RecordPlace, dot: Dot, seen: RecordState?)] = []
  /// What offices lost with a disk that was set back: it may be at the centre, or not.
  private var excusedAnswers: Set<Int> = []
  private var excusedEdits: Set<Int> = []
  private var centreRestores = 0
  private var setBack: Set<NodeName> = []
  private var revoked: Set<NodeName> = []
  private var twoDisks: Set<NodeName> = []
  /// What an office's copy has shown of records that the office had edited.
  private var shown: [NodeName: [RecordPlace: Context]] = [:]

  /// So much had been answered.
  struct Moment {
    fileprivate let answers: Int
    fileprivate let edits: Int
  }

  var moment: Moment { Moment(answers: answers.count, edits: edits.count) }

  /// An office's disk holds what it held at that moment.
  func excuse(_ office: NodeName, since moment: Moment) {
    setBack.insert(office)
    shown[office] = nil
    for index in moment.answers..<answers.count where answers[index].office == office { excusedAnswers.insert(index) }
    for index in moment.edits..<edits.count where edits[index].dot.author.node == office { excusedEdits.insert(index) }
  }

  /// While a copy of its disk works, what it holds is not what the office wrote.
  func hasTwoDisks(_ office: NodeName) {
    setBack.insert(office)
    revoked.insert(office)
    twoDisks.insert(office)
  }

  /// Whether a number may stand for two things, or a change be lost that others have seen.
  var mayMissChanges: Bool { !twoDisks.isEmpty || centreRestores > 0 }

  func wasSetBack(_ office: NodeName) -> Bool { setBack.contains(office) }

  /// What an office had recorded before may be held for a while, and is not in its copy then.
  func wasRevoked(_ office: NodeName) { revoked.insert(office) }

  /// The centre may have less than it acknowledged, until the offices have sent it again.
  func centreWasRestored() { centreRestores += 1 }

  func nextNumber() -> Int {
    numbers += 1
    return numbers
  }

  func attempted(_ dataset: DatasetName, _ key: String) { attempts.insert(Row(dataset: dataset, key: key)) }

  func answered(_ dataset: DatasetName, _ key: String, by office: NodeName) {
    answers.append((Row(dataset: dataset, key: key), office))
  }

  func edited(_ place: RecordPlace, _ dot: Dot, seen: RecordState?) { edits.append((place, dot, seen)) }

  // MARK: At every step

  /// An office has carried out an order of its store.
  func heard(_ office: Office, _ order: StoreOrder) async {
    do {
      switch order {
      case .storeAck(let ack, _): try await checkAcknowledged(office, ack)
      case .applyFeed(let feed):
        forgetRetracted(office, feed.part)
        try await checkOwnEdits(office)
      default: break
      }
    } catch {
      // What a reader meets when the power goes, the next order meets too.
      _ = office.survives(error)
    }
  }

  /// Of a record that somebody deletes an unsent edit stays, with what that one had seen alone.
  private func forgetRetracted(_ office: Office, _ part: Feed.Part) {
    guard case .records(let dataset, let compressed) = part,
      let bytes = try? Zstandard.decompress(compressed.bytes, rawCount: compressed.rawCount),
      let records = try? FeedRecords(bytes: bytes)
    else { return }
    for case .retraction(let id) in records.items {
      shown[office.name]?[RecordPlace(dataset: dataset, record: id)] = nil
    }
  }

  /// Acknowledged implies present: an office takes nothing for stored that the centre's disk does not have.
  private func checkAcknowledged(_ office: Office, _ ack: Ack) async throws {
    // Of an office that was set back the centre has more, under the incarnation that was left.
    guard centreRestores == 0, !setBack.contains(office.name), let centre = office.world.centre.store,
      !office.world.centre.disk.isPowerOff
    else { return }
    let streams: [NodeStream]
    do { streams = try await centre.streams(node: office.name) } catch { return }
    let applied = streams.first { $0.dataset == ack.dataset }?.applied ?? .none
    if ack.applied.sequence > applied {
      office.world.violated(
        "\(office.name): \(ack.dataset) acknowledged up to \(ack.applied.sequence), the centre has \(applied)")
    }
  }

  /// The law of own edits: what an office wrote is in its copy, or a change that saw it is.
  private func checkOwnEdits(_ office: Office) async throws {
    guard centreRestores == 0, !revoked.contains(office.name), let store = office.store else { return }
    var latest: [RecordPlace: Dot] = [:]
    for (index, edit) in edits.enumerated() where edit.dot.author.node == office.name {
      if !excusedEdits.contains(index) { latest[edit.place] = edit.dot }
    }
    for (place, dot) in latest.sorted(by: { $0.value < $1.value }) {
      guard let state = try await store.state(place.dataset, place.record), !state.isEmpty else { continue }
      if !state.context.covers(dot) {
        office.world.violated("\(office.name): its own edit \(dot) of \(place.record) has left its copy")
      }
      // Reads are monotonic: what a copy has shown once, or what replaced it, it shows from then on. Of a record that leaves
      // a district an unsent edit stays, with what that one had seen alone; only what is deleted leaves the register.
      guard office.profile.kind != "kecamatan" else { continue }
      if let before = shown[office.name]?[place], !state.context.covers(before) {
        office.world.violated("\(office.name): \(place.record) shows \(state.context) and has shown \(before)")
      }
      shown[office.name, default: [:]][place] = state.context
    }
  }

  // MARK: At the end

  /// Everything that was promised is there once, and nothing else.
  func check(_ world: World) async {
    guard let centre = world.centre.store else { return }
    do {
      try await checkRows(world, centre)
      try await checkEdits(world, centre)
    } catch {
      world.violated("the centre cannot be read: \(error)")
    }
  }

  private func checkRows(_ world: World, _ centre: CentreStore) async throws {
    let found = try await found(world, centre)
    var missing: [NodeName: [Row]] = [:]
    for (index, answer) in answers.enumerated() where !excusedAnswers.contains(index) && !found.contains(answer.row) {
      missing[answer.office, default: []].append(answer.row)
    }
    for (office, rows) in missing.sorted(by: { $0.key < $1.key }) {
      // Samples may be thinned, and then the ledger says how many.
      let samples = rows.count { $0.dataset.text == FleetFiles.camera }
      let ledgered = try await ledgered(centre, office).filter { $0.dataset.text == FleetFiles.camera }.reduce(0) {
        $0 + $1.count
      }
      if samples > ledgered {
        world.violated("\(office): \(samples) samples are missing, the ledger has \(ledgered)")
      }
      for row in rows where row.dataset.text != FleetFiles.camera {
        world.violated("\(row.dataset) \(row.key) was stored and is not at the centre")
      }
    }
    for row in found.subtracting(attempts).sorted(by: { $0.key < $1.key }) {
      world.violated("\(row.dataset) \(row.key) is at the centre and nobody handed it in")
    }
  }

  /// What the centre has, each once.
  private func found(_ world: World, _ centre: CentreStore) async throws -> Set<Row> {
    var found: Set<Row> = []
    let keys = [
      (FleetFiles.attendance, ["device", "pin"]), (FleetFiles.camera, ["device", "pin"]),
      (FleetFiles.incident, ["nomor"]),
    ]
    for (text, fields) in keys {
      guard let dataset = DatasetName(text) else { continue }
      var after: [String]?
      repeat {
        let page = try await centre.occurrences(dataset, after: after, limit: 1000)
        for entry in page.elements {
          let key = fields.map { name in FieldName(name).flatMap { entry[$0]?.text } ?? "" }.joined(separator: " ")
          if !found.insert(Row(dataset: dataset, key: key)).inserted {
            world.violated("\(dataset) \(key) is at the centre twice")
          }
        }
        after = page.next
      } while after != nil
    }
    return found
  }

  private func ledgered(_ centre: CentreStore, _ office: NodeName) async throws -> [CentreStorage.LedgerEntry] {
    var entries: [CentreStorage.LedgerEntry] = []
    var after: Int64 = 0
    while true {
      let page = try await centre.ledger(node: office, after: after, limit: 1000)
      entries += page.elements
      guard let next = page.next else { return entries }
      after = next
    }
  }

  private func checkEdits(_ world: World, _ centre: CentreStore) async throws {
    var histories: [RecordPlace: [CentreStorage.HistoryEntry]] = [:]
    for (index, edit) in edits.enumerated() {
      let (place, dot, seen) = edit
      let history: [CentreStorage.HistoryEntry]
      if let known = histories[place] {
        history = known
      } else {
        history = try await centre.history(place.dataset, place.record)
      }
      histories[place] = history
      let entries = history.filter { $0.dot == dot || isAnew($0.dot, dot) }
      // The copy may have said something else under that number.
      let mayBeTwice = twoDisks.contains(dot.author.node)
      var isExplained = excusedEdits.contains(index)
      if entries.isEmpty, !isExplained { isExplained = try await isLedgered(dot, of: place.dataset, centre) }
      if (entries.count > 1 && !mayBeTwice) || (entries.isEmpty && !isExplained) {
        world.violated("the edit \(dot) of \(place.record) is at the centre \(entries.count) times")
      }
      if let seen, let change = entries.first?.change { checkSeen(change, dot, seen, world) }
    }
    for (place, history) in histories { try await checkSiblings(place, history, world) }
  }

  /// What a restored centre had lost, and its office did not keep so long: its state is shelved there for a person.
  private func isLedgered(_ dot: Dot, of dataset: DatasetName, _ centre: CentreStore) async throws -> Bool {
    guard centreRestores > 0 else { return false }
    return try await ledgered(centre, dot.author.node).contains {
      $0.dataset == dataset && $0.incarnation == dot.author.incarnation && $0.first <= dot.sequence
        && dot.sequence <= $0.last
    }
  }

  /// Where a copy of its disk has spoken in its place, an office branches off: what it had not sent is its new incarnation's,
  /// under the same number.
  private func isAnew(_ found: Dot, _ dot: Dot) -> Bool {
    twoDisks.contains(dot.author.node) && found.author.node == dot.author.node && found.sequence == dot.sequence
  }

  /// No edit counts as one that saw what its editor had not on the screen; but by the law of own edits it saw all that
  /// its office had written before.
  private func checkSeen(_ change: Change, _ dot: Dot, _ seen: RecordState, _ world: World) {
    for edit in change.edits {
      let others = edit.saw.entries.filter { $0.author.node != dot.author.node }
      if others.allSatisfy({ seen[edit.field].context.covers(Dot(author: $0.author, sequence: $0.counter)) }) {
        continue
      }
      world.violated("the edit \(dot) replaces a value of \(edit.field) that its editor had not seen")
    }
  }

  /// A field's siblings are the changes that no other change has seen, and no others (merge.md), counted from the history.
  private func checkSiblings(_ place: RecordPlace, _ history: [CentreStorage.HistoryEntry], _ world: World) async throws
  {
    // Who keeps the register reads every record.
    guard let state = try await world.offices.first?.store?.state(place.dataset, place.record), !state.isEmpty else {
      return
    }
    var changes: [FieldName: [(dot: Dot, saw: Context)]] = [:]
    for entry in history {
      if case .held = entry.fate { continue }
      for edit in entry.change.edits { changes[edit.field, default: []].append((entry.dot, edit.saw)) }
    }
    for (field, all) in changes where !["lifecycle", "alias_of"].contains(field.text) {
      let unseen = all.filter { one in !all.contains { $0.saw.covers(one.dot) } }.map(\.dot)
      let siblings = state[field].siblings.map(\.dot)
      if Set(unseen) != Set(siblings) {
        world.violated("\(field) of \(place.record) shows \(siblings), nobody has seen \(unseen)")
      }
    }
  }
}
