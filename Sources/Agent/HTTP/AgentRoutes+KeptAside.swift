import API
import Datasets
import HTTPServing
import Hummingbird
import Logging
import Machine
import NodeStorage
import Replication
import Sessions
import Settings
import Wire

extension AgentRoutes {
  /// Of each kind of what is kept aside, this many are looked at; the rest shows once some of these are dealt
  /// with.
  static let keptAsideMax = 10_000

  /// What was dropped on purpose or lost at this office, in order of stream and sequence.
  func getLedger(_ call: HTTPCall) async throws -> Response {
    let filter = try call.datasetFilter()
    try requireHere(call)
    let all = try await context.store.ledger(limit: Self.keptAsideMax)
      .filter { filter == nil || $0.dataset == filter }
    let (entries, next) = try cut(all, call)
    var reply = LedgerReply(
      ledger: entries.map {
        LedgerReply.Entry(
          node: context.settings.node.text, dataset: $0.dataset.text, first: $0.first.value,
          last: $0.last.value,
          count: $0.recordCount, reason: $0.reason.word, at: InstantText.of($0.at))
      })
    reply.next = next
    return try .json(reply)
  }

  /// What waits for a person at this office ("ditahan"), oldest kind of trouble first.
  func listQuarantine(_ call: HTTPCall) async throws -> Response {
    let filter = try call.datasetFilter()
    try requireHere(call)
    let all = try await keptAside(call).filter { filter == nil || $0.entry.dataset == filter?.text }
    let (items, next) = try cut(all, call)
    var reply = QuarantineReply(quarantine: items.map(\.entry))
    reply.next = next
    return try .json(reply)
  }

  func getQuarantined(_ call: HTTPCall) async throws -> Response {
    let item = try await keptAside(call.parameter("entry"), call)
    var entry = item.entry
    let rendering = call.rendering(
      DatasetName(entry.dataset).flatMap { context.catalogue.dataset($0)?.definition })
    entry.fields = rendering.members(item.values, of: entry.record.flatMap { RecordID($0) })
    entry.present = try await present(besides: item, rendering)
    entry.beside = try await beside(item.entry, rendering)
    return try .json(entry)
  }

  /// What the record shows where a file says otherwise; nil for everything else that is kept aside.
  private func present(
    besides item: KeptAside, _ rendering: RecordRendering
  ) async throws -> [String: JSONValue]? {
    guard item.entry.code == "held_value", let dataset = DatasetName(item.entry.dataset),
      let record = item.entry.record.flatMap({ RecordID($0) }),
      let view = try await context.store.record(dataset, record)
    else { return nil }
    return rendering.members(item.values.map { ($0.name, view[$0.name] ?? .null) }, of: record)
  }

  /// What waits for this office's word is dealt with here; what the centre holds is decided there.
  func discardQuarantined(_ call: HTTPCall) async throws -> Response {
    let (item, reason) = try await decided(call)
    let id = item.entry.id
    try await call.audited(.discard, "quarantine/\(id)", reason: reason) {
      try await dismiss(item.entry, call.language)
    }
    call.logger.notice(
      "kept aside", metadata: ["entry": "\(id)", "code": "\(item.entry.code)", "reason": "\(reason)"])
    return try .json(QuarantineReply.Decision(id: id, outcome: "discarded"))
  }

  /// A state that a restored centre does not know goes back to it as an ordinary change of this office.
  func requeueQuarantined(_ call: HTTPCall) async throws -> Response {
    let (item, reason) = try await decided(call)
    let entry = item.entry
    guard entry.code == "recovered", let dataset = DatasetName(entry.dataset).flatMap(context.catalogue.dataset) else {
      throw HTTPProblem(
        .conflict, "not_requeued",
        BilingualText(
          id: "Ini tidak dikirim ulang: simpan nilai yang benar di data itu, lalu buang yang ini (discard).",
          en: "This is not sent again: save the right value in the record, then discard this."),
        language: call.language)
    }
    let decision: QuarantineReply.Decision
    do {
      let offer = try await call.audited(.requeue, "quarantine/\(entry.id)", reason: reason) {
        try await context.store.offerRecovered(
          Self.number(of: entry), reason: reason, now: MachineClock.reading())
      }
      if let dot = offer.recorded {
        await context.replicator.appended(offer.dataset, lane: dataset.definition.lane, last: dot.sequence)
      }
      decision = Self.decision(on: entry.id, offer, call.language)
    } catch let refusal as EditRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
    call.logger.notice(
      "kept aside", metadata: ["entry": "\(entry.id)", "outcome": "\(decision.outcome)", "reason": "\(reason)"])
    return try .json(decision)
  }

