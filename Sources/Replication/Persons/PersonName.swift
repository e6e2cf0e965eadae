/// A person's name as it is compared: without titles and initials, in one spelling.
///
/// Indonesian names have no family name; the same person is written `H. Moch. Yusuf, S.Pd.` at one office and
/// `MUHAMMAD JUSUF` at another.
package struct PersonName: Sendable, Equatable {
  /// In the order of the name; at most 8 of at most 32 letters each.
  package let words: [String]

  static let wordsMax = 8
  private static let wordLettersMax = 32

  package init(_ text: String) {
    // What follows a comma are degrees: "Hasanuddin, S.Sos., M.Si".
    let beforeComma = text.prefix { $0 != "," }
    let found = Self.letters(of: beforeComma)
    // "St. Aminah" is Sitti Aminah, but "Aminah ST" an engineer.
    let named = found.enumerated().filter { index, word in
      word.count > 1 && !Self.titles.contains(word) && !(word == "ST" && index > 0 && index == found.count - 1)
    }.map(\.element)
    // A name may be a title's word, or one letter: then that is all there is.
    let kept = named.isEmpty ? found : named
    words = kept.prefix(Self.wordsMax).map { Self.spelled(String($0.prefix(Self.wordLettersMax))) }
      .filter { !$0.isEmpty }
  }

  /// A name that was brought to one spelling before.
  package init(words: [String]) { self.words = words }

  package var isEmpty: Bool { words.isEmpty }

  /// All words as one: "ABDUL RAHMAN" and "ABDURRAHMAN" differ in blanks alone.
  var joined: String { words.joined() }

  /// Words that tell people apart: `MUHAMAD` and the like are in every third name.
  var telling: [String] {
    let telling = words.filter { !Self.isCommon($0) }
    return telling.isEmpty ? words : telling
  }

  static func isCommon(_ word: String) -> Bool { common.contains(word) }

  /// Upper-case words of Latin letters without marks; digits and signs part words, an apostrophe does not.
  private static func letters(of text: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    func end() {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    for scalar in text.unicodeScalars {
      if let letter = letter(scalar) {
        word.append(letter)
      } else if !apostrophes.contains(scalar) {
        end()
      }
    }
    end()
    return words
  }

  private static let apostrophes: Set<Unicode.Scalar> = ["'", "’", "‘", "`", "´"]

  private static func letter(_ scalar: Unicode.Scalar) -> Character? {
    switch scalar {
    case "A"..."Z": return Character(scalar)
    case "a"..."z": return Character(Unicode.Scalar(UInt8(scalar.value) - 32))
    default: return marked[scalar]
    }
  }

  private static let marked: [Unicode.Scalar: Character] = [
    "é": "E", "è": "E", "ê": "E", "ë": "E", "É": "E", "È": "E", "á": "A", "à": "A", "â": "A", "ä": "A",
    "í": "I", "ì": "I", "ó": "O", "ò": "O", "ö": "O", "ú": "U", "ù": "U", "ü": "U", "ñ": "N", "ç": "C",
  ]

  /// Titles of pilgrims, nobles and scholars, degrees, and what marks the dead and the child of somebody.
  private static let titles: Set<String> = [
    "HJ", "HAJI", "HAJJAH", "KH", "KYAI", "KIAI", "USTADZ", "USTAD", "UST", "USTADZAH", "ANDI", "DAENG", "DG",
    "PETTA", "DATU", "PUANG", "TN", "NY", "NN", "SDR", "SDRI", "BPK", "IBU", "DR", "DRS", "DRA", "IR", "PROF",
    "ALM", "ALMH", "ALMARHUM", "ALMARHUMAH", "BIN", "BINTI", "BT", "SE", "SH", "SP", "SPD", "SPDI", "SAG",
    "SSOS", "SIP", "SKM", "SKEP", "SKOM", "STP", "SPT", "SPI", "MSI", "MPD", "MM", "MH", "MT", "MAP", "MKES", "AMD",
    "PD", "SI", "SOS", "AG", "KEP", "KES", "KOM", "MD", "KEB", "HUT", "TP",
  ]

  private static let common: Set<String> = ["MUHAMAD", "AHMAD", "ABDUL", "SITI", "NUR"]

  /// One spelling for what clerks and the spelling reforms of 1947 and 1972 write in several ways.
  private static func spelled(_ word: String) -> String {
    if let whole = wholeWords[word] { return whole }
    var output: [Character] = []
    let letters = Array(word)
    var index = 0
    func next() -> Character? { index + 1 < letters.count ? letters[index + 1] : nil }
    while index < letters.count {
      var letter = letters[index]
      var width = 1
      switch (letter, next()) {
      case ("O", "E"): (letter, width) = ("U", 2)
      case ("T", "J"): (letter, width) = ("C", 2)
      // Before 1947 DJ was today's J, and J today's Y: Djusuf, Jusuf, Yusuf.
      case ("D", "J"): (letter, width) = ("Y", 2)
      case ("S", "J"), ("S", "Y"), ("S", "H"), ("S", "Z"): (letter, width) = ("S", 2)
      case ("C", "H"), ("K", "H"): (letter, width) = ("H", 2)
      case ("T", "H"): (letter, width) = ("T", 2)
      case ("D", "H"), ("D", "Z"), ("D", "L"): (letter, width) = ("D", 2)
      case ("P", "H"): (letter, width) = ("P", 2)
      case ("F", _), ("V", _): letter = "P"
      case ("Z", _): letter = "S"
      case ("Q", _): letter = "K"
      case ("X", _): letter = "S"
      case ("J", _): letter = "Y"
      default: break
      }
      // The Y of "Syahrir" and "Yusuf" stays; the one of "Rifqy" and "Ely" is an I.
      let follows = index + width < letters.count ? letters[index + width] : nil
      if letter == "Y", index > 0, !isVowel(follows) { letter = "I" }
      if output.last != letter { output.append(letter) }
      index += width
    }
    // Silent at the end: Aisyah and Aisya.
    if output.count > 3, output.last == "H" { output.removeLast() }
    let spelled = String(output)
    return wholeWords[spelled] ?? spelled
  }

  private static func isVowel(_ letter: Character?) -> Bool { letter.map { "AIUEO".contains($0) } ?? false }

  private static let wholeWords: [String: String] = {
    let spellings: [String: [String]] = [
      "MUHAMAD": [
        "MUH", "MUHD", "MUHAMMAD", "MUHAMAD", "MUHAMMED", "MOH", "MOHD", "MOCH", "MOCHAMAD", "MOCHAMMAD", "MOHAMAD",
        "MOHAMMAD", "MUCHAMAD", "MHD", "MUHAMMAT", "MUHAMAT",
      ],
      "AHMAD": ["ACHMAD", "AHMAT", "AKHMAD", "ACHMAT", "AHMED"],
      "ABDUL": ["ABD", "ABDOEL", "ABDOUL"],
      "SITI": ["SITTI", "SITY", "ST"],
      "NUR": ["NOOR", "NOER", "NOR"],
    ]
    var words: [String: String] = [:]
    for (word, others) in spellings { for other in others + [word] { words[other] = word } }
    return words
  }()

  /// First letter and consonants: what is left of a word when the ear has spelt it.
  static func skeleton(_ word: String) -> String {
    var output = String(word.prefix(1))
    for letter in word.dropFirst() where !"AIUEOHYW".contains(letter) && output.last != letter { output.append(letter) }
    return output
  }
}
