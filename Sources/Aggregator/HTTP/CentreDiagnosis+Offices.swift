import API
import CentreStorage
import Datasets
import HTTPServing
import Transport
import Wire

extension CentreDiagnosis {
  /// Silence of an office after which it is worth a look, in milliseconds.
  static let offlineAfter: Int64 = 10 * 60_000
  /// After this it is more than a broken cable, in milliseconds.
  static let offlineCriticalAfter: Int64 = 24 * 3_600_000
  /// An office that is online and still has data older than this does not get it across. In milliseconds.
  static let backlogOldAfter: Int64 = 3_600_000
  static let clockOffMilliseconds: UInt64 = 5 * 60_000
  static let officeDiskFreeBytesMin: UInt64 = 1 << 30

  private static let oldState = (
    "Pusat melihat keadaan lama kantor itu.", "The centre sees an old state of that office."
  )

  func findings(of office: OfficeView) -> [Finding] {
    switch office.state {
    case .offline: [offline(office)].compactMap { $0 }
    case .fenced: [fenced(office)]
    case .online: online(office)
    case .revoked, .invited, .absent: []
    }
  }

  private func offline(_ office: OfficeView) -> Finding? {
    // One that was never heard has just joined.
    guard let lastSeen = office.lastSeen else { return nil }
    let silence = picture.at.millisecondsSince(lastSeen)
    guard silence > Self.offlineAfter else { return nil }
    let age = AgeWords.text(since: lastSeen, now: picture.at)
    return Self.finding(
      .nodeOffline, silence > Self.offlineCriticalAfter ? .critical : .warning, subject: office.node.text,
      ("Kantor ini terakhir terdengar \(age.indonesian).", "This office was last heard \(age.english)."),
      evidence: InstantText.of(lastSeen), consequence: Self.oldState,
      remedy: (
        "Periksa listrik dan jaringannya; di kantor itu: simpulctl doctor.",
        "Check its power and network; at that office: simpulctl doctor."
      ), since: lastSeen)
  }

  private func fenced(_ office: OfficeView) -> Finding {
    Self.finding(
      .nodeFenced, .critical, subject: office.node.text,
      ("Kantor ini ditolak sampai diputuskan.", "This office is refused until somebody decides."),
      words: office.fenceReason ?? .verbatim("-"),
      consequence: (
        "Data kantor itu tertahan di sana; tidak ada yang hilang.",
        "That office's data waits there; nothing is lost."
      ),
      remedy: (
        "Pilih satu disk, matikan yang lain, lalu simpulctl nodes invite \(office.node) dan di kantor itu simpul-agent join.",
        "Choose one disk, stop the other, then simpulctl nodes invite \(office.node) and at that office simpul-agent join."
      ), since: office.lastSeen)
  }

  private func online(_ office: OfficeView) -> [Finding] {
    guard let report = office.report else { return [] }
    var found: [Finding] = []
    if let oldest = report.oldestUnacknowledged, picture.at.millisecondsSince(oldest) > Self.backlogOldAfter {
      found.append(
        Self.finding(
          .backlogOld, .warning, subject: office.node.text,
          ("Tersambung, tetapi datanya belum sampai di pusat.", "Connected, but its data has not reached the centre."),
          evidence: "\(report.backlogChanges), \(InstantText.of(oldest))", consequence: Self.oldState,
          remedy: (
            "Di kantor itu: simpulctl doctor; periksa kecepatan jaringannya dan uplink.limit_bps.",
            "At that office: simpulctl doctor; check its line's speed and uplink.limit_bps."
          ), since: oldest))
    }
    if let offset = report.clockOffsetMilliseconds, offset.magnitude > Self.clockOffMilliseconds {
      found.append(
        Self.finding(
          .clockOff, .warning, subject: office.node.text,
          ("Jam komputer kantor ini meleset.", "This office's clock is off."), evidence: "\(offset / 1000) s",
          consequence: (
            "Waktunya dikoreksi selama tersambung.", "Its times are put right while it is connected."
          ),
          remedy: (
            "Di kantor itu: systemctl enable --now chrony.", "At that office: systemctl enable --now chrony."
          )))
    }
    if report.diskFreeBytes > 0, report.diskFreeBytes < Self.officeDiskFreeBytesMin {
      found.append(
        Self.finding(
          .diskLow, .warning, subject: office.node.text,
          ("Disk kantor ini hampir penuh.", "This office's disk is nearly full."),
          evidence: "\(report.diskFreeBytes >> 20) MiB",
          consequence: (
            "Sebentar lagi kantor itu membuang riwayat yang sudah di pusat, lalu menolak data baru.",
            "Before long that office drops history that the centre has, then refuses new data."
          ),
          remedy: ("Beri ruang pada disk kantor itu.", "Make room on that office's disk.")))
    }
    return found
  }