  /// What a person has decided about, with the reason; what the centre holds is not this office's to decide.
  private func decided(_ call: HTTPCall) async throws -> (item: KeptAside, reason: String) {
    let reason = try await call.requiredReasonOfBody()
    let item = try await keptAside(call.parameter("entry"), call)
    let ours = ["held_value", "recovered", LossReason.damaged.word, LossReason.trimmed.word]
    guard ours.contains(item.entry.code) else {
      throw HTTPProblem.decidedAtTheCentre(call.language)
    }
    return (item, reason)
  }

  /// Under which a value or state is kept.
  static func number(of entry: QuarantineReply.Entry) -> Int64 {
    Int64(entry.id.split(separator: "/").last ?? "") ?? 0
  }

  private func dismiss(_ entry: QuarantineReply.Entry, _ language: Language) async throws {
    let number = Self.number(of: entry)
    switch entry.code {
    case "held_value": try await context.store.dismissHeldValue(number)
    case "recovered": try await context.store.discardRecovered(number, now: MachineClock.reading())
    default:
      guard let dataset = DatasetName(entry.dataset), let sequence = Sequence(entry.sequence) else {
        throw HTTPProblem.unknownKeptAside(language)
      }
      try await context.store.dismissHeldBack(dataset, sequence)
    }
  }

  /// The file is right about a value that this office changed itself: it becomes an edit of this office.
  func takeHeldValue(_ call: HTTPCall) async throws -> Response {
    let (item, reason) = try await decided(call)
    let id = item.entry.id
    guard item.entry.code == "held_value", let name = DatasetName(item.entry.dataset),
      let dataset = context.catalogue.dataset(name), let record = item.entry.record.flatMap({ RecordID($0) })
    else {
      throw HTTPProblem(
        .conflict, "not_a_held_value",
        BilingualText(
          id: "Hanya nilai berkas yang ditahan (value/…) dapat diambil.",
          en: "Only a file's value that is held (value/…) can be taken."),
        language: call.language)
    }
    let number = Self.number(of: item.entry)
    let isCorrection = try call.flag("correction")
    let version = try call.ifMatch()
    do {
      let saved = try await call.audited(.resolve, "quarantine/\(id)", reason: reason) {
        try await context.store.takeHeldValue(
          number, version: version, isCorrection: isCorrection, reason: reason, now: MachineClock.reading())
      }
      await announce(saved, of: dataset)
    } catch let refusal as EditRefusal {
      let present = try await present(dataset, record, call.rendering(ofOrder: dataset.definition))
      throw HTTPProblem(refusal, language: call.language, present: present)
    }
    return try .json(QuarantineReply.Decision(id: id, outcome: "applied"))
  }

  private typealias KeptAside = (entry: QuarantineReply.Entry, values: [(name: FieldName, value: Value)])

  private func keptAside(_ call: HTTPCall) async throws -> [KeptAside] {
    let store = context.store
    let held = try await store.heldBack(limit: Self.keptAsideMax).map { item($0, call.language) }
    let values = try await store.heldValues(limit: Self.keptAsideMax).map { item($0, call.language) }
    return try await held + values + store.recovered(limit: Self.keptAsideMax).map { item($0, call.language) }
  }

  /// One of them, without a look at the others: there may be thousands, and each is decided by itself.
  private func keptAside(_ id: String, _ call: HTTPCall) async throws -> KeptAside {
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    let store = context.store
    if parts.count == 2, let number = Int64(parts[1]), number > 0 {
      switch parts[0] {
      case "value":
        if let held = try await store.heldValues(after: number - 1, limit: 1).first, held.number == number {
          return item(held, call.language)
        }
      case "recovered":
        if let recovered = try await store.recovered(after: number - 1, limit: 1).first, recovered.number == number {
          return item(recovered, call.language)
        }
      default:
        if let dataset = DatasetName(String(parts[0])), let sequence = Sequence(UInt64(number)),
          let held = try await store.heldBack(dataset, sequence)
        {
          return item(held, call.language)
        }
      }
    }
    throw HTTPProblem.unknownKeptAside(call.language)
  }

