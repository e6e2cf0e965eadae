import Datasets

/// Why two records, or two values within one, may stand for one person or for two.
package struct PersonMatch: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Two records show one number that a person alone has.
    case sameNumber = "same_number"
    /// One record holds names of which none is a spelling of the other: perhaps two people.
    case otherName = "other_name"
    /// Two records of alike name, birth date and mother: perhaps one person.
    case similar
  }

  package let kind: Kind
  /// How alike the names are, of 100.
  package let score: Int

  package init(kind: Kind, score: Int) {
    self.kind = kind
    self.score = score
  }

  /// Lists begin with the least: certain ones before similar ones, the more alike first.
  package var rank: Int {
    let place = Kind.allCases.firstIndex(of: kind) ?? 0
    return place * 1000 + (kind == .otherName ? score : 100 - score)
  }

  /// Names below this are not spellings of one name.
  package static let sameNameMin = 70

  /// - Returns: nil when the two are most likely two people.
  package init?(_ left: Person, _ right: Person) {
    let name = NameSimilarity.of(left.name, right.name)
    if let number = left.number, number == right.number {
      self.init(kind: .sameNumber, score: name)
      return
    }
    guard !left.name.isEmpty, !right.name.isEmpty else { return nil }
    if let leftSex = left.sex, let rightSex = right.sex, leftSex != rightSex { return nil }
    let mother: Int? =
      if let left = left.mother, let right = right.mother { NameSimilarity.of(left, right) } else { nil }
    let haveTwoNumbers = left.number != nil && right.number != nil
    guard let nameMin = Self.nameMin(BirthDates(left.birthDate, right.birthDate), mother, haveTwoNumbers),
      name >= nameMin
    else { return nil }
    self.init(kind: .similar, score: name)
  }

  /// How alike the names must be, of 100; nil when nothing could make these one person.
  private static func nameMin(_ dates: BirthDates, _ mother: Int?, _ haveTwoNumbers: Bool) -> Int? {
    switch (dates, mother) {
    // Brothers and sisters of one birth have names alike: "Hasan" and "Husen".
    case (.equal, let mother?): mother >= 90 ? 80 : mother >= 75 ? 90 : nil
    // Without the mother, two valid numbers say that there are two namesakes.
    case (.equal, nil): haveTwoNumbers ? 96 : 88
    case (.near, let mother?): mother >= 88 ? 92 : nil
    case (.unknown, let mother?): mother >= 95 ? 95 : nil
    case (.near, nil), (.unknown, nil), (.different, _): nil
    }
  }
}

/// How two birth dates stand to each other.
private enum BirthDates {
  case equal
  /// Alike but for what is often written wrong: day and month swapped, or one of the three parts.
  case near
  case different
  case unknown

  init(_ left: CalendarDate?, _ right: CalendarDate?) {
    guard let left, let right else {
      self = .unknown
      return
    }
    if left == right {
      self = .equal
      return
    }
    let (one, other) = (left.components, right.components)
    let isSwapped = one.year == other.year && one.day == other.month && one.month == other.day
    let same = [one.year == other.year, one.month == other.month, one.day == other.day].count { $0 }
    self = isSwapped || same == 2 ? .near : .different
  }
}

/// How alike two names are that were brought to one spelling.
package enum NameSimilarity {
  /// - Returns: 0 to 100; 100 for the same words in whatever order.
  package static func of(_ left: PersonName, _ right: PersonName) -> Int {
    if left.words == right.words { return left.isEmpty ? 0 : 100 }
    let byWords = byWords(left.words, right.words)
    // Only where blanks may be what differs; else common words would make up for those that tell people apart.
    return left.words.count == right.words.count ? byWords : max(byWords, ofWords(left.joined, right.joined))
  }

  /// Words are paired, the most alike first; what has no partner counts against the pair.
  private static func byWords(_ left: [String], _ right: [String]) -> Int {
    var pairs: [(score: Int, left: Int, right: Int)] = []
    for (leftIndex, leftWord) in left.enumerated() {
      for (rightIndex, rightWord) in right.enumerated() {
        pairs.append((ofWords(leftWord, rightWord), leftIndex, rightIndex))
      }
    }
    pairs.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
    var taken: (left: Set<Int>, right: Set<Int>) = ([], [])
    var sum = 0
    var weights = 0
    for pair in pairs where !taken.left.contains(pair.left) && !taken.right.contains(pair.right) {
      let weight = weight(left[pair.left]) + weight(right[pair.right])
      sum += pair.score * weight
      weights += weight
      taken.left.insert(pair.left)
      taken.right.insert(pair.right)
    }
    guard weights > 0 else { return 0 }
    let rest =
      left.indices.filter { !taken.left.contains($0) }.map { left[$0] }
      + right.indices.filter { !taken.right.contains($0) }.map { right[$0] }
    // One of two offices left a word out: "Siti Nurhaliza" and "Siti Nurhaliza Putri". A single word says too little.
    let isLong = min(left.count, right.count) > 1
    let penalty = rest.reduce(0) { $0 + (PersonName.isCommon($1) ? 4 : isLong ? 6 : 14) }
    return max(0, sum / weights - penalty)
  }

  /// A name that every third person has says little.
  private static func weight(_ word: String) -> Int { PersonName.isCommon(word) ? 1 : word.utf8.count }

  /// One less the share of letters that have to be changed (Levenshtein 1966, swaps of neighbours as one change).
  static func ofWords(_ left: String, _ right: String) -> Int {
    let lettersMax = max(left.utf8.count, right.utf8.count)
    guard lettersMax > 0 else { return 0 }
    return 100 - min(100, EditDistance.between(left, right) * 100 / lettersMax)
  }
}
