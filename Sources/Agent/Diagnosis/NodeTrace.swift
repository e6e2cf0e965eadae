import API
import Datasets
import HTTPServing
import NodeStorage
import Replication
import Wire

/// Says where a record or event is, as far as its office knows. Pure.
struct NodeTrace: Sendable {
  typealias Stage = TraceReply.Stage

  let node: NodeName
  let definition: DatasetDefinition
  let link: LinkStanding
  let language: Language

  private var stream: String { definition.name.text }

  // MARK: Records

  func reply(_ trace: RecordTrace, id: RecordID) -> TraceReply {
    let foreign = foreignChanges(trace)
    // What was given up is no more than a remark on a record that lives.
    let place = trace.own.firstIndex { !$0.isDiscarded } ?? (trace.state == nil ? trace.own.indices.first : nil)
    let newestOwn = place.map { trace.own[$0] }
    // An own change that is not through is what somebody asks about, whatever came since.
    let isOwnFirst = newestOwn.map { own in
      !own.isInCopy || !foreign.contains { isLater($0.time, than: own.time) }
    }
    let first = isOwnFirst == true ? place : nil
    var groups = trace.own.map { (time: $0.time, stages: self.stages($0), stands: !$0.isDiscarded) }
    groups += foreign.map { (time: $0.time, stages: [recorded($0)], stands: true) }
    groups = groups.enumerated().sorted { left, right in
      if let first, left.offset == first || right.offset == first { return left.offset == first }
      return isLater(left.element.time, than: right.element.time)
    }.map(\.element)
    var stages = groups.prefix(TraceReply.changesMax).flatMap(\.stages)
    let standing = isOwnFirst == true ? newestOwn.map { self.standing($0) } : nil
    if trace.state != nil, standing?.now ?? .delivered == .delivered {
      let end = groups.firstIndex(where: \.stands).map { groups[...$0].reduce(0) { $0 + $1.stages.count } } ?? 0
      let delivered = Stage(.delivered, node: node.text, stream: stream, at: nil, position: trace.position)
      stages.insert(delivered, at: min(end, stages.count))
    }
    // What came into the copy once and is not there now is told by the remarks.
    let placed = standing.flatMap { $0.now == .delivered && trace.state == nil ? nil : $0 }
    let now = placed?.now ?? self.place(trace)
    var remarks = placed.map { [$0.why] } ?? (trace.state == nil ? [] : [delivered])
    remarks += self.remarks(trace, newest: isOwnFirst == true ? newestOwn : nil)
    if now != .discarded, let given = trace.own.first(where: \.isDiscarded) { remarks.append(discardedWords(given)) }
    let known = trace.ownTotal + foreign.count
    return TraceReply(
      id: id.description, dataset: stream, now: now, why: BilingualText.joined(remarks)(language),
      stages: stages, waiting: placed?.next.map { [$0] } ?? [], changes: known,
      omitted: known - min(known, min(groups.count, TraceReply.changesMax)),
      aliasOf: trace.view?.lifecycle == .alias ? trace.view?.aliasOf?.description : nil)
  }

  /// Of a record none of whose own changes is under way.
  private func place(_ trace: RecordTrace) -> TraceReply.Place {
    if trace.state != nil { return .delivered }
    return trace.own.isEmpty || trace.isDamaged ? .held : .merged
  }

  private func isLater(_ time: Timestamp?, than other: Timestamp?) -> Bool {
    guard let time else { return false }
    return other.map { time > $0 } ?? true
  }

  /// What other offices wrote that still stands in the copy; what was replaced since only the centre knows.
  private func foreignChanges(_ trace: RecordTrace) -> [(dot: Dot, time: Timestamp?, isSuspect: Bool)] {
    var found: [Dot: (time: Timestamp, isSuspect: Bool)] = [:]
    for field in trace.state?.fields ?? [] {
      for sibling in field.state.siblings where sibling.dot.author.node != node {
        found[sibling.dot] = (sibling.time, sibling.isSuspect)
      }
    }
    return found.sorted { $0.key > $1.key }.map { dot, word -> (dot: Dot, time: Timestamp?, isSuspect: Bool) in
      (dot, word.time, word.isSuspect)
    }
  }

