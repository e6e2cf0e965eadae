package import Datasets

/// A node's profile as the centre hands it to the node.
package struct ProfileDocument: Sendable, Equatable {
  package let profile: NodeProfile
  /// Self-contained TOML. `parse(_:)` reads it.
  package let text: String

  package init(_ profile: NodeProfile) {
    self.profile = profile
    var text = TOMLText()
    text.set("node", profile.node.text)
    text.set("title", profile.title)
    text.set("kind", profile.kind)
    text.set("region", profile.region.text)
    text.set("roles", profile.roles)
    text.set("calendar", profile.calendar)
    text.set(profile.uplink)
    self.text = text.text
  }

  private init(profile: NodeProfile, text: String) {
    self.profile = profile
    self.text = text
  }

  /// Reads what a centre wrote, also a newer one: keys that this version does not know are ignored.
  package static func parse(_ text: String) throws(SettingsProblems) -> ProfileDocument {
    let problems = ProblemList()
    let document = try TOMLDocument(text, name: "profile")
    let root = TableReader(document, mode: .lenient, problems: problems)
    var node: NodeName?
    if root.requiredString("node") != nil {
      node = root.value("node", form: .init(id: "nama node", en: "a node's name")) { NodeName($0) }
    }
    let profile = node.flatMap { ProfileReader(root: root, node: $0).read() }
    try problems.check()
    guard let profile else {
      throw SettingsProblems(
        SettingsProblem(
          .invalid, file: document.name, reason: .init(id: "tidak berisi profil", en: "holds no profile")))
    }
    return ProfileDocument(profile: profile, text: text)
  }
}

/// Reads what a profile's file and its document have in common.
struct ProfileReader {
  let root: TableReader
  let node: NodeName

  func read() -> NodeProfile? {
    let title = root.title()
    let kind = root.requiredString(
      "kind", remedy: .init(id: "tulis skpd atau kecamatan", en: "write skpd or kecamatan"))
    let region = root.region("region")
    let roles = root.roles(orEveryNode: false)
    let calendar = root.requiredString(
      "calendar", remedy: .init(id: "sebutkan sebuah berkas dari calendars", en: "name a file of calendars"))
    let uplink = UplinkReader(table: root.section("uplink")).read()
    guard let title, let kind, let region, let roles, let calendar else { return nil }
    return NodeProfile(
      node: node, title: title, kind: kind, region: region, roles: roles, calendar: calendar,
      uplink: uplink)
  }
}
