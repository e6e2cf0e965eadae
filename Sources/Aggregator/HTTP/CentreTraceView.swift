import API
import CentreStorage
import Datasets
import HTTPServing
import Replication
import Wire

/// Says where a record or event is, as the centre knows: what came, and which offices have confirmed it. Pure.
struct CentreTraceView: Sendable {
  /// An office that may have to be told, and what it may read.
  struct Reader: Sendable {
    let office: OfficeView
    /// Of the dataset; empty when it reads none of it.
    let read: Access
  }

  let definition: DatasetDefinition
  /// By name.
  let readers: [Reader]
  /// The only office that is asked about; nil for all.
  var asked: NodeName?
  let language: Language

  private var stream: String { definition.name.text }

  /// - Parameter id: the record's, or the natural key with what the caller may not see masked.
  func reply(_ trace: CentreTrace, id: String) -> TraceReply {
    let told = told(trace)
    let delivery = delivery(trace, toldOf: told)
    var stages = told == nil ? delivery.stages : []
    for entry in trace.entries {
      stages += self.stages(entry)
      if entry.dot == told?.dot { stages += delivery.stages }
    }
    let now = place(trace, told, delivery)
    var remarks = [sentence(told, now, delivery)]
    if let asked, delivery.readerCount == 0, let place = trace.place { remarks.append(outOfScope(asked, place)) }
    if let record = trace.record {
      let newest = told.flatMap { entry in
        entry.position == nil ? nil : entry.change.map { (dot: entry.dot, change: $0) }
      }
      remarks += TraceRemarks(record.state, definition: definition).list(newest: newest)
    }
    if now != .discarded, let entry = trace.entries.lazy.compactMap(\.discarded).first { remarks.append(words(entry)) }
    if trace.variantCount > 0 {
      remarks.append(
        BilingualText(
          id: "\(trace.variantCount) isian lain dengan kunci yang sama disimpan, tidak ditampilkan.",
          en: "\(trace.variantCount) other contents of the same key are kept out of sight."))
    }
    let alias = trace.record?.state.mergedInto
    return TraceReply(
      id: id, dataset: stream, now: now, why: BilingualText.joined(remarks)(language), stages: stages,
      waiting: delivery.waiting, changes: trace.total, omitted: trace.total - min(trace.total, trace.entries.count),
      aliasOf: alias?.description)
  }

  /// The change that the answer is about first: the newest that was not given up, because what was given up is no more than
  /// a remark on a record that lives. Nil when nothing of what is listed stands, although the record does.
  private func told(_ trace: CentreTrace) -> TracedEntry? {
    trace.entries.first { $0.discarded == nil } ?? (trace.place == nil ? trace.entries.first : nil)
  }

  // MARK: What came

  private func stages(_ entry: TracedEntry) -> [TraceReply.Stage] {
    let (author, name, centre) = (entry.dot.author.node.text, entry.dot.description, NodeName.centre.text)
    func text(_ time: Timestamp?) -> String? { time.map { InstantText.of($0) } }
    var stages = [
      TraceReply.Stage(
        .recorded, node: author, stream: stream, at: text(entry.time), change: name, suspect: entry.isSuspect)
    ]
    // The centre's own changes are stored where they are made.
    if entry.dot.author.node != .centre {
      stages.append(TraceReply.Stage(.sent, node: author, stream: stream, at: nil, change: name))
    }
    stages.append(
      TraceReply.Stage(
        .stored, node: centre, stream: stream, at: text(entry.received), change: name, note: note(entry)))
    if let position = entry.position {
      stages.append(
        TraceReply.Stage(
          .merged, node: centre, stream: stream, at: text(entry.received), change: name, position: position,
          note: entry.fate == .replaced ? Self.replaced(language) : nil))
    }
    return stages
  }

  private static let replaced = BilingualText(
    id: "Saat tiba, isinya sudah diganti oleh perubahan yang melihatnya.",
    en: "When it came, changes that saw it had replaced it already.")

  private func note(_ entry: TracedEntry) -> String? {
    guard case .aside(let held) = entry.fate else { return nil }
    return words(held)(language)
  }

