/// One `[[read]]` or `[[write]]` rule: who, where, and which fields. Rules add up.
package struct AccessRule: Sendable, Equatable {
  /// Roles that the rule is for; `*` is every node.
  package var roles: [String]
  /// Only records whose scope lies in the node's own region.
  package var ownRegionOnly: Bool
  /// Only these fields; nil is all.
  package var fields: [FieldName]?

  package init(roles: [String], ownRegionOnly: Bool = false, fields: [FieldName]? = nil) {
    self.roles = roles
    self.ownRegionOnly = ownRegionOnly
    self.fields = fields
  }

  package func applies(to profile: NodeProfile) -> Bool {
    roles.contains { $0 == "*" || profile.roles.contains($0) }
  }
}

/// What the centre decides about one office and delivers in the welcome.
package struct NodeProfile: Sendable, Equatable {
  package var node: NodeName
  package var title: BilingualText
  /// `skpd` or `kecamatan`.
  package var kind: String
  package var region: RegionCode
  package var roles: [String]
  package var calendar: String
  /// What the node may send at most.
  package var uplink: UplinkLimit

  package init(
    node: NodeName, title: BilingualText, kind: String, region: RegionCode, roles: [String],
    calendar: String = "normal", uplink: UplinkLimit = UplinkLimit()
  ) {
    self.node = node
    self.title = title
    self.kind = kind
    self.region = region
    self.roles = roles
    self.calendar = calendar
    self.uplink = uplink
  }
}

/// What one node may read or write of one dataset: the sum of the rules that apply to it.
package struct Access: Sendable, Equatable {
  /// Part of an access: some fields of the records of some region.
  package struct Grant: Sendable, Equatable {
    /// Only records whose scope lies here; nil is everywhere.
    package let region: RegionCode?
    /// Sorted; nil is all fields.
    package let fields: [FieldName]?
  }

  package let grants: [Grant]

  package init(rules: [AccessRule], profile: NodeProfile) {
    grants = rules.filter { $0.applies(to: profile) }.map { rule in
      Grant(region: rule.ownRegionOnly ? profile.region : nil, fields: rule.fields.map { $0.sorted() })
    }
  }

  /// What a node without a profile has.
  package static let nothing = Access(grants: [])

  private init(grants: [Grant]) { self.grants = grants }

  /// Whether any rule gives anything.
  package var isEmpty: Bool { grants.isEmpty }

  /// Whether a record with this scope value is within the access; a record without scope is only in unlimited ones.
  package func includes(scope: RegionCode?) -> Bool {
    grants.contains { grant in
      guard let region = grant.region else { return true }
      return scope.map(region.contains) ?? false
    }
  }

  /// The fields given for a record with this scope value: nil is all, empty is none.
  package func fields(scope: RegionCode?) -> Set<FieldName>? {
    var fields: Set<FieldName> = []
    for grant in grants {
      if let region = grant.region, !(scope.map(region.contains) ?? false) { continue }
      guard let some = grant.fields else { return nil }
      fields.formUnion(some)
    }
    return fields
  }
}
