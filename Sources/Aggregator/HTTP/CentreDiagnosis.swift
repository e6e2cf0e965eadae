import CentreStorage
import Datasets
import HTTPServing
import Wire

/// What of the centre needs a person: its alerts with what follows from them, and what concerns the centre itself. Pure.
struct CentreDiagnosis: Sendable {
  /// A backup older than this is worth a word, in milliseconds.
  static let backupOldAfter: Int64 = 8 * 24 * 3_600_000
  private static let diskFreeBytesMin: UInt64 = 2 << 30

  var alerts: [AlertsReply.Alert]
  /// Why the centre cannot do its work, in the caller's language.
  var problems: [BilingualText] = []
  var newestBackup: Timestamp?
  /// Offices that have spoken: without any there is nothing to back up.
  var officesHeard: Int
  var diskFreeBytes: UInt64
  /// Sessions refused since the start, by reason.
  var refusals: [(reason: String, count: UInt64)] = []
  var now: Timestamp

  var findings: [Finding] { alerts.map(Self.finding) + own }

  private var own: [Finding] {
    var found = problems.map { problem in
      Finding(
        "not_ready", .critical, subject: NodeName.centre.text, problem, evidence: "/readyz",
        consequence: BilingualText(id: "Kantor tidak dapat mengirim.", en: "Offices cannot send."),
        remedy: BilingualText(id: "Lihat journalctl -u simpul-aggregator.", en: "See journalctl -u simpul-aggregator."))
    }
    if diskFreeBytes < Self.diskFreeBytesMin {
      found.append(
        Finding(
          "disk_low", .critical, subject: NodeName.centre.text,
          BilingualText(id: "Disk pusat hampir penuh.", en: "The centre's disk is nearly full."),
          evidence: "\(diskFreeBytes >> 20) MiB",
          consequence: BilingualText(
            id: "Bila penuh, tidak ada yang diterima; kantor menyimpan sendiri.",
            en: "Once it is full nothing is taken in; offices keep what they have."),
          remedy: BilingualText(id: "Pasang disk yang lebih besar.", en: "Fit a larger disk.")))
    }
    if let backup { found.append(backup) }
    found += refusals.filter { $0.count > 0 }.map { refusal in
      Finding(
        "sessions_refused", .info, subject: refusal.reason,
        BilingualText(id: "Ada sesi yang ditolak sejak layanan mulai.", en: "Sessions were refused since the start."),
        evidence: "\(refusal.count)",
        consequence: BilingualText(
          id: "Selama ditolak, kantor itu tidak tersambung; yang kini daring sudah masuk sesudahnya.",
          en: "While it is refused an office is not connected; one that is online now got in afterwards."),
        remedy: BilingualText(
          id: "Kantor mana dan mengapa: journalctl -u simpul-aggregator.",
          en: "Which office and why: journalctl -u simpul-aggregator."))
    }
    return found
  }

  private var backup: Finding? {
    let age = newestBackup.map { now.millisecondsSince($0) }
    guard officesHeard > 0, age.map({ $0 > Self.backupOldAfter }) ?? true else { return nil }
    return Finding(
      "backup_old", .warning, subject: NodeName.centre.text,
      newestBackup == nil
        ? BilingualText(id: "Pusat belum pernah dicadangkan.", en: "There is no backup of the centre.")
        : BilingualText(id: "Cadangan pusat sudah lama.", en: "The newest backup of the centre is old."),
      evidence: newestBackup.map { InstantText.of($0) } ?? "-",
      consequence: BilingualText(
        id: "Bila disk pusat rusak, hanya yang masih disimpan kantor yang kembali.",
        en: "If the centre's disk dies, only what offices still keep comes back."),
      remedy: BilingualText(
        id: "Setiap hari: simpulctl backup BERKAS, ke disk lain.", en: "Daily: simpulctl backup FILE, to another disk.")
    )
  }

  /// An alert says what is wrong; here is what follows from it and what to do.
  private static func finding(_ alert: AlertsReply.Alert) -> Finding {
    let advice = advice[alert.code]
    return Finding(
      alert.code, alert.severity, subject: alert.subject, BilingualText(id: alert.what, en: alert.what),
      evidence: alert.since ?? "-",
      consequence: advice?.consequence ?? BilingualText(id: "-", en: "-"),
      remedy: advice?.remedy ?? BilingualText(id: "simpulctl nodes show", en: "simpulctl nodes show"))
  }

  private static let advice: [String: (consequence: BilingualText, remedy: BilingualText)] = [
    "node_offline": (
      BilingualText(id: "Pusat melihat keadaan lama kantor itu.", en: "The centre sees an old state of that office."),
      BilingualText(
        id: "Di kantor itu: simpulctl doctor.", en: "At that office: simpulctl doctor.")
    ),
    "node_fenced": (
      BilingualText(
        id: "Data kantor itu tertahan di sana; tidak ada yang hilang.",
        en: "That office's data waits there; nothing is lost."),
      BilingualText(
        id: "Pilih satu disk, matikan yang lain: simpulctl nodes invite KANTOR.",
        en: "Choose one disk, stop the other: simpulctl nodes invite OFFICE.")
    ),
    "backlog_old": (
      BilingualText(id: "Pusat melihat keadaan lama kantor itu.", en: "The centre sees an old state of that office."),
      BilingualText(
        id: "Di kantor itu: simpulctl doctor; periksa kecepatan jaringannya.",
        en: "At that office: simpulctl doctor; check its line's speed.")
    ),
    "clock_off": (
      BilingualText(
        id: "Waktunya dikoreksi selama tersambung.", en: "Its times are put right while it is connected."),
      BilingualText(id: "Pasang chrony di kantor itu.", en: "Install chrony at that office.")
    ),
    "disk_low": (
      BilingualText(id: "Sebentar lagi kantor itu menolak data baru.", en: "Before long that office refuses new data."),
      BilingualText(id: "Beri ruang pada disk kantor itu.", en: "Make room on that office's disk.")
    ),
    "conflicts_open": (
      BilingualText(id: "Kedua isian disimpan.", en: "Both values are kept."),
      BilingualText(id: "simpulctl conflicts list", en: "simpulctl conflicts list")
    ),
    "quarantine": (
      BilingualText(id: "Perubahan itu tidak berlaku di mana pun.", en: "Those changes have no effect anywhere."),
      BilingualText(
        id: "simpulctl quarantine list, lalu requeue, mend, atau discard.",
        en: "simpulctl quarantine list, then requeue, mend or discard.")
    ),
  ]
}
