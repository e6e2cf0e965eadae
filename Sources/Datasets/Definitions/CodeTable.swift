/// The codes that a coded field may hold, with titles and the spellings that files are seen to use.
package struct CodeTable: Sendable, Equatable {
  package struct Code: Sendable, Equatable {
    package let code: String
    package let title: BilingualText
    package let aliases: [String]

    package init(code: String, title: BilingualText, aliases: [String] = []) {
      self.code = code
      self.title = title
      self.aliases = aliases
    }
  }

  package let name: String
  package let codes: [Code]
  private let codesBySpelling: [String: String]
  private let titles: [String: BilingualText]

  package init(name: String, codes: [Code]) {
    self.name = name
    self.codes = codes
    var spellings: [String: String] = [:]
    // Codes win over titles, titles over aliases: an alias such as "1" must not hide the code "1".
    for entry in codes where spellings[Self.folded(entry.code)] == nil {
      spellings[Self.folded(entry.code)] = entry.code
    }
    for entry in codes {
      for title in [entry.title.indonesian, entry.title.english] where spellings[Self.folded(title)] == nil {
        spellings[Self.folded(title)] = entry.code
      }
    }
    for entry in codes {
      for alias in entry.aliases where spellings[Self.folded(alias)] == nil {
        spellings[Self.folded(alias)] = entry.code
      }
    }
    codesBySpelling = spellings
    titles = Dictionary(codes.map { ($0.code, $0.title) }, uniquingKeysWith: { first, _ in first })
  }

  /// The code that `text` means, whether it is a code, a title or an alias.
  package func code(for text: String) -> String? { codesBySpelling[Self.folded(text)] }

  package func title(of code: String) -> BilingualText? { titles[code] }

  /// Case, spaces and spaces around a slash do not matter: `SLTP / SEDERAJAT` is `sltp/sederajat`.
  private static func folded(_ text: String) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count)
    for byte in text.utf8 where byte != UInt8(ascii: " ") && byte != 9 {
      output.append((UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte)
    }
    return String(decoding: output, as: UTF8.self)
  }
}