  private func words(_ entry: QuarantineEntry) -> BilingualText {
    switch entry.state {
    case .held:
      // What waits for another stream, for the time to come or for a decision on another entry goes in by itself.
      let parked: [QuarantineReason.Code] = [.unknownContext, .unknownDataset, .futureTime, .awaitsDecision]
      if parked.contains(where: { $0.rawValue == entry.code }) {
        return BilingualText(
          id: "Diparkir (\(entry.code)), masuk sendiri bila sebabnya hilang: \(entry.reason.indonesian)",
          en: "Parked (\(entry.code)), taken in by itself once the cause is gone: \(entry.reason.english)")
      }
      return BilingualText(
        id:
          "Ditahan (\(entry.code)): \(entry.reason.indonesian) Putuskan: simpulctl quarantine show \(entry.id).",
        en: "Held back (\(entry.code)): \(entry.reason.english) Decide: simpulctl quarantine show \(entry.id).")
    case .discarded:
      var change: Change?
      if case .change(_, let made)? = entry.entry { change = made }
      return TraceRemarks.discarded(change, code: entry.code, reason: entry.decision, definition)
    case .mended:
      return BilingualText(
        id: "Diperbaiki: perubahan pusat menggantikannya.", en: "Put right: a change of the centre's stands for it.")
    case .requeued:
      return BilingualText(id: "Dimasukkan dari karantina.", en: "Taken in from quarantine.")
    }
  }

  // MARK: Who has it

  private struct Delivery {
    var stages: [TraceReply.Stage] = []
    var waiting: [TraceReply.Waiting] = []
    /// Offices that read it.
    var readerCount = 0
  }

  private func delivery(_ trace: CentreTrace, toldOf told: TracedEntry?) -> Delivery {
    var delivery = Delivery()
    guard let place = trace.place else { return delivery }
    let author = told?.dot.author.node
    for reader in readers where asked.map({ $0 == reader.office.node }) ?? true {
      let node = reader.office.node
      guard let note = note(of: reader, place, isAuthor: node == author) else { continue }
      delivery.readerCount += 1
      if let confirmed = trace.confirmed[node], confirmed >= place.position {
        delivery.stages.append(
          TraceReply.Stage(
            .delivered, node: node.text, stream: stream, at: reader.office.lastSeen.map { InstantText.of($0) },
            position: place.position, note: note.map { $0(language) }))
      } else {
        let (why, since) = obstacle(reader.office, trace.confirmed[node], place)
        delivery.waiting.append(
          TraceReply.Waiting(
            .delivered, node: node.text, stream: stream, since: since.map { InstantText.of($0) },
            why: BilingualText.joined([why, note].compactMap { $0 })(language)))
      }
    }
    return delivery
  }

  /// - Returns: nil for an office that is not told; what is special about how it is, if anything.
  private func note(of reader: Reader, _ place: CentreTrace.Place, isAuthor: Bool) -> BilingualText?? {
    guard ![.absent, .invited].contains(reader.office.state), !reader.read.isEmpty else { return .none }
    guard definition.kind == .record else {
      // Its own events an office has.
      return reader.read.includes(scope: nil) && !isAuthor ? .some(nil) : .none
    }
    let delivery = FeedScope(definition: definition, read: reader.read).delivery(
      scope: place.scope, isHidden: place.isHidden, departures: place.departures, since: 0)
    switch delivery {
    case .nothing: return .none
    case .retraction:
      if place.isHidden {
        return BilingualText(
          id: "Diberi tahu bahwa data ini dihapus atau digabung.",
          en: "It is told that the record is deleted or merged.")
      }
      return BilingualText(
        id: "Diberi tahu bahwa data ini tidak (lagi) untuk kantor ini.",
        en: "It is told that the record is not (or no longer) for this office.")
    case .state(fields: nil): return .some(nil)
    case .state:
      return BilingualText(id: "Hanya kolom yang boleh dibacanya.", en: "Only the fields that it may read.")
    }
  }

