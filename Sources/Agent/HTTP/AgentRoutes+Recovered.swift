import API
import Datasets
import HTTPServing
import NodeStorage
import Replication
import Sessions
import Wire

/// States that a restored centre does not know.
extension AgentRoutes {
  /// What became of one that was sent back, and of what it is kept aside for still.
  static func decision(on id: String, _ offer: RecoveredOffer, _ language: Language) -> QuarantineReply.Decision {
    let isHeld = offer.recorded == nil && !offer.left.isEmpty
    var decision = QuarantineReply.Decision(
      id: id, outcome: offer.recorded != nil ? "applied" : isHeld ? "held" : "replaced")
    guard !offer.left.isEmpty else { return decision }
    decision.left = offer.left.map { IdentityNumbers.masked($0.text) }
    decision.code = "recovered"
    decision.reason = left(offer.left.map { IdentityNumbers.masked($0.shown(language)) }.joined(separator: ", "))(
      language)
    return decision
  }

  private static func left(_ fields: String) -> BilingualText {
    BilingualText(
      id:
        "Belum semua dikirim kembali: \(fields). Nilai lain yang berdampingan, langkah mundur, dan penghapusan tidak dapat "
        + "dikirim, jadi isi ini tetap disimpan. Simpan sendiri yang benar di data itu, lalu buang (discard).",
      en:
        "Not all was sent back: \(fields). Other values beside the one shown, steps back and deletes cannot be sent, so this "
        + "is kept. Save what is right in the record yourself, then discard this.")
  }

  /// The values that stood beside the shown ones; nil for what is no such state, and where there are none.
  func beside(_ entry: QuarantineReply.Entry, _ rendering: RecordRendering) async throws -> [String: [JSONValue]]? {
    guard entry.code == "recovered" else { return nil }
    let number = Self.number(of: entry)
    guard let recovered = try await context.store.recovered(after: number - 1, limit: 1).first,
      recovered.number == number, let definition = context.catalogue.dataset(recovered.dataset)?.definition
    else { return nil }
    var beside: [String: [JSONValue]] = [:]
    for field in recovered.state.fields {
      let shown = field.state.shown(by: definition.rule(for: field.name))
      let others = Set(field.state.siblings.map(\.value)).filter { $0 != shown }
      if others.isEmpty { continue }
      beside[field.name.text] = others.sorted { $0.text < $1.text }
        .map { rendering.value($0, of: field.name, in: recovered.record) }
    }
    return beside.isEmpty ? nil : beside
  }
}