  private func recorded(_ change: (dot: Dot, time: Timestamp?, isSuspect: Bool)) -> Stage {
    Stage(
      .recorded, node: change.dot.author.node.text, stream: stream, at: change.time.map { InstantText.of($0) },
      change: change.dot.description, suspect: change.isSuspect)
  }

  private var delivered: BilingualText {
    BilingualText(
      id: "Ada di salinan kantor ini, seperti yang berlaku di pusat. Kantor lain: tanyakan di pusat.",
      en: "This office's copy has it, as it stands at the centre. Of other offices the centre knows.")
  }

  private func remarks(_ trace: RecordTrace, newest: EntryTrace?) -> [BilingualText] {
    var remarks: [BilingualText] = []
    if let state = trace.state {
      let change = newest.flatMap { entry in
        // What was never in effect was not replaced by anybody.
        entry.heldBack == nil && !entry.isDiscarded ? entry.change.map { (dot: entry.dot, change: $0) } : nil
      }
      remarks += TraceRemarks(state, definition: definition).list(newest: change)
    } else if !trace.isDamaged {
      remarks.append(
        BilingualText(
          id: "Data ini tidak (lagi) di salinan kantor ini: dihapus, digabung, di luar wilayahnya, atau belum diterima "
            + "pusat. Yang mana, diketahui pusat: perintah yang sama di sana.",
          en: "This office's copy does not have it (any more): deleted, merged, out of its scope, or not taken by the "
            + "centre. Which, the centre knows: the same command there."))
    }
    if !trace.heldFields.isEmpty {
      let fields = trace.heldFields.map(\.text).joined(separator: ", ")
      remarks.append(
        BilingualText(
          id: "Isian berkas untuk \(fields) menunggu keputusan: simpulctl quarantine list.",
          en: "A file's value for \(fields) waits for a person: simpulctl quarantine list."))
    }
    if trace.isRecovered {
      remarks.append(
        BilingualText(
          id: "Pusat yang dipulihkan tidak mengenal sebagian isinya: simpulctl quarantine list.",
          en: "A restored centre did not know some of it: simpulctl quarantine list."))
    }
    if trace.isDamaged {
      remarks.append(
        BilingualText(
          id: "Salinannya rusak di disk ini dan diambil lagi dari pusat.",
          en: "The copy of it is damaged on this disk and is fetched again from the centre."))
    }
    return remarks
  }

  // MARK: Events

  /// - Parameter id: the natural key with what the caller may not see masked.
  func reply(_ trace: OccurrenceTrace, id: String) -> TraceReply {
    var stages = trace.own.flatMap { self.stages($0) }
    let standing = trace.own.first.map { self.standing($0) }
    if let shown = trace.shown, let dot = shown.dot, dot.author.node != node {
      stages.insert(recorded((dot, shown.effective, false)), at: 0)
      stages.insert(Stage(.delivered, node: node.text, stream: stream, at: nil), at: 1)
    }
    var remarks = [standing?.why ?? delivered]
    if trace.variantCount > 0 {
      remarks.append(
        BilingualText(
          id: "\(trace.variantCount) isian lain dengan kunci yang sama disimpan, tidak ditampilkan.",
          en: "\(trace.variantCount) other contents of the same key are kept out of sight."))
    }
    let count = max(1, trace.own.count)
    return TraceReply(
      id: id, dataset: stream, now: standing?.now ?? .delivered, why: BilingualText.joined(remarks)(language),
      stages: stages, waiting: standing?.next.map { [$0] } ?? [], changes: count)
  }

  // MARK: One own entry

