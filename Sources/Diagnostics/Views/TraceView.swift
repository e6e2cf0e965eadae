package import API
package import Datasets

/// A record's way as a table: the steps taken, the newest change first, then what it waits for.
package struct TraceView: Sendable {
  private let age: Age
  private let language: Language

  package init(age: Age, language: Language) {
    self.age = age
    self.language = language
  }

  package func word(_ place: TraceReply.Place) -> String {
    switch place {
    case .recorded: language("tercatat", "recorded")
    case .sent: language("terkirim", "sent")
    case .stored: language("tersimpan di pusat", "stored at the centre")
    // "Merged" is said of two people who are one.
    case .merged: language("diterapkan", "applied")
    case .delivered: language("sampai", "delivered")
    case .held: language("ditahan", "held back")
    case .discarded: language("dibuang", "discarded")
    }
  }

  package func style(_ place: TraceReply.Place) -> TextStyle {
    switch place {
    case .delivered: .good
    case .held, .discarded: .bad
    case .recorded, .sent, .stored, .merged: .warning
    }
  }

  private func word(_ step: TraceReply.Step) -> String {
    TraceReply.Place(rawValue: step.rawValue).map { word($0) } ?? step.rawValue
  }

  package func table(_ reply: TraceReply) -> TextTable {
    let columns: [TextTable.Column] = [
      .init(language("Langkah", "Step")), .init("Node"), .init(language("Kapan", "When")),
      .init(language("Perubahan", "Change")), .init(language("Keterangan", "Note")),
    ]
    let taken = reply.stages.map { stage -> [TextTable.Cell] in
      let position = stage.position.map { language("posisi \($0)", "position \($0)") }
      let suspect = stage.suspect == true ? language("jam meragukan", "suspect clock") : nil
      let notes = [position, suspect, stage.note].compactMap { $0 }.joined(separator: "; ")
      return [
        .init(word(stage.stage)), .init(stage.node), .init(stage.at ?? "-"), .init(stage.change ?? "-"),
        .init(notes),
      ]
    }
    let waiting = reply.waiting.map { step -> [TextTable.Cell] in
      let since = step.since.map { language("sejak \($0)", "since \($0)") } ?? "-"
      return [
        .init(language("belum ", "not yet ") + word(step.stage), .warning), .init(step.node), .init(since), .init("-"),
        .init(step.why),
      ]
    }
    return TextTable(columns, rows: taken + waiting)
  }
}
