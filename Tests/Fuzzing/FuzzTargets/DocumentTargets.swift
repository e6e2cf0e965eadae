import Datasets
import Settings

extension FuzzTarget {
  /// Files of the office's and the centre's machine, and documents that the centre hands out.
  static let documents: [FuzzTarget] = [
    text("dataset-toml") { text throws(SettingsProblems) in
      let document = try DefinitionDocument.parse(text)
      // What a centre writes of it, offices read again.
      let written = DefinitionDocument(definition: document.definition, regions: document.regions)
      guard try DefinitionDocument.parse(written.text).definition == document.definition else {
        return FuzzFinding("dataset-toml: handed out it is another")
      }
      return nil
    },
    text("profile-toml") { text throws(SettingsProblems) in
      let profile = try ProfileDocument.parse(text).profile
      guard try ProfileDocument.parse(ProfileDocument(profile).text).profile == profile else {
        return FuzzFinding("profile-toml: handed out it is another")
      }
      return nil
    },
    text("agent-toml") { text throws(SettingsProblems) in
      let settings = try AgentSettings.parse(text)
      guard try AgentSettings.parse(settings.effectiveText).effectiveText == settings.effectiveText else {
        return FuzzFinding("agent-toml: shown and read again it is another")
      }
      return nil
    },
    text("aggregator-toml") { text throws(SettingsProblems) in
      let settings = try AggregatorSettings.parse(text)
      guard try AggregatorSettings.parse(settings.effectiveText).effectiveText == settings.effectiveText else {
        return FuzzFinding("aggregator-toml: shown and read again it is another")
      }
      return nil
    },
  ]

  private static func text(
    _ name: String, _ check: @escaping @Sendable (String) throws(SettingsProblems) -> FuzzFinding?
  ) -> FuzzTarget {
    FuzzTarget(name) { bytes throws(FuzzFinding) in
      let finding: FuzzFinding?
      do { finding = try check(String(decoding: bytes, as: UTF8.self)) } catch { return false }
      if let finding { throw finding }
      return true
    }
  }

  /// A dataset with fields of many types.
  static let residents: DatasetDefinition = {
    let text = """
      id = "population"
      kind = "record"
      lane = "record"
      version = 1
      title = { id = "Penduduk", en = "Residents" }
      identity = ["nik"]
      scope = "wilayah"
      [fields.nik]
      title = { id = "NIK", en = "NIK" }
      type = "nik"
      required = true
      personal = "identifier"
      policy = "latest"
      headers = ["NIK"]
      [fields.nama]
      title = { id = "Nama", en = "Name" }
      type = "text"
      max = 100
      personal = "general"
      policy = "latest"
      headers = ["Nama"]
      [fields.lahir]
      title = { id = "Lahir", en = "Birth" }
      type = "date"
      personal = "general"
      policy = "latest"
      headers = ["Tanggal Lahir"]
      [fields.wilayah]
      title = { id = "Wilayah", en = "Region" }
      type = "region"
      personal = "none"
      policy = "latest"
      headers = ["Kode Desa"]
      [fields.telepon]
      title = { id = "Telepon", en = "Phone" }
      type = "phone"
      personal = "identifier"
      policy = "latest"
      headers = ["HP"]
      [fields.anak]
      title = { id = "Anak", en = "Children" }
      type = "integer"
      personal = "none"
      policy = "latest"
      headers = ["Anak"]
      [[write]]
      roles = ["*"]
      """
    do { return try DefinitionDocument.parse(text).definition } catch {
      preconditionFailure("the fuzz targets' dataset cannot be read: \(error)")
    }
  }()
}
