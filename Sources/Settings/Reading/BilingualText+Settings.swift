import Datasets
import Foundation

// What many problems say.
extension BilingualText {
  static let absent = BilingualText(id: "belum ada", en: "is missing")
  static let mustNotBeEmpty = BilingualText(id: "tidak boleh kosong", en: "must not be empty")

  /// - Parameter expected: with an article in English: `a string`.
  static func wrongType(expected: BilingualText, found: SettingValue) -> BilingualText {
    let type = found.typeName
    return BilingualText(
      id: "harus berupa \(expected.indonesian), bukan \(type.indonesian)",
      en: "must be \(expected.english), found \(type.english)")
  }

  /// - Parameter form: with an article in English: `a size such as "2GB"`.
  static func mustBe(_ form: BilingualText) -> BilingualText {
    BilingualText(id: "harus berupa \(form.indonesian)", en: "must be \(form.english)")
  }

  static func oneOf(_ words: [String]) -> BilingualText {
    let list = words.joined(separator: ", ")
    return BilingualText(id: "salah satu dari \(list)", en: "one of \(list)")
  }

  static func outOfRange(_ least: String, _ most: String, found: String) -> BilingualText {
    BilingualText(
      id: "harus dari \(least) sampai \(most), tertulis \(found)",
      en: "must be from \(least) to \(most), found \(found)")
  }

  /// What failed, with the system's own words for why: they are in English and what one looks for.
  static func system(_ what: BilingualText, error: CInt) -> BilingualText {
    let words = String(cString: strerror(error))
    return BilingualText(id: "\(what.indonesian): \(words)", en: "\(what.english): \(words)")
  }

  // MARK: - Remedies

  static let removeIt = BilingualText(id: "hapus saja", en: "remove it")
  static let removeOne = BilingualText(id: "hapus salah satunya", en: "remove one of the two")

  static func didYouMean(_ name: String) -> BilingualText {
    BilingualText(id: "maksudnya \(name)?", en: "did you mean \(name)?")
  }

  static func writeOne(of words: [String]) -> BilingualText {
    let choice = oneOf(words)
    return BilingualText(id: "tulis \(choice.indonesian)", en: "write \(choice.english)")
  }
}
