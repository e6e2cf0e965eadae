import API
import Collectors
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import NIOCore
import NodeStorage
import Replication
import Sessions

extension AgentRoutes {
  /// Takes the rows of a body of any size and answers after the last commit is on the disk.
  ///
  /// A body that breaks off leaves the rows of whole batches; so does a store that becomes full on the way,
  /// and then the 507 counts what was taken before. Sending the same body again doubles nothing in either
  /// case. With `?dry_run=true` the same rows go the same way into a scratch store, and nothing is kept.
  func postRecords(_ call: HTTPCall) async throws -> Response {
    let dataset = try dataset(call)
    let name = dataset.definition.name
    guard !dataset.write.isEmpty else {
      throw HTTPProblem(Intake.notPermitted(dataset.definition), language: call.language)
    }
    let body = try intakeBody(call)
    let source = try source(call)
    var delivery = Intake.Delivery.request(
      name, source: source ?? ImportRun.defaultSource, idempotencyKey: try idempotencyKey(call))
    delivery.refusesUnknown = try refusesUnknown(call)
    // Whoever names a source says that it may repeat itself; one object without is a person's entry.
    let mayBeOneRecord = body == .json && source == nil
    guard try call.flag("dry_run") else {
      return try await take(call, dataset, body, delivery, mayBeOneRecord)
    }
    do {
      return try await context.intake.tryingOut(name) { dryRun in
        var trying = delivery
        trying.dryRun = dryRun
        return try await take(call, dataset, body, trying, mayBeOneRecord)
      }
    } catch let refusal as IntakeRefusal {
      throw HTTPProblem(refusal, language: call.language)
    }
  }

  private func take(
    _ call: HTTPCall, _ dataset: Catalogue.Dataset, _ body: IntakeBody, _ delivery: Intake.Delivery,
    _ mayBeOneRecord: Bool
  ) async throws -> Response {
    let name = dataset.definition.name
    let isDryRun = delivery.dryRun != nil
    var stream = IntakeStream(
      intake: context.intake, delivery: delivery, parser: body.parser(dataset), mayBeOneRecord: mayBeOneRecord)
    var refusal: IntakeRefusal?
    // Counted also when the body breaks off: what was committed by then stays.
    defer { if !isDryRun { counters.add(stream.tally, to: name) } }
    do {
      var chunks = call.request.body.makeAsyncIterator()
      while let chunk = try await next(&chunks, call.language) { try await stream.push(chunk) }
      try await stream.finish()
    } catch let failure as IntakeRefusal {
      refusal = failure
    }
    let tally = stream.tally
    let answer = IntakeAnswer(
      tally: tally, dataset: dataset, records: isDryRun ? nil : await records(tally, name),
      dryRun: isDryRun ? call.rendering(dataset.definition) : nil,
      error: error(refusal, tally, isDryRun: isDryRun, language: call.language), language: call.language)
    return try .json(answer, status: refusal?.status ?? tally.status)
  }

  private func next(_ chunks: inout RequestBody.AsyncIterator, _ language: Language) async throws -> [UInt8]? {
    do { return try await chunks.next().map { Array($0.readableBytesView) } } catch {
      // Nobody may be there to read it; but it is no failure of this service, and not logged as one.
      throw HTTPProblem(
        .badRequest, "broken_off",
        BilingualText(
          id:
            "Kiriman terputus di tengah jalan. Kirim ulang semuanya: yang sudah tersimpan tidak digandakan.",
          en: "The body broke off. Send all of it again: what was kept is not doubled."),
        language: language)
    }
  }

  /// What `simpulctl` and other clients show beside the counts: why the request was not taken to its end, or
  /// at all.
  private func error(
    _ refusal: IntakeRefusal?, _ tally: IntakeTally, isDryRun: Bool, language: Language
  ) -> ErrorReply? {
    if let refusal {
      let message = isDryRun || tally.accepted == 0 ? refusal.message : Self.partlyTaken(tally.accepted, refusal)
      return ErrorReply(error: refusal.code.rawValue, message: message(language))
    }
    if tally.accepted == 0, tally.rejectedTotal == 0 {
      let text = BilingualText(
        id: "Tidak ada baris data di dalam kiriman.", en: "There is no row in the body.")
      return ErrorReply(error: "no_rows", message: text(language))
    }
    guard tally.status == .contentTooLarge else { return nil }
    let text = BilingualText(
      id: "Isi permintaan lebih besar daripada satu data (1 MiB). Persingkat, lalu kirim ulang.",
      en: "The body is larger than a record may be (1 MiB). Shorten it and send it again.")
    return ErrorReply(error: "row_too_large", message: text(language))
  }