  private func item(_ held: HeldBackEntry, _ language: Language) -> KeptAside {
    let entry = QuarantineReply.Entry(
      id: "\(held.dataset)/\(held.sequence)", node: context.settings.node.text, dataset: held.dataset.text,
      sequence: held.sequence.value, record: held.record?.description, code: held.code,
      reason: IdentityNumbers.masked(QuarantineReason.text(ofAck: held.reason)(language)),
      at: InstantText.of(held.at))
    return (entry, held.change?.edits.map { ($0.field, $0.value) } ?? [])
  }

  private func item(_ held: HeldValue, _ language: Language) -> KeptAside {
    let entry = QuarantineReply.Entry(
      id: "value/\(held.number)", node: context.settings.node.text, dataset: held.dataset.text, sequence: 0,
      record: held.record.description, code: "held_value",
      // It names the file's source, which people name.
      reason: IdentityNumbers.masked(Self.heldValue(held)(language)), at: InstantText.of(held.at))
    return (entry, [(held.field, held.value)])
  }

  private func item(_ recovered: RecoveredRecord, _ language: Language) -> KeptAside {
    let entry = QuarantineReply.Entry(
      id: "recovered/\(recovered.number)", node: context.settings.node.text, dataset: recovered.dataset.text,
      sequence: 0, record: recovered.record.description, code: "recovered", reason: Self.recovered(language),
      at: InstantText.of(recovered.at))
    return (entry, values(of: recovered))
  }

  private func values(of recovered: RecoveredRecord) -> [(name: FieldName, value: Value)] {
    guard let definition = context.catalogue.dataset(recovered.dataset)?.definition else { return [] }
    return ShownRecord(recovered.state, definition: definition).fields
  }

  private static func heldValue(_ held: HeldValue) -> BilingualText {
    BilingualText(
      id:
        "Berkas (sumber \(held.source)) berbeda di kolom \(held.field) yang sudah diubah kantor ini. "
        + "Putuskan mana yang benar: simpulctl quarantine take value/\(held.number) --reason \"ALASAN\" (berkas) "
        + "atau simpulctl quarantine discard value/\(held.number) --reason \"ALASAN\" (kantor).",
      en:
        "A file (source \(held.source)) differs in \(held.field), which this office has changed. Decide "
        + "which is right: simpulctl quarantine take value/\(held.number) --reason \"TEXT\" (the file) or "
        + "simpulctl quarantine discard value/\(held.number) --reason \"TEXT\" (the office).")
  }

  private static let recovered = BilingualText(
    id:
      "Pusat yang dipulihkan dari cadangan tidak mengenal isi ini lagi. Periksa; kirim kembali (requeue) yang "
      + "masih benar, buang (discard) yang lain.",
    en:
      "The centre, restored from a backup, no longer knows this. Check it; send back (requeue) what still holds, "
      + "discard the rest.")

  // MARK: Paging

  /// The page of `all` that the call asks for, and the cursor of the next.
  private func cut<Element>(_ all: [Element], _ call: HTTPCall) throws -> (
    page: ArraySlice<Element>, next: String?
  ) {
    let limit = try call.limit()
    let offset = try call.cursor { cursor in
      cursor.parts.count == 1 ? cursor.parts.first.flatMap { UInt32($0) }.map { Int($0) } : nil
    }
    let start = min(offset ?? 0, all.count)
    let end = min(start + limit, all.count)
    return (all[start..<end], end < all.count ? PageCursor([String(end)]).text : nil)
  }
}

extension HTTPProblem {
  fileprivate static func decidedAtTheCentre(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "decided_at_the_centre",
      BilingualText(
        id: "Ini ditahan oleh pusat; diputuskan di sana (di pusat: simpulctl quarantine list).",
        en: "The centre holds this; it is decided there (at the centre: simpulctl quarantine list)."),
      language: language)
  }

  fileprivate static func unknownKeptAside(_ language: Language) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_entry",
      BilingualText(
        id: "Tidak ada yang ditahan dengan nama itu. Daftarnya: simpulctl quarantine list.",
        en: "Nothing of that name is held back. The list: simpulctl quarantine list."),
      language: language)
  }
}