  private func outOfScope(_ node: NodeName, _ place: CentreTrace.Place) -> BilingualText {
    let reader = readers.first { $0.office.node == node }
    let scope = place.scope?.text ?? "-"
    if reader.map({ [.absent, .invited].contains($0.office.state) }) ?? false {
      return BilingualText(id: "\(node) belum pernah tersambung.", en: "\(node) has never been connected.")
    }
    if reader?.read.isEmpty ?? true {
      return BilingualText(
        id: "\(node) tidak berhak membaca \(definition.name).", en: "\(node) may not read \(definition.name).")
    }
    return BilingualText(
      id: "Di luar lingkup \(node) (wilayah data ini: \(scope)), atau dicatat kantor itu sendiri.",
      en: "Out of the scope of \(node) (this record's region: \(scope)), or recorded by it itself.")
  }

  private func obstacle(
    _ office: OfficeView, _ confirmed: UInt64?, _ place: CentreTrace.Place
  ) -> (why: BilingualText, since: Timestamp?) {
    let seen = office.lastSeen.map { InstantText.of($0) } ?? "?"
    switch office.state {
    case .online:
      let behind = place.position - min(place.position, confirmed ?? 0)
      return (
        BilingualText(
          id: "Tersambung dan sedang mengejar: \(behind) posisi umpan di belakang.",
          en: "Connected and catching up: \(behind) positions of the feed behind."), nil
      )
    case .fenced:
      return (
        BilingualText(
          id: "Kantor itu diblokir (\(office.fenceReason?.indonesian ?? "?")).",
          en: "That office is fenced (\(office.fenceReason?.english ?? "?"))."),
        office.lastSeen
      )
    case .revoked:
      return (
        BilingualText(id: "Kunci kantor itu dicabut.", en: "That office's key is revoked."), office.lastSeen
      )
    case .offline, .invited, .absent:
      return (
        BilingualText(
          id: "Jaringan kantor itu putus; terakhir terdengar \(seen).",
          en: "The link of that office is down; last heard \(seen)."), office.lastSeen
      )
    }
  }

  // MARK: Where it is

  private func place(_ trace: CentreTrace, _ told: TracedEntry?, _ delivery: Delivery) -> TraceReply.Place {
    if case .aside(let entry)? = told?.fate {
      switch entry.state {
      case .held: return .held
      case .discarded: return .discarded
      case .mended, .requeued: break
      }
    }
    guard trace.place != nil else { return .stored }
    // An office that is asked about and need not be told has it not.
    if asked != nil, delivery.readerCount == 0 { return .merged }
    return delivery.waiting.isEmpty ? .delivered : .merged
  }

  private func sentence(
    _ told: TracedEntry?, _ now: TraceReply.Place, _ delivery: Delivery
  ) -> BilingualText {
    if case .aside(let entry)? = told?.fate, now != .merged, now != .delivered {
      return words(entry)
    }
    // "Digabung" and "merged" are said of people alone.
    let merged = BilingualText(id: "Sudah diterapkan di pusat.", en: "Applied at the centre.")
    if delivery.readerCount == 0 {
      if asked != nil { return merged }
      return BilingualText.joined([
        merged,
        BilingualText(id: "Tidak ada kantor lain yang membacanya.", en: "No other office reads it."),
      ])
    }
    if delivery.waiting.isEmpty {
      return BilingualText.joined([
        merged,
        BilingualText(
          id: "Semua kantor yang membacanya (\(delivery.readerCount)) sudah mengonfirmasi.",
          en: "All offices that read it (\(delivery.readerCount)) have confirmed it."),
      ])
    }
    let names = delivery.waiting.prefix(5).map(\.node).joined(separator: ", ")
    let count = delivery.readerCount - delivery.waiting.count
    return BilingualText.joined([
      merged,
      BilingualText(
        id: "\(count) dari \(delivery.readerCount) kantor sudah mengonfirmasi; belum: \(names).",
        en: "\(count) of \(delivery.readerCount) offices have confirmed it; not yet: \(names)."),
    ])
  }
}

extension TracedEntry {
  /// What somebody gave up, if this is it.
  fileprivate var discarded: QuarantineEntry? {
    guard case .aside(let entry) = fate, entry.state == .discarded else { return nil }
    return entry
  }
}
