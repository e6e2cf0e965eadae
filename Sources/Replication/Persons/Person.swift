package import Datasets
import Hashing
import Wire

/// What of a record says who it is about.
package struct Person: Sendable, Equatable {
  package let number: String?
  package let name: PersonName
  package let birthDate: CalendarDate?
  package let mother: PersonName?
  package let sex: String?

  /// Raised whenever keys or comparison change: everything is then looked at again.
  package static let comparisonVersion = 1

  package init(number: String?, name: String, birthDate: CalendarDate?, mother: String?, sex: String?) {
    self.number = number
    self.name = PersonName(name)
    self.birthDate = birthDate
    self.mother = mother.map { PersonName($0) }.flatMap { $0.isEmpty ? nil : $0 }
    self.sex = sex
  }

  /// As it was stored: names are in one spelling already.
  package init(number: String?, name: PersonName, birthDate: CalendarDate?, mother: PersonName?, sex: String?) {
    self.number = number
    self.name = name
    self.birthDate = birthDate
    self.mother = mother
    self.sex = sex
  }

  /// By these, at most 8, similar people meet: two of whom none is the same are not compared.
  ///
  /// Each joins two facts that are rare together, so that the groups stay small in a large register.
  package func keys(in dataset: DatasetName) -> [UInt64] {
    var texts: [String] = []
    if let number { texts.append("number \(number)") }
    let skeletons = name.telling.map { PersonName.skeleton($0) }
    let whole = PersonName.skeleton(name.telling.joined())
    if let date = birthDate {
      // A word that is misspelt beyond its skeleton still leaves the others.
      for skeleton in skeletons.sorted().prefix(3) { texts.append("born \(date) \(skeleton)") }
      // A birth date with one part wrong still has the others.
      if !whole.isEmpty {
        let (year, month, day) = date.components
        texts.append("year \(year) \(whole)")
        texts.append("day \(min(day, month)) \(max(day, month)) \(whole)")
      }
    }
    if let mother, !whole.isEmpty {
      texts.append("mother \(PersonName.skeleton(mother.telling.joined())) \(whole)")
    }
    return Set(texts.map { Self.key($0, dataset) }).sorted()
  }

  private static func key(_ text: String, _ dataset: DatasetName) -> UInt64 {
    SHA256.hash(Array("\(dataset) \(text)".utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
