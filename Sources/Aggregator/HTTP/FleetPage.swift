import CentreStorage
import Datasets
import HTTPServing
import Mustache
import Wire

/// The page at `/`: every office with its state, for whoever walks past. It holds no data of anybody.
struct FleetPage: Sendable {
  private let picture: FleetPicture
  private let place: String?
  private let language: Language

  /// - Parameter place: the regency's name.
  init(_ picture: FleetPicture, place: String?, language: Language) {
    self.picture = picture
    self.place = place
    self.language = language
  }

  private static let template = Result { try MustacheTemplate(string: FleetPageTemplate.text) }

  /// - Throws: when the template does not parse, which a test would have shown.
  func html() throws -> String { try Self.template.get().render(content) }

  // MARK: What the template is given

  struct Content {
    let lang: String
    let title: String
    let place: String
    let momentLabel: String
    let moment: String
    let refresh: String
    let other: Link
    let signIn: String
    let columns: Columns
    let totals: [Total]
    let rows: [Row]
    let legend: String
  }

  struct Link {
    let language: String
    let name: String
  }

  struct Columns {
    let office: String
    let state: String
    let backlog: String
    let newest: String
    let seen: String
    let conflicts: String
  }

  struct Total {
    let number: String
    let label: String
    let tone: String
  }

  struct Row {
    let name: String
    let node: String
    let tone: String
    let symbol: String
    let state: String
    let backlog: String
    let hasBacklog: Bool
    let newest: String
    let seen: String
    let conflicts: String
    let hasConflicts: Bool
  }

  var content: Content {
    let other: Language = language == .indonesian ? .english : .indonesian
    return Content(
      lang: language.rawValue, title: text("Pusat kendali", "Command centre"), place: place ?? "Simpul",
      momentLabel: text("Keadaan pada", "As of"), moment: PageText.moment(picture.at, language),
      refresh: text("Diperbarui sendiri setiap 10 detik.", "Refreshes itself every 10 seconds."),
      other: Link(language: other.rawValue, name: other == .english ? "English" : "Bahasa Indonesia"),
      signIn: text("Masuk", "Sign in"),
      columns: Columns(
        office: text("Kantor", "Office"), state: text("Keadaan", "State"),
        backlog: text("Belum terkirim", "Not yet sent"), newest: text("Data terbaru", "Newest data"),
        seen: text("Terakhir terdengar", "Last heard"), conflicts: text("Konflik terbuka", "Open conflicts")),
      totals: totals, rows: rows,
      legend: text(
        "Belum terkirim: perubahan yang sudah tercatat di kantor dan belum sampai di pusat. Data tetap aman "
          + "di kantor selama jaringan putus.",
        "Not yet sent: changes recorded at the office that have not reached the centre. They are "
          + "safe at the office while the network is down."))
  }

  private func text(_ indonesian: String, _ english: String) -> String {
    language == .indonesian ? indonesian : english
  }

  private var totals: [Total] {
    let overview = picture.overview
    let online = picture.count(.online)
    let count = picture.offices.count
    let fenced = picture.count(.fenced)
    var totals = [
      Total(
        number: "\(online) / \(count)", label: text("kantor daring", "offices online"),
        tone: online == count ? "good" : "plain"),
      Total(
        number: PageText.number(picture.backlog, language),
        label: text("perubahan belum terkirim", "changes not yet sent"), tone: "plain"),
      Total(
        number: PageText.number(overview.openConflicts, language),
        label: text("konflik terbuka", "open conflicts"),
        tone: overview.openConflicts > 0 ? "warn" : "plain"),
      Total(
        number: PageText.number(overview.quarantined, language),
        label: text("perubahan dikarantina", "changes in quarantine"),
        tone: overview.quarantined > 0 ? "warn" : "plain"),
    ]
    if fenced > 0 {
      totals.append(Total(number: "\(fenced)", label: text("kantor ditahan", "offices fenced"), tone: "bad"))
    }
    return totals
  }

  /// What needs somebody first, then the others; by name within.
  private var rows: [Row] {
    picture.offices
      .map { (place: $0.state.place, name: $0.title(language), office: $0) }
      .sorted { ($0.place, $0.name, $0.office.node) < ($1.place, $1.name, $1.office.node) }
      .map { row($0.office) }
  }

  private func row(_ office: OfficeView) -> Row {
    let backlog = office.report?.backlogChanges
    return Row(
      name: office.title(language), node: office.node.text, tone: office.state.tone,
      symbol: office.state.symbol,
      state: office.state.word(language), backlog: backlog.map { PageText.number($0, language) } ?? "–",
      hasBacklog: backlog ?? 0 > 0, newest: age(office.newest), seen: age(office.lastSeen),
      conflicts: PageText.number(office.openConflicts, language),
      hasConflicts: office.openConflicts > 0)
  }

  private func age(_ time: Timestamp?) -> String {
    time.map { AgeWords.text(since: $0, now: picture.at)(language) } ?? "–"
  }
}

extension OfficeView.State {
  func word(_ language: Language) -> String {
    let word =
      switch self {
      case .online: BilingualText(id: "daring", en: "online")
      case .offline: BilingualText(id: "luring", en: "offline")
      case .fenced: BilingualText(id: "ditahan", en: "fenced")
      case .revoked: BilingualText(id: "dicabut", en: "revoked")
      case .invited: BilingualText(id: "diundang", en: "invited")
      case .absent: BilingualText(id: "belum bergabung", en: "not joined yet")
      }
    return word(language)
  }

  /// Shapes differ as well as colours: one man in twelve cannot tell red from green.
  fileprivate var symbol: String {
    switch self {
    case .online: "●"
    case .offline: "○"
    case .fenced: "▲"
    case .revoked: "×"
    case .invited: "◇"
    case .absent: "–"
    }
  }

  fileprivate var tone: String {
    switch self {
    case .online: "good"
    case .offline, .invited: "warn"
    case .fenced: "bad"
    case .revoked, .absent: "faint"
    }
  }

  /// In the table, from the top.
  fileprivate var place: Int {
    switch self {
    case .fenced: 0
    case .offline: 1
    case .online: 2
    case .invited: 3
    case .revoked: 4
    case .absent: 5
    }
  }
}