  private func stages(_ entry: EntryTrace) -> [Stage] {
    let name = entry.dot.description
    func text(_ time: Timestamp?) -> String? { time.map { InstantText.of($0) } }
    var stages = [
      Stage(
        .recorded, node: node.text, stream: stream, at: text(entry.time), change: name, suspect: entry.isSuspect)
    ]
    if entry.isSealed {
      stages.append(Stage(.sent, node: node.text, stream: stream, at: text(entry.sealedAt), change: name))
    }
    guard entry.isAcknowledged else { return stages }
    let centre = NodeName.centre.text
    stages.append(
      Stage(
        .stored, node: centre, stream: stream, at: text(entry.acknowledgedAt), change: name,
        note: (entry.heldBack.map { heldWords($0) } ?? (entry.isDiscarded ? discardedWords(entry) : nil))?(language)))
    if entry.heldBack == nil, !entry.isDiscarded {
      stages.append(
        Stage(
          .merged, node: centre, stream: stream, at: text(entry.acknowledgedAt), change: name,
          position: entry.visibleAt))
    }
    return stages
  }

  private func heldWords(_ held: HeldBackEntry) -> BilingualText {
    let reason = QuarantineReason.text(ofAck: held.reason)
    return BilingualText(
      id: "Ditahan (\(held.code)): \(reason.indonesian)", en: "Held back (\(held.code)): \(reason.english)")
  }

  private func discardedWords(_ entry: EntryTrace) -> BilingualText {
    TraceRemarks.discarded(entry.change, code: nil, reason: entry.discardWords, definition)
  }

  private struct Standing {
    var now: TraceReply.Place
    var why: BilingualText
    var next: TraceReply.Waiting?
  }

  private func standing(_ entry: EntryTrace) -> Standing {
    func waiting(_ step: TraceReply.Step, _ place: NodeName, _ why: BilingualText) -> TraceReply.Waiting {
      TraceReply.Waiting(
        step, node: place.text, stream: stream, since: (link.since ?? entry.time).map { InstantText.of($0) },
        why: why(language))
    }
    if let held = entry.heldBack { return Standing(now: .held, why: heldWords(held), next: nil) }
    if entry.isDiscarded { return Standing(now: .discarded, why: discardedWords(entry), next: nil) }
    if !entry.isSealed {
      let why = link.why.map { BilingualText.joined([Self.onlyHere, $0]) } ?? queued(entry)
      return Standing(now: .recorded, why: why, next: waiting(.sent, node, link.why ?? why))
    }
    if !entry.isAcknowledged {
      let unanswered = BilingualText(
        id: "Sudah dikirim; pusat belum menjawab, dan dikirim lagi sampai dijawab.",
        en: "Sent; the centre has not answered yet, and it goes again until it does.")
      let why = BilingualText.joined([unanswered, link.why].compactMap { $0 })
      return Standing(now: .sent, why: why, next: waiting(.stored, .centre, why))
    }
    if !entry.isInCopy {
      let place = entry.visibleAt.map { " \($0)" } ?? ""
      let behind = BilingualText(
        id: "Pusat sudah menerapkannya; salinan kantor ini belum sampai di posisi umpan\(place).",
        en: "The centre has applied it; this office's copy has not come to the feed's position\(place) yet.")
      let why = BilingualText.joined([behind, link.why].compactMap { $0 })
      return Standing(now: .merged, why: why, next: waiting(.delivered, node, why))
    }
    return Standing(now: .delivered, why: delivered, next: nil)
  }

  private static let onlyHere = BilingualText(
    id: "Tercatat di kantor ini, belum dikirim.", en: "Recorded at this office, not sent yet.")

  private func queued(_ entry: EntryTrace) -> BilingualText {
    let first = entry.waitsBehind + entry.waitsBehindLanes
    return BilingualText.joined([
      Self.onlyHere,
      first == 0
        ? BilingualText(id: "Giliran berikutnya.", en: "It goes next.")
        : BilingualText(
          id:
            "Menunggu \(entry.waitsBehind) catatan sebelumnya di alirannya dan \(entry.waitsBehindLanes) di jalur yang "
            + "lebih penting.",
          en:
            "It waits behind \(entry.waitsBehind) entries of its stream and \(entry.waitsBehindLanes) of lanes that go "
            + "first."),
    ])
  }
}
