/// One declared field of a dataset.
package struct FieldDefinition: Sendable, Equatable {
  package enum PersonalData: String, Sendable, CaseIterable {
    case none
    case general
    /// "Specific" in UU 27/2022: health, biometric, genetic, criminal, children's and financial data.
    case specific
    /// Masked by default in every output, log, error and metric.
    case identifier
  }

  package var name: FieldName
  package var title: BilingualText
  package var type: FieldType
  package var isRequired: Bool
  package var policy: MergePolicy
  /// Nodes whose word ranks first, best first.
  package var authority: [NodeName]
  package var personal: PersonalData
  /// Column headings that mean this field in imported files, beside its name.
  package var headers: [String]
  /// Column headings that hold a kecamatan's name; with `villageHeaders` they give a region's code.
  package var districtHeaders: [String]
  /// Column headings that hold a desa's or kelurahan's name.
  package var villageHeaders: [String]
  /// Whether the field means a desa or kelurahan: files may name one for it. The code of anything larger says less than
  /// the field has to, and lies in nobody's area.
  package var isVillage: Bool { !villageHeaders.isEmpty }
  /// A date that lies after today is refused where it is taken in: a day that is to come is no birth date. Stored ones
  /// are not judged, so that every node keeps what any node took.
  package var isUntilToday: Bool

  package init(
    name: FieldName, title: BilingualText, type: FieldType, isRequired: Bool = false,
    policy: MergePolicy = .latest, authority: [NodeName] = [], personal: PersonalData = .none,
    headers: [String] = [], districtHeaders: [String] = [], villageHeaders: [String] = [], isUntilToday: Bool = false
  ) {
    self.name = name
    self.title = title
    self.type = type
    self.isRequired = isRequired
    self.policy = policy
    self.authority = authority
    self.personal = personal
    self.headers = headers
    self.districtHeaders = districtHeaders
    self.villageHeaders = villageHeaders
    self.isUntilToday = isUntilToday
  }
}

/// How a field shows one of several values that did not see each other (merge.md).
package enum MergePolicy: Sendable, Equatable {
  case authority
  case latest
  case review
  case union
  /// Goes only forward in this order, unless a change says that it is a correction.
  case monotone(order: [String])

  /// The word in definitions, CLI and API.
  package var word: String {
    switch self {
    case .authority: "authority"
    case .latest: "latest"
    case .review: "review"
    case .union: "union"
    case .monotone: "monotone"
    }
  }
}