  private static func partlyTaken(_ accepted: Int, _ refusal: IntakeRefusal) -> BilingualText {
    let why: BilingualText =
      refusal.code == .bufferFull
      ? BilingualText(id: "Tempat penyimpanan kantor penuh", en: "The office's buffer became full")
      : BilingualText(id: "Penerimaan data terhenti", en: "Taking the data in was interrupted")
    return BilingualText(
      id:
        "\(why.indonesian) sesudah \(accepted) baris tersimpan. Kosongkan disk atau naikkan "
        + "buffer.quota, lalu kirim ulang semuanya: yang sudah tersimpan tidak digandakan.",
      en:
        "\(why.english) after \(accepted) rows were kept. Free some disk or raise buffer.quota, then "
        + "send all of it again: what was kept is not doubled.")
  }

  /// What the rows became, with the version that an editor brings back; nil for long requests and for events.
  private func records(_ tally: IntakeTally, _ dataset: DatasetName) async -> [IntakeReply.Record]? {
    guard let ids = tally.records, !ids.isEmpty else { return nil }
    var records: [IntakeReply.Record] = []
    for id in ids {
      // The rows are kept whether or not they can be read back now.
      guard let view = try? await context.store.record(dataset, id) else { continue }
      records.append(
        IntakeReply.Record(
          id: id.description, version: view.version.text,
          lifecycle: view.lifecycle == .present ? nil : view.lifecycle.rawValue))
    }
    return records
  }

  // MARK: Headers

  private func intakeBody(_ call: HTTPCall) throws -> IntakeBody {
    let encoding = call.request.headers[.contentEncoding]?.lowercased() ?? "identity"
    guard encoding == "identity" else {
      throw HTTPProblem.mediaType(
        BilingualText(id: "isi tanpa kompresi (Content-Encoding)", en: "it is, without Content-Encoding"),
        language: call.language)
    }
    guard let body = IntakeBody(contentType: call.request.headers[.contentType]) else {
      throw HTTPProblem.mediaType(
        BilingualText(
          id: "application/json, application/x-ndjson, atau text/csv",
          en: "application/json, application/x-ndjson or text/csv"), language: call.language)
    }
    return body
  }

  /// What the import memory is kept by; nil where the request names none.
  private func source(_ call: HTTPCall) throws -> String? {
    guard let source = call.query("source") else { return nil }
    guard Self.isPlain(source, bytesMax: 128) else {
      throw HTTPProblem.malformed(
        "source", BilingualText(id: "teks paling banyak 128 byte", en: "a text of at most 128 bytes"),
        language: call.language)
    }
    return source
  }

  /// `unknown`: what becomes of fields that the definition does not know.
  private func refusesUnknown(_ call: HTTPCall) throws -> Bool {
    try call.query(
      "unknown", as: { ["keep": false, "refuse": true][$0] },
      expected: BilingualText(id: "keep atau refuse", en: "keep or refuse")) ?? false
  }

  private func idempotencyKey(_ call: HTTPCall) throws -> String? {
    guard let field = HTTPField.Name("Idempotency-Key"), let key = call.request.headers[field] else {
      return nil
    }
    guard !key.isEmpty, Self.isPlain(key, bytesMax: 255) else {
      throw HTTPProblem.malformed(
        "Idempotency-Key", BilingualText(id: "teks 1 sampai 255 byte", en: "a text of 1 to 255 bytes"),
        language: call.language)
    }
    return key
  }

  private static func isPlain(_ text: String, bytesMax: Int) -> Bool {
    text.utf8.count <= bytesMax && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
