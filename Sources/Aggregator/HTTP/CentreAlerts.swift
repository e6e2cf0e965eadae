import CentreStorage
import Datasets
import HTTPServing
import Wire

/// What of a picture needs somebody's attention.
struct CentreAlerts: Sendable {
  /// Silence of an office after which it is worth a look, in milliseconds.
  static let offlineAfter: Int64 = 10 * 60_000
  /// After this it is more than a broken cable, in milliseconds.
  static let offlineCriticalAfter: Int64 = 24 * 3_600_000
  /// An office that is online and still has data older than this does not get it across. In milliseconds.
  static let backlogOldAfter: Int64 = 3_600_000
  static let clockOffMilliseconds: UInt64 = 5 * 60_000
  static let diskFreeBytesMin: UInt64 = 1 << 30

  private let picture: FleetPicture
  private let quarantinedSince: Timestamp?

  /// - Parameter quarantinedSince: when the oldest entry came that is held.
  init(_ picture: FleetPicture, quarantinedSince: Timestamp? = nil) {
    self.picture = picture
    self.quarantinedSince = quarantinedSince
  }

  /// The most severe first, then by code and subject.
  func list(_ language: Language) -> [AlertsReply.Alert] {
    let all: [AlertsReply.Alert] = picture.offices.flatMap { alerts(of: $0, language) } + totals(language)
    return all.sorted { ($0.severity, $0.code, $0.subject) < ($1.severity, $1.code, $1.subject) }
  }

  private func alerts(of office: OfficeView, _ language: Language) -> [AlertsReply.Alert] {
    var alerts: [AlertsReply.Alert] = []
    func add(_ code: String, _ severity: AlertsReply.Alert.Severity, _ what: BilingualText, since: Timestamp?) {
      alerts.append(
        AlertsReply.Alert(
          code: code, severity: severity, subject: office.node.text, what: what(language),
          since: since.map { InstantText.of($0) }))
    }
    switch office.state {
    case .offline: offline(office, add)
    case .fenced:
      let reason = office.fenceReason ?? "?"
      add(
        "node_fenced", .critical,
        BilingualText(
          id: "Ditolak sampai diputuskan (\(reason)). Undang ulang kantor ini.",
          en: "Refused until it is decided (\(reason)). Invite this office again."),
        since: office.lastSeen)
    case .online: online(office, add)
    case .revoked, .invited, .absent: break
    }
    return alerts
  }

  private typealias Add = (String, AlertsReply.Alert.Severity, BilingualText, _ since: Timestamp?) -> Void

  private func offline(_ office: OfficeView, _ add: Add) {
    // One that was never heard has just joined.
    guard let lastSeen = office.lastSeen else { return }
    let silence = picture.at.millisecondsSince(lastSeen)
    guard silence > Self.offlineAfter else { return }
    let age = AgeWords.text(since: lastSeen, now: picture.at)
    add(
      "node_offline", silence > Self.offlineCriticalAfter ? .critical : .warning,
      BilingualText(
        id: "Terakhir terdengar \(age.indonesian). Periksa listrik, jaringan dan agen di kantor itu.",
        en: "Last heard \(age.english). Check power, network and the agent at that office."),
      lastSeen)
  }

  private func online(_ office: OfficeView, _ add: Add) {
    guard let report = office.report else { return }
    if let oldest = report.oldestUnacknowledged, picture.at.millisecondsSince(oldest) > Self.backlogOldAfter {
      add(
        "backlog_old", .warning,
        BilingualText(
          id: "Tersambung, tetapi \(report.backlogChanges) perubahan belum sampai di pusat.",
          en: "Connected, but \(report.backlogChanges) changes have not reached the centre."),
        oldest)
    }
    if let offset = report.clockOffsetMilliseconds, offset.magnitude > Self.clockOffMilliseconds {
      add(
        "clock_off", .warning,
        BilingualText(
          id: "Jam komputernya meleset \(offset / 1000) detik. Setel jamnya (chrony).",
          en: "Its clock is off by \(offset / 1000) seconds. Set it (chrony)."),
        nil)
    }
    if report.diskFreeBytes > 0, report.diskFreeBytes < Self.diskFreeBytesMin {
      add(
        "disk_low", .warning,
        BilingualText(
          id: "Sisa disk \(report.diskFreeBytes >> 20) MiB. Beri ruang pada disk kantor itu.",
          en: "\(report.diskFreeBytes >> 20) MiB of disk are left. Make room on that office's disk."),
        nil)
    }
  }

  private func totals(_ language: Language) -> [AlertsReply.Alert] {
    let overview = picture.overview
    var alerts: [AlertsReply.Alert] = []
    if overview.openConflicts > 0 {
      let what = BilingualText(
        id: "\(overview.openConflicts) konflik menunggu keputusan. Lihat: simpulctl conflicts list.",
        en: "\(overview.openConflicts) conflicts wait for a decision. See: simpulctl conflicts list.")
      alerts.append(
        AlertsReply.Alert(
          code: "conflicts_open", severity: .info, subject: "scc", what: what(language), since: nil))
    }
    if overview.quarantined > 0 {
      let what = BilingualText(
        id: "\(overview.quarantined) perubahan dikarantina. Lihat: simpulctl quarantine list.",
        en: "\(overview.quarantined) changes are in quarantine. See: simpulctl quarantine list.")
      alerts.append(
        AlertsReply.Alert(
          code: "quarantine", severity: .warning, subject: "scc", what: what(language),
          since: quarantinedSince.map { InstantText.of($0) }))
    }
    return alerts
  }
}
