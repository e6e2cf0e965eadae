import Datasets

extension TableReader {
  /// The string at `key`; nil when absent or of another type.
  func string(_ key: String) -> String? {
    guard let value = raw(key) else { return nil }
    if case .string(let text) = value { return text }
    // A variable has no types: `…__NODE=123` means the text.
    if let text = document.overrides.text(at: path.appending(key)) { return text }
    wrongType(key, expected: .init(id: "teks", en: "a string"), found: value)
    return nil
  }

  /// The string at `key`, which must be there and hold something.
  func requiredString(_ key: String, remedy: BilingualText? = nil) -> String? {
    guard has(key) else {
      missing(key, remedy: remedy)
      return nil
    }
    return nonEmptyString(key)
  }

  /// The string at `key`, if there is one; an empty one is a problem.
  func nonEmptyString(_ key: String) -> String? {
    guard let text = string(key) else { return nil }
    guard text.contains(where: { !$0.isWhitespace }) else {
      report(key, .mustNotBeEmpty)
      return nil
    }
    return text
  }

  /// The string at `key` as `convert` understands it.
  /// - Parameter form: what is expected, for people, with an article in English: `a size such as "2GB"`.
  func value<Value>(_ key: String, form: BilingualText, _ convert: (String) -> Value?) -> Value? {
    guard let text = string(key) else { return nil }
    guard let value = convert(text) else {
      report(key, .mustBe(form))
      return nil
    }
    return value
  }

  /// One of the words of `Choice`.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Choice.Type = Choice.self
  ) -> Choice? where Choice.RawValue == String {
    choice(key, among: Choice.allCases.map { ($0.rawValue, $0) })
  }

  /// One of the words given.
  func choice<Choice>(_ key: String, among choices: [(word: String, choice: Choice)]) -> Choice? {
    guard let text = string(key) else { return nil }
    if let found = choices.first(where: { $0.word == text }) { return found.choice }
    let words = choices.map(\.word)
    report(
      key, .mustBe(.oneOf(words)),
      remedy: EditDistance.nearest(to: text, among: words).map(BilingualText.didYouMean))
    return nil
  }

  func integer(_ key: String, in range: ClosedRange<Int64> = Int64.min...Int64.max) -> Int64? {
    guard let value = raw(key) else { return nil }
    guard case .integer(let number) = value else {
      wrongType(key, expected: .init(id: "bilangan bulat", en: "an integer"), found: value)
      return nil
    }
    guard range.contains(number) else {
      report(key, .outOfRange("\(range.lowerBound)", "\(range.upperBound)", found: "\(number)"))
      return nil
    }
    return number
  }

  /// The number at `key`; a whole one is fine, `nan` and `inf` are not.
  func decimal(_ key: String) -> Double? {
    guard let value = raw(key) else { return nil }
    switch value {
    case .integer(let number): return Double(number)
    case .decimal(let number) where number.isFinite: return number
    case .decimal: report(key, .mustBe(.init(id: "bilangan yang berhingga", en: "a finite number")))
    default: wrongType(key, expected: .init(id: "bilangan desimal", en: "a decimal number"), found: value)
    }
    return nil
  }

  func boolean(_ key: String) -> Bool? {
    guard let value = raw(key) else { return nil }
    if case .boolean(let flag) = value { return flag }
    wrongType(key, expected: .init(id: "true atau false", en: "true or false"), found: value)
    return nil
  }

  /// The strings of the array at `key`; nil when absent or when any element is something else.
  func strings(_ key: String) -> [String]? {
    guard let value = raw(key) else { return nil }
    guard case .array(let elements) = value else {
      wrongType(key, expected: .init(id: "daftar teks", en: "an array of strings"), found: value)
      return nil
    }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      if case .string(let text) = element {
        texts.append(text)
      } else {
        let place = path.appending(key).appending(index: index)
        wrongType(at: place, expected: .init(id: "teks", en: "a string"), found: element)
      }
    }
    return texts.count == elements.count ? texts : nil
  }

  /// The strings at `key` as `convert` understands them; one that it does not is a problem of its own.
  func values<Value>(_ key: String, form: BilingualText, _ convert: (String) -> Value?) -> [Value]? {
    strings(key)?.enumerated().compactMap { index, text in
      let value = convert(text)
      if value == nil { report(at: path.appending(key).appending(index: index), .mustBe(form)) }
      return value
    }
  }
}
