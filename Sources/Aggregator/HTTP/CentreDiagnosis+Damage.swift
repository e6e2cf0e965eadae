import API
import CentreStorage
import Datasets
import HTTPServing

/// Rows of the centre's store that did not match their checksums (docs/adr/0033-checked-rows.md).
extension CentreDiagnosis {
  var damaged: Finding? {
    guard let newest = damage.map(\.found).max() else { return nil }
    let lost = damage.filter { $0.mended == nil }
    let mended = damage.count - lost.count
    return Self.finding(
      .storeDamaged, .critical,
      ("Ada isi penyimpanan pusat yang rusak.", "Something in the centre's store is damaged."),
      words: evidence(lost, mended: mended, newest),
      consequence: lost.isEmpty
        ? (
          "Semuanya sudah dipulihkan; disk itu dapat merusak yang lain.",
          "All of it was put right; that disk may do it again."
        )
        : (
          "Yang rusak disisihkan: tidak dikirim kepada siapa pun dan tidak dipakai; yang lain berjalan terus.",
          "What is damaged is kept aside: it is sent to nobody and used for nothing; all else goes on."
        ),
      remedy: remedy(lost), since: lost.map(\.found).min() ?? newest)
  }

  private func evidence(_ lost: [DamageEntry], mended: Int, _ newest: Timestamp) -> BilingualText {
    let places = lost.prefix(5).map { entry in
      let parts = [entry.dataset?.text, entry.node?.text, entry.sequence.map { "\($0)" }].compactMap { $0 }
      return "\(entry.kind.rawValue) \(entry.row)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: " ")))")
    }.joined(separator: ", ")
    let list = places.isEmpty ? "" : ": \(places)" + (lost.count > 5 ? ", …" : "")
    return BilingualText(
      id: "\(lost.count) tidak dapat dipulihkan\(list); \(mended) dipulihkan; terakhir \(InstantText.of(newest))",
      en: "\(lost.count) could not be put right\(list); \(mended) were; last \(InstantText.of(newest))")
  }

  private func remedy(_ lost: [DamageEntry]) -> (String, String) {
    var parts = [("Periksa disk (smartctl -a) dan ganti.", "Check the disk (smartctl -a) and replace it.")]
    let held = lost.filter { $0.kind == .quarantine }.map(\.row).min()
    if let held {
      parts.append(
        (
          "Yang ditahan: simpulctl quarantine discard \(held) --reason \"ALASAN\", lalu kantornya mencatat lagi.",
          "What is held: simpulctl quarantine discard \(held) --reason \"TEXT\", and its office records it again."
        ))
    }
    if let since = lost.filter({ $0.kind != .quarantine }).map(\.found).min() {
      parts.append(
        (
          "Sisanya hanya kembali dengan simpul-aggregator restore dari cadangan yang dibuat sebelum \(InstantText.of(since)) "
            + "(--dry-run menghitung yang rusak di dalamnya); kantor mengirim ulang yang datang sesudahnya.",
          "The rest comes back only with simpul-aggregator restore from a backup that was made before "
            + "\(InstantText.of(since)) (--dry-run counts what is damaged in it); offices send again what came since."
        ))
    }
    return (parts.map(\.0).joined(separator: " "), parts.map(\.1).joined(separator: " "))
  }
}
