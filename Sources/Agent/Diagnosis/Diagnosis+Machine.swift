import API
import Datasets
import HTTPServing
import NodeStorage
import Wire

extension Diagnosis {
  static let clockOffMillisecondsMax: UInt64 = 5 * 60_000
  private static let diskFreeBytesMin: UInt64 = 1 << 30
  /// Damage longer ago is history: what could be fetched again has been. In milliseconds.
  private static let damageRecentMilliseconds: Int64 = 30 * 86_400_000

  // MARK: Clock

  var clock: [Finding] {
    var found: [Finding] = []
    let chrony = (
      "Pasang dan nyalakan chrony: systemctl enable --now chrony.",
      "Install and start chrony: systemctl enable --now chrony."
    )
    if let offset = clockOffsetMilliseconds, offset.magnitude > Self.clockOffMillisecondsMax {
      found.append(
        finding(
          .clock, .warning, ("Jam komputer ini meleset.", "This machine's clock is off."),
          evidence: "\(offset / 1000) s",
          consequence: (
            "Waktu dikoreksi saat dikirim; sesudah komputer mati tanpa jaringan, catatannya ditandai meragukan.",
            "Times are put right when they are sent; after a restart without a link what it records is marked suspect."
          ), remedy: chrony))
    }
    if !clockSuspicion.isEmpty {
      found.append(
        finding(
          .clockSuspect, .warning,
          ("Jam komputer ini tidak dapat dipastikan.", "This machine's clock cannot be relied on."),
          evidence: suspicionWords,
          consequence: (
            "Yang dicatat sekarang ditandai meragukan dan kalah dari isian lain yang waktunya pasti.",
            "What is recorded now is marked suspect, and gives way to other values whose time is sure."
          ),
          remedy: (
            "Sambungkan kantor ini ke pusat, lalu hilang sendiri. \(chrony.0)",
            "Connect this office to the centre, and it goes by itself. \(chrony.1)"
          )))
    }
    return found
  }

  private var suspicionWords: BilingualText {
    let words: [(suspicion: Seal.Suspicion, text: BilingualText)] = [
      (
        .notMeasured,
        BilingualText(
          id: "belum diukur sejak komputer dinyalakan", en: "not measured since the start of the machine")
      ), (.stepped, BilingualText(id: "disetel sesudah diukur", en: "set since it was measured")),
      (.measurementOld, BilingualText(id: "diukur lebih dari sehari lalu", en: "measured more than a day ago")),
    ]
    let said = words.filter { clockSuspicion.contains($0.suspicion) }.map(\.text)
    return BilingualText(
      id: said.map(\.indonesian).joined(separator: ", "), en: said.map(\.english).joined(separator: ", "))
  }

  // MARK: Disk

  /// What follows where there is no more room, in the order in which it is done (`makeRoom` of the store).
  private static let outOfRoom = (
    "Selama ada yang boleh dibuang, data baru tetap dicatat: dibuang dulu riwayat yang sudah di pusat (pusat yang "
      + "dipulihkan dari cadangan lama tidak mendapatkannya kembali dari kantor ini), lalu sampel yang belum terkirim "
      + "(tercatat di ledger). Sesudah itu data baru ditolak (507).",
    "As long as something may be dropped new data is taken: what goes first is history that the centre has (a centre "
      + "that is restored from an old backup does not get it back from this office), then samples that were not sent "
      + "(into the ledger). After that new data is refused (507)."
  )

  /// What want of room has cost so far.
  private var dropped: BilingualText {
    guard let at = store.pressureAt.map({ InstantText.of($0) }) else { return .verbatim("") }
    return BilingualText(
      id: "; dibuang sampai kini: \(store.trimmedUnderPressure) yang sudah di pusat, \(store.thinned) sampel (\(at))",
      en: "; dropped so far: \(store.trimmedUnderPressure) that the centre has, \(store.thinned) samples (\(at))")
  }

  /// Figures that read the same in both languages, with what was dropped.
  private func room(_ figures: String) -> BilingualText {
    BilingualText(id: figures + dropped.indonesian, en: figures + dropped.english)
  }

  /// In the unit of the settings, whose least quota is one of it.
  private static func megabytes(_ bytes: UInt64) -> String { "\(bytes / 1_000_000) MB" }

  var disk: [Finding] {
    var found: [Finding] = []
    let free = store.diskFreeBytes
    if free < reserveBytes {
      found.append(
        finding(
          .diskFull, .critical,
          ("Sisa disk sudah di bawah cadangannya.", "The disk has less room left than its reserve."),
          evidence: room("\(Self.megabytes(free)), buffer.reserve \(Self.megabytes(reserveBytes))"),
          consequence: Self.outOfRoom,
          remedy: (
            "Hapus berkas yang tidak perlu (du -xh / | sort -h) atau pasang disk yang lebih besar.",
            "Delete what is not needed (du -xh / | sort -h), or fit a larger disk."
          )))
    } else if free < Self.diskFreeBytesMin {
      found.append(
        finding(
          .diskLow, .warning, ("Disk hampir penuh.", "The disk is nearly full."), evidence: Self.megabytes(free),
          consequence: (
            "Sebentar lagi riwayat yang sudah di pusat dibuang, lalu data baru ditolak.",
            "Before long history that the centre has is dropped, then new data is refused."
          ),
          remedy: (
            "Hapus berkas yang tidak perlu (du -xh / | sort -h).",
            "Delete what is not needed (du -xh / | sort -h)."
          )))
    }
    let used = store.usedBytes - min(store.usedBytes, store.copyBytes)
    if store.quotaBytes > 0, used > store.quotaBytes / 10 * 9 {
      found.append(
        finding(
          .bufferFull, .critical, ("Penyangga hampir penuh.", "The buffer is nearly full."),
          evidence: room("\(Self.megabytes(used)) / buffer.quota \(Self.megabytes(store.quotaBytes))"),
          consequence: Self.outOfRoom,
          remedy: (
            "Pulihkan jaringan, atau naikkan buffer.quota di agent.toml dan systemctl restart simpul-agent.",
            "Restore the link, or raise buffer.quota in agent.toml and systemctl restart simpul-agent."
          )))
    }
    return found
  }

  // MARK: Contents

  var contents: [Finding] {
    var found: [Finding] = []
    if let storeProblem, store.diskFreeBytes >= reserveBytes {
      found.append(
        finding(
          .storeFailing, .critical, (storeProblem.indonesian, storeProblem.english), evidence: "/readyz",
          consequence: ("Data baru tidak dapat dicatat.", "New data cannot be recorded."),
          remedy: (
            "Lihat journalctl -u simpul-agent; periksa disk: smartctl -a, dmesg.",
            "See journalctl -u simpul-agent; check the disk: smartctl -a, dmesg."
          )))
    }
    if store.damaged > 0, store.damagedAt.map({ now.millisecondsSince($0) < Self.damageRecentMilliseconds }) ?? true {
      found.append(
        finding(
          .storeDamaged, .critical,
          ("Ada isi penyimpanan yang rusak.", "Something in the store is damaged."),
          evidence: "\(store.damaged)" + (store.damagedAt.map { ", \(InstantText.of($0))" } ?? ""),
          consequence: (
            "Yang sudah di pusat diambil lagi; sisanya ada di ledger.",
            "What the centre has is fetched again; the rest is in the ledger."
          ),
          remedy: (
            "Periksa disk (smartctl -a) dan ganti; lihat simpulctl ledger dan simpulctl quarantine list.",
            "Check the disk (smartctl -a) and replace it; see simpulctl ledger and simpulctl quarantine list."
          ), since: store.damagedAt))
    }
    return found
  }
}