  // MARK: Who was not let in

  /// Of the last day; what is over by then concerns the log.
  var refusals: [Finding] {
    refused.filter { refused in
      guard now.millisecondsSince(refused.lastAt) < Self.refusalForgottenMilliseconds else { return false }
      guard case .office(let node) = refused.who else { return true }
      return picture.office(node)?.state != .online
    }.map(refusal)
  }

  private func refusal(_ refused: RefusalLog.Refused) -> Finding {
    let isRecent = now.millisecondsSince(refused.lastAt) < Self.refusalRecentMilliseconds
    let evidence = "\(refused.reason) ×\(refused.count), \(InstantText.of(refused.lastAt))"
    switch refused.who {
    case .office(let node): return officeRefused(node, isRecent, evidence, refused)
    case .stranger(let address):
      let isKnown = address != CentreEvent.addressUnknown
      return Self.finding(
        .strangerRefused, .info, subject: isKnown ? address : NodeName.centre.text,
        isKnown
          ? ("Sambungan dari alamat ini tidak diterima.", "A connection from this address was not taken.")
          : (
            "Sambungan tidak diterima; ia putus sebelum alamatnya terbaca.",
            "A connection was not taken; it was gone before its address could be read."
          ),
        evidence: evidence,
        consequence: (
          "Bila itu sebuah kantor, datanya tertahan di sana.", "If it is an office, its data waits there."
        ), remedy: Self.remedy(ofHandshake: refused.reason), since: refused.lastAt)
    }
  }

  private func officeRefused(
    _ node: NodeName, _ isRecent: Bool, _ evidence: String, _ refused: RefusalLog.Refused
  ) -> Finding {
    // One that is fenced has a finding of its own; of one that was revoked that is what was wanted.
    let state = picture.office(node)?.state
    let isTrouble = isRecent && state == .offline
    return Self.finding(
      .officeRefused, isTrouble ? .warning : .info, subject: node.text,
      ("Kantor ini ditolak.", "This office was refused."), evidence: evidence,
      consequence: (
        "Selama ditolak, datanya tertahan di kantor itu.", "While it is refused its data waits at that office."
      ),
      remedy: (
        "Di kantor itu: simpulctl doctor. Bila harus kembali: simpulctl nodes invite \(node).",
        "At that office: simpulctl doctor. If it is to come back: simpulctl nodes invite \(node)."
      ), since: refused.lastAt)
  }

  private static func remedy(ofHandshake word: String) -> (String, String) {
    switch word {
    case HandshakeFailure.wrongKey.word:
      (
        "Di komputer itu aggregator.public_key salah: bandingkan dengan undangan.",
        "On that machine aggregator.public_key is wrong: compare it with the invitation."
      )
    case HandshakeFailure.refused.word:
      (
        "Bila itu sebuah kantor: belum bergabung atau kuncinya dicabut; simpulctl nodes invite KANTOR.",
        "If it is an office: it has not joined, or its key is revoked; simpulctl nodes invite OFFICE."
      )
    default:
      (
        "Bila berulang: di kantor itu simpulctl doctor, atau tutup alamat itu di firewall.",
        "If it goes on: simpulctl doctor at that office, or close the firewall to that address."
      )
    }
  }
}
