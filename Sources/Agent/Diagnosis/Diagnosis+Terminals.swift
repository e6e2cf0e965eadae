import API
import Datasets
import HTTPServing
import NodeStorage

/// What is wrong with attendance terminals.
extension Diagnosis {
  /// A terminal calls every few seconds; nights and weekends in which it is switched off are no fault. In milliseconds.
  private static let silenceMilliseconds: Int64 = 24 * 3_600_000
  /// After a start a terminal that is switched on comes back within minutes. In milliseconds.
  private static let firstCallMilliseconds: Int64 = 3_600_000
  /// Whoever reaches the port may make serial numbers up: no more of them are told than people read.
  private static let unknownMax = 10

  var attendance: [Finding] {
    let unknown = terminals.filter { $0.adoption == .none }
    let own = terminals.filter { $0.adoption != .none }
    return unknown.prefix(Self.unknownMax).map(unknownTerminal) + own.compactMap(unreadableLines)
      + own.compactMap(silentTerminal)
  }

  private func unknownTerminal(_ terminal: TerminalDesk.Terminal) -> Finding {
    let count = terminal.shelf.reduce(0) { $0 + $1.count }
    return finding(
      .terminalUnknown, .warning, subject: terminal.serial.text,
      ("Mesin absensi yang belum diakui memanggil kantor ini.", "A terminal that is not adopted calls this office."),
      evidence: "\(count)",
      consequence: (
        "Absensinya disimpan, tetapi belum dihitung.", "Its punches are kept, and do not count yet."
      ),
      remedy: (
        "Bila milik kantor: simpulctl terminals adopt \(terminal.serial). Bila bukan, cari perangkatnya, lalu: simpulctl "
          + "terminals discard \(terminal.serial) --reason \"ALASAN\".",
        "If it is the office's: simpulctl terminals adopt \(terminal.serial). If not, find the device, then: simpulctl "
          + "terminals discard \(terminal.serial) --reason \"TEXT\"."
      ), since: terminal.shelf.map(\.firstAt).min() ?? terminal.facts?.heardAt)
  }

  private func unreadableLines(_ terminal: TerminalDesk.Terminal) -> Finding? {
    guard let lines = terminal.shelf.first(where: { $0.reason == .unreadable }) else { return nil }
    return finding(
      .terminalLines, .warning, subject: terminal.serial.text,
      ("Ada baris mesin absensi yang tidak terbaca.", "Lines of a terminal cannot be read."),
      evidence: "\(lines.count), \(InstantText.of(lines.lastAt))",
      consequence: (
        "Baris itu disimpan, tetapi tidak dihitung sebagai absensi.", "They are kept, and count as no punches."
      ),
      remedy: (
        "Periksa jam mesin. Coba lagi: simpulctl terminals adopt \(terminal.serial). Lepaskan: simpulctl terminals "
          + "discard \(terminal.serial) --reason \"ALASAN\".",
        "Check the terminal's clock. Try again: simpulctl terminals adopt \(terminal.serial). Give them up: simpulctl "
          + "terminals discard \(terminal.serial) --reason \"TEXT\"."
      ), since: lines.firstAt)
  }

  private func silentTerminal(_ terminal: TerminalDesk.Terminal) -> Finding? {
    let heard = terminal.facts?.heardAt
    let awaited = heard ?? max(startedAt, terminal.adoptedAt ?? startedAt)
    let limit = heard == nil ? Self.firstCallMilliseconds : Self.silenceMilliseconds
    guard now.millisecondsSince(awaited) > limit else { return nil }
    return finding(
      .terminalSilent, .warning, subject: terminal.serial.text,
      ("Mesin absensi tidak memanggil.", "A terminal does not call."),
      evidence: heard.map { InstantText.of($0) } ?? "-",
      consequence: ("Absensinya tetap di mesin itu.", "Its punches stay in it."),
      remedy: (
        "Periksa listrik, kabel, dan alamat server di mesin itu (collectors.attendance.listen di agent.toml). Bila tidak "
          + "dipakai lagi: simpulctl terminals release \(terminal.serial).",
        "Check its power, its cable and the server address in it (collectors.attendance.listen in agent.toml). If it is "
          + "not used any more: simpulctl terminals release \(terminal.serial)."
      ), since: awaited)
  }
}
