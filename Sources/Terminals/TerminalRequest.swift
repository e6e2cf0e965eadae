package import Datasets

/// What an attendance terminal asks or says: one request of the push protocol ("ADMS", ZKTeco and those who build alike).
///
/// The terminal always calls; it knows nothing of this side but an address. Paths come in any case, with `.aspx` or a slash
/// at their end, and the serial number as `SN` or `sn`.
package struct TerminalRequest: Sendable, Equatable {
  package enum Subject: Sendable, Equatable {
    /// Asks for its settings: the first of every connection, and again every few minutes.
    case handshake
    /// Hands in lines of a table.
    /// - Parameter stamp: how far this upload goes, where the terminal says so.
    case upload(Table, stamp: TerminalStamp?)
    /// Asks whether there is something to do for it.
    case poll(TerminalFigures?)
    /// Tells what became of commands.
    case results
    case ping
  }

  package enum Table: Sendable, Equatable {
    /// Punches.
    case attendanceLog
    /// What was done at the terminal itself, and people who were entered there.
    case operationLog
    /// What the terminal is.
    case options
    /// Photos, templates and whatever else nobody asked for.
    case other(String)

    init(_ name: String) {
      self =
        switch name.uppercased() {
        case "ATTLOG": .attendanceLog
        case "OPERLOG": .operationLog
        case "OPTIONS": .options
        default: .other(name)
        }
    }
  }

  package enum Problem: Error, Equatable {
    /// The path is none of the protocol.
    case unknownPath
    case noSerial
    /// No `TerminalSerial`.
    case badSerial
    /// An upload that does not say of what.
    case noTable
  }

  /// As the terminal reports it.
  package let serial: TerminalSerial
  package let subject: Subject

  /// - Parameters:
  ///   - path: with or without `/iclock/`.
  ///   - query: as it came, percent-encoded.
  ///   - form: the fields of a body that is a form, which stand for the query's where that has none.
  package init(method: String, path: String, query: TerminalFields, form: TerminalFields? = nil) throws(Problem) {
    func field(_ name: String) -> String? { query[name] ?? form?[name] }
    let name = Self.name(ofPath: path)
    guard let name, Self.names.contains(name) else { throw .unknownPath }
    guard let text = field("sn"), !text.isEmpty else { throw .noSerial }
    guard let serial = TerminalSerial(text) else { throw .badSerial }
    self.serial = serial
    switch name {
    case "cdata" where method.uppercased() == "POST":
      guard let table = field("table"), !table.isEmpty else { throw .noTable }
      subject = .upload(Table(table), stamp: field("stamp").flatMap(TerminalStamp.init))
    case "cdata": subject = .handshake
    case "getrequest": subject = .poll(field("info").map(TerminalFigures.init))
    case "devicecmd": subject = .results
    default: subject = .ping
    }
  }

  private static let names: Set<String> = ["cdata", "getrequest", "devicecmd", "ping"]

  /// `/iclock/CDATA.aspx/` is `cdata`.
  private static func name(ofPath path: String) -> String? {
    guard var last = path.split(separator: "/").last?.lowercased() else { return nil }
    if last.hasSuffix(".aspx") { last.removeLast(5) }
    return last
  }
}

/// What a terminal says of itself when it asks for work: `INFO=firmware,users,fingerprints,punches,address,…`.
package struct TerminalFigures: Sendable, Equatable {
  package let firmware: String?
  package let userCount: Int?
  /// All that the terminal has, sent or not: what was received is held against it.
  package let punchCount: Int?
  package let address: String?

  package init(_ text: String) {
    // Shown to people: no more of it than any terminal has to say.
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).prefix(16)
      .map { String($0.prefix(64)) }
    func part(_ index: Int) -> String? { index < parts.count && !parts[index].isEmpty ? parts[index] : nil }
    firmware = part(0)
    userCount = part(1).flatMap(Int.init)
    punchCount = part(3).flatMap(Int.init)
    address = part(4)
  }
}
