import API
import CentreStorage
import Datasets
import HTTPServing
import Replication
import Wire

/// What of the fleet and the centre needs a person, with what follows and what to do; alerts are made of it. Pure.
///
/// What concerns offices is in extensions.
struct CentreDiagnosis: Sendable {
  /// A backup older than this is worth a word, in milliseconds.
  static let backupOldAfter: Int64 = 8 * 24 * 3_600_000
  /// Who was refused within this time tries still. In milliseconds.
  static let refusalRecentMilliseconds: Int64 = 15 * 60_000
  static let refusalForgottenMilliseconds: Int64 = 24 * 3_600_000
  /// What the store could not do within this time. In milliseconds.
  static let storeFailureRecentMilliseconds: Int64 = 10 * 60_000
  /// What was put right this long ago still says that the disk is failing. In milliseconds.
  static let damageRecentMilliseconds: Int64 = 30 * 24 * 3_600_000
  private static let diskFreeBytesMin: UInt64 = 2 << 30

  var picture: FleetPicture
  /// What is in quarantine.
  var held: [HeldCount] = []
  /// Why the centre cannot do its work.
  var problems: [BilingualText] = []
  var newestBackup: Timestamp?
  var diskFreeBytes: UInt64
  /// Who was not let in, the latest first.
  var refused: [RefusalLog.Refused] = []
  var fleetProblem: FleetProblem?
  var storeFailure: StoreFailureLog.Failure?
  /// Rows of the store that are damaged, or were lately.
  var damage: [DamageEntry] = []
  var now: Timestamp

  var findings: [Finding] {
    let offices = picture.offices.flatMap { findings(of: $0) }
    return offices + notices + quarantine + conflicts + own + refusals
  }

  static func finding(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String = NodeName.centre.text,
    _ what: (String, String), evidence: String, consequence: (String, String), remedy: (String, String),
    since: Timestamp? = nil
  ) -> Finding {
    finding(
      code, severity, subject: subject, what, words: .verbatim(evidence), consequence: consequence, remedy: remedy,
      since: since)
  }

  /// - Parameter words: evidence that is not only figures and names.
  static func finding(
    _ code: FindingCode, _ severity: AlertsReply.Alert.Severity, subject: String = NodeName.centre.text,
    _ what: (String, String), words: BilingualText, consequence: (String, String), remedy: (String, String),
    since: Timestamp? = nil
  ) -> Finding {
    Finding(
      code, severity, subject: subject, BilingualText(id: what.0, en: what.1), evidence: words,
      consequence: BilingualText(id: consequence.0, en: consequence.1),
      remedy: BilingualText(id: remedy.0, en: remedy.1), since: since)
  }

  // MARK: The centre itself

  private var own: [Finding] {
    var found = problems.map { problem in
      Self.finding(
        .notReady, .critical, (problem.indonesian, problem.english), evidence: "/readyz",
        consequence: ("Kantor tidak dapat mengirim.", "Offices cannot send."),
        remedy: (
          "Lihat journalctl -u simpul-aggregator; periksa disk: df -h, smartctl -a.",
          "See journalctl -u simpul-aggregator; check the disk: df -h, smartctl -a."
        ))
    }
    if diskFreeBytes < Self.diskFreeBytesMin {
      found.append(
        Self.finding(
          .diskLow, .critical, ("Disk pusat hampir penuh.", "The centre's disk is nearly full."),
          evidence: "\(diskFreeBytes >> 20) MiB",
          consequence: (
            "Bila penuh, tidak ada yang diterima; kantor menyimpan sendiri.",
            "Once it is full nothing is taken in; offices keep what they have."
          ),
          remedy: (
            "Beri ruang (du -xh / | sort -h) atau pasang disk yang lebih besar.",
            "Make room (du -xh / | sort -h), or fit a larger disk."
          )))
    }
    return found + [failing, damaged, backup].compactMap { $0 } + fleetFiles
  }

  private var failing: Finding? {
    guard let storeFailure, now.millisecondsSince(storeFailure.at) < Self.storeFailureRecentMilliseconds else {
      return nil
    }
    return Self.finding(
      .storeFailing, .critical, ("Penyimpanan pusat gagal bekerja.", "The centre's store fails."),
      evidence: "\(storeFailure.work): \(storeFailure.words)",
      consequence: (
        "Yang gagal dicoba lagi; selama itu kantor menyimpan sendiri.",
        "What failed is tried again; offices keep what they have meanwhile."
      ),
      remedy: (
        "Lihat journalctl -u simpul-aggregator; periksa disk (smartctl -a). Bila isinya rusak: simpul-aggregator restore.",
        "See journalctl -u simpul-aggregator; check the disk (smartctl -a). If it is damaged: simpul-aggregator restore."
      ), since: storeFailure.at)
  }

