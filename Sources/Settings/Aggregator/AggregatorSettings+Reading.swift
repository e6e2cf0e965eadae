import Datasets

extension AggregatorSettings {
  /// Reads the file at `path`, lays `SIMPUL_CONFIG__…` variables over it, and checks everything.
  /// - Throws: all problems that were found.
  package static func load(
    path: String, environment: [String: String]
  ) throws(SettingsProblems) -> AggregatorSettings {
    let text: String
    do throws(SettingsProblem) {
      text = try BoundedFile.text(at: path)
    } catch {
      throw SettingsProblems(error)
    }
    return try parse(text, name: path, environment: environment)
  }

  /// The same for a text that is already there.
  package static func parse(
    _ text: String, name: String = "aggregator.toml", environment: [String: String] = [:]
  ) throws(SettingsProblems) -> AggregatorSettings {
    let problems = ProblemList()
    var document = try TOMLDocument(text, name: name)
    let overrides = EnvironmentOverrides(environment)
    overrides.apply(to: &document, problems: problems)
    let root = TableReader(document, overrides: overrides, problems: problems)
    var settings = AggregatorSettings()
    settings.read(root)
    root.finish()
    try problems.check()
    return settings
  }

  private mutating func read(_ root: TableReader) {
    root.set(&dataDirectory, root.directory("data_dir"))
    root.set(&adminSocket, root.socketPath("admin_socket"))
    root.set(&language, root.choice("language"))
    root.set(&logLevel, root.choice("log_level"))
    replication.read(root.section("replication"))
    http.listen = root.section("http").listen("listen")
    root.set(&datasets.directory, root.section("datasets").directory("directory"))
    root.set(&fleet.directory, root.section("fleet").directory("directory"))
  }
}

extension AggregatorSettings.Replication {
  fileprivate mutating func read(_ table: TableReader) {
    let form = BilingualText(
      id: "alamat seperti \"tcp://0.0.0.0:7312\"", en: "an endpoint such as \"tcp://0.0.0.0:7312\"")
    let isListenGood = !table.has("listen") || table.string("listen").flatMap { Endpoint($0) } != nil
    table.set(&listen, table.value("listen", form: form) { Endpoint($0) })
    table.set(&advertise, table.destinations("advertise"))
    table.set(&silenceLimit, table.duration("silence_limit"))
    table.set(
      &peerCredit, table.size("peer_credit_bytes", in: ByteSize(bytes: 64 << 10)...ByteSize(bytes: 1 << 30)))
    let isAdvertised = table.raw("advertise").map { $0 != .array([]) } ?? false
    if isListenGood, listen.address.isWildcard, !isAdvertised {
      table.report(
        .missing, at: table.path.appending("advertise"),
        .init(
          id: "belum ada: kantor tidak dapat tersambung ke \(listen), dan undangan harus menyebut sesuatu",
          en: "is missing: nodes cannot connect to \(listen), and invitations must name something"),
        remedy: .init(
          id: "tulis advertise = [\"tcp://NAMA:\(listen.address.port)\"] dengan nama atau alamat mesin ini",
          en: "write advertise = [\"tcp://NAME:\(listen.address.port)\"] with this machine's name or address"))
    }
  }
}