  private var backup: Finding? {
    let age = newestBackup.map { now.millisecondsSince($0) }
    // Without an office that has spoken there is nothing to back up.
    let isUsed = picture.known.contains { $0.lastSeen != nil }
    guard isUsed, age.map({ $0 > Self.backupOldAfter }) ?? true else { return nil }
    return Self.finding(
      .backupOld, .warning,
      newestBackup == nil
        ? ("Pusat belum pernah dicadangkan.", "There is no backup of the centre.")
        : ("Cadangan pusat sudah lama.", "The newest backup of the centre is old."),
      evidence: newestBackup.map { InstantText.of($0) } ?? "-",
      consequence: (
        "Bila disk pusat rusak, hanya yang masih disimpan kantor yang kembali.",
        "If the centre's disk dies, only what offices still keep comes back."
      ),
      remedy: (
        "Setiap hari: simpulctl backup BERKAS, ke disk lain.", "Daily: simpulctl backup FILE, to another disk."
      ), since: newestBackup)
  }

  private var fleetFiles: [Finding] {
    guard let fleetProblem else { return [] }
    return fleetProblem.places.map { place in
      func hint(_ language: Language) -> String { place.remedy.map { " (\($0(language)))" } ?? "" }
      return Finding(
        .fleetFile, .warning, subject: place.subject,
        BilingualText(
          id: "Perubahan berkas armada tidak berlaku.", en: "A change of the fleet's files is not in force."),
        evidence: place.reason,
        consequence: BilingualText(
          id: "Semua perubahan di agents/ sejak itu belum berlaku; yang lama tetap dipakai.",
          en: "No change of agents/ since then counts; what was there before stays in force."),
        remedy: BilingualText(
          id: "Perbaiki berkas itu\(hint(.indonesian)); dibaca lagi sendiri dalam beberapa detik.",
          en: "Mend that file\(hint(.english)); it is read again by itself within seconds."),
        since: fleetProblem.since)
    }
  }

  // MARK: What waits for people

  private var conflicts: [Finding] {
    guard picture.overview.openConflicts > 0 else { return [] }
    return [
      Self.finding(
        .conflictsOpen, .info, ("Ada konflik yang menunggu keputusan.", "Conflicts wait for a decision."),
        evidence: "\(picture.overview.openConflicts)",
        consequence: ("Kedua isian disimpan.", "Both values are kept."),
        remedy: ("simpulctl conflicts list", "simpulctl conflicts list"))
    ]
  }

  private var quarantine: [Finding] {
    guard picture.overview.quarantined > 0 else { return [] }
    let backlogs = held.filter { $0.code == QuarantineReason.Code.revokedBacklog.rawValue }
    let others = held.filter { $0.code != QuarantineReason.Code.revokedBacklog.rawValue }
    var found = backlogs.map { backlog in
      Self.finding(
        .backlogHeld, .warning, subject: backlog.node.text,
        (
          "Yang dicatat kantor ini sebelum dicabut, ditahan.",
          "What this office had recorded before it was revoked is held."
        ),
        evidence: "\(backlog.count)",
        consequence: ("Isinya belum berlaku di mana pun.", "It has no effect anywhere."),
        remedy: (
          "Bila disknya dapat dipercaya: simpulctl nodes accept-backlog \(backlog.node) --reason \"ALASAN\". Bila tidak, "
            + "untuk tiap ID dari simpulctl quarantine list: simpulctl quarantine discard ID --reason \"ALASAN\".",
          "If its disk can be trusted: simpulctl nodes accept-backlog \(backlog.node) --reason \"TEXT\". If not, for each "
            + "ID of simpulctl quarantine list: simpulctl quarantine discard ID --reason \"TEXT\"."
        ), since: backlog.oldest)
    }
    if !others.isEmpty || held.isEmpty {
      let evidence = others.prefix(8).map { "\($0.node) \($0.code) \($0.count)" }.joined(separator: ", ")
      found.append(
        Self.finding(
          .quarantine, .warning, ("Ada perubahan di karantina.", "Changes are in quarantine."),
          evidence: evidence.isEmpty ? "\(picture.overview.quarantined)" : evidence,
          consequence: ("Perubahan itu tidak berlaku di mana pun.", "Those changes have no effect anywhere."),
          remedy: (
            "Lihat: simpulctl quarantine list. Lalu, bila sebabnya hilang: simpulctl quarantine requeue ID --reason "
              + "\"ALASAN\"; bila isinya salah: simpulctl quarantine mend ID KOLOM=ISI --reason \"ALASAN\"; bila tidak "
              + "diperlukan: simpulctl quarantine discard ID --reason \"ALASAN\".",
            "Look: simpulctl quarantine list. Then, if the cause is gone: simpulctl quarantine requeue ID --reason "
              + "\"TEXT\"; if what it says is wrong: simpulctl quarantine mend ID FIELD=VALUE --reason \"TEXT\"; if nobody "
              + "needs it: simpulctl quarantine discard ID --reason \"TEXT\"."
          ), since: others.map(\.oldest).min()))
    }
    return found
  }
}
