import Datasets

extension AgentSettings {
  /// Reads the file at `path`, lays `SIMPUL_CONFIG__…` variables over it, and checks everything.
  /// - Throws: all problems that were found.
  package static func load(
    path: String, environment: [String: String]
  ) throws(SettingsProblems) -> AgentSettings {
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
    _ text: String, name: String = "agent.toml", environment: [String: String] = [:]
  ) throws(SettingsProblems) -> AgentSettings {
    let problems = ProblemList()
    var document = try TOMLDocument(text, name: name)
    let overrides = EnvironmentOverrides(environment)
    overrides.apply(to: &document, problems: problems)
    let root = TableReader(document, overrides: overrides, problems: problems)
    let node = root.node()
    // Reading goes on without a name, to find the other problems as well.
    var settings = AgentSettings(node: node ?? .centre)
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
    aggregator.read(root.section("aggregator"))
    http.listen = root.section("http").listen("listen")
    buffer.read(root.section("buffer"))
    spool.read(root.section("spool"))
    collectors.read(root.section("collectors"))
    replication.read(root.section("replication"))
  }
}

extension TableReader {
  fileprivate func node() -> NodeName? {
    let remedy = BilingualText(
      id: "tulis node = \"NAMA\", seperti di profil kantor", en: "write node = \"NAME\", as in the office's profile")
    guard let text = requiredString("node", remedy: remedy) else { return nil }
    guard let node = NodeName(text), node != .centre else {
      report(
        "node",
        .mustBe(
          .init(
            id: "nama kantor: huruf kecil, angka, dan tanda hubung di tengah, dan bukan \"scc\"",
            en: "an office's name: lower-case letters, digits and inner hyphens, and not \"scc\"")))
      return nil
    }
    return node
  }
}

extension AgentSettings.Aggregator {
  fileprivate mutating func read(_ table: TableReader) {
    table.set(&endpoints, table.destinations("endpoints"))
    let form = BilingualText(
      id: "40 karakter (Z85) dari kunci pusat", en: "the 40 characters (Z85) of the centre's key")
    publicKey = table.value("public_key", form: form) { Z85Key($0) }
    if publicKey != nil, !table.has("endpoints") {
      table.missing(
        "endpoints",
        remedy: .init(
          id: "jalankan simpul-agent join, atau tulis alamat pusat",
          en: "run simpul-agent join, or write the centre's endpoints"))
    }
  }
}

extension AgentSettings.Buffer {
  fileprivate mutating func read(_ table: TableReader) {
    // Below a megabyte the store itself has no room.
    table.set(&quota, table.size("quota", in: ByteSize(bytes: 1_000_000)...ByteSize(bytes: 1 << 50)))
    table.set(&reserve, table.size("reserve", in: ByteSize(bytes: 0)...ByteSize(bytes: 1 << 50)))
    table.set(&retainAcknowledged, table.duration("retain_acknowledged", from: .zero))
  }
}

extension AgentSettings.Spool {
  fileprivate mutating func read(_ table: TableReader) {
    directory = table.directory("directory")
    table.set(&settle, table.duration("settle"))
    table.set(&attlogVerifyFirst, table.boolean("attlog_verify_first"))
    if settle > .seconds(3_600) {
      let found = DurationText.text(settle)
      table.report(
        "settle", .init(id: "harus paling banyak 1h, tertulis \(found)", en: "must be at most 1h, found \(found)"))
    }
  }
}

extension AgentSettings.Replication {
  fileprivate mutating func read(_ table: TableReader) {
    table.set(&heartbeat, table.duration("heartbeat"))
    table.set(&silenceLimit, table.duration("silence_limit"))
    table.set(
      &batchBytesMax, table.size("batch_bytes_max", in: ByteSize(bytes: 4 << 10)...ByteSize(bytes: 2 << 20)))
    table.set(&reconnectMin, table.duration("reconnect_min"))
    table.set(&reconnectMax, table.duration("reconnect_max"))
    table.checkSilence(heartbeat: heartbeat, limit: silenceLimit)
    if reconnectMax < reconnectMin {
      let (least, most) = (DurationText.text(reconnectMin), DurationText.text(reconnectMax))
      table.report(
        "reconnect_max",
        .init(
          id: "tidak boleh di bawah reconnect_min (\(least)), tertulis \(most)",
          en: "must not be below reconnect_min (\(least)), is \(most)"))
    }
  }
}

extension AgentSettings.Collectors {
  fileprivate mutating func read(_ table: TableReader) {
    if let attendance = table.table("attendance") { self.attendance = .read(attendance) }
    cameras = table.tables("camera").compactMap(AgentSettings.Camera.read)
    var seen: Set<String> = []
    for (index, camera) in cameras.enumerated() where !seen.insert(camera.id).inserted {
      let place = table.path.appending("camera").appending(index: index).appending("id")
      table.report(
        at: place, .init(id: "kamera lain memakai id yang sama", en: "another camera has the same id"),
        remedy: .init(id: "beri tiap kamera id sendiri", en: "give every camera its own id"))
    }
  }
}

extension AgentSettings.Attendance {
  fileprivate static func read(_ table: TableReader) -> Self? {
    let form = BilingualText(
      id: "nomor seri mesin absensi: 1 sampai 64 huruf, angka, titik, tanda hubung, atau garis bawah",
      en: "a terminal's serial number: 1 to 64 letters, digits, dots, hyphens or underscores")
    let allow = table.values("allow", form: form) { TerminalSerial($0) }
    guard table.has("listen") else {
      table.missing(
        "listen",
        remedy: .init(
          id: "tulis listen = \"0.0.0.0:8081\", alamat yang dihubungi mesin absensi",
          en: "write listen = \"0.0.0.0:8081\", the address that terminals call"))
      return nil
    }
    guard let listen = table.listen("listen") else { return nil }
    var attendance = Self(listen: listen)
    table.set(&attendance.allow, allow)
    return attendance
  }
}

extension AgentSettings.Camera {
  fileprivate static func read(_ table: TableReader) -> Self? {
    let id = table.requiredString("id", remedy: .init(id: "tulis id = \"NAMA-1\"", en: "write id = \"NAME-1\""))
    if let id, !isID(id) {
      table.report(
        "id",
        .mustBe(
          .init(
            id: "1 sampai 64 huruf, angka, titik, tanda hubung, dan garis bawah",
            en: "1 to 64 letters, digits, dots, hyphens and underscores")))
    }
    let url = table.requiredString(
      "url", remedy: .init(id: "tulis url = \"rtsp://HOST/JALUR\"", en: "write url = \"rtsp://HOST/PATH\""))
    if let url { checkURL(url, in: table) }
    let credentials = table.nonEmptyString("credentials")
    if let credentials, credentials.contains(":") {
      // Not shown: this is what a password written into the file looks like.
      table.report(
        "credentials",
        .init(
          id: "harus menyebut berkas atau kredensial systemd, bukan berisi kata sandi",
          en: "must name a file or a systemd credential, not hold a password"),
        remedy: .init(
          id: "simpan pengguna:kata-sandi di berkas dengan mode 0600, lalu tulis jalurnya di sini",
          en: "put user:password into a file with mode 0600 and write its path here"))
    }
    let interval = table.duration("interval", from: .seconds(1))
    guard let id, let url else { return nil }
    var camera = Self(id: id, url: url)
    camera.credentials = credentials
    table.set(&camera.interval, interval)
    return camera
  }

  private static func isID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
      }
  }

  private static func checkURL(_ url: String, in table: TableReader) {
    guard url.hasPrefix("rtsp://"), url.utf8.allSatisfy({ (33...126).contains($0) }), url.utf8.count <= 1_000
    else {
      table.report(
        "url",
        .mustBe(
          .init(
            id: "URL seperti \"rtsp://192.0.2.10/Streaming/Channels/102\"",
            en: "a URL such as \"rtsp://192.0.2.10/Streaming/Channels/102\"")))
      return
    }
    let authority = url.dropFirst(7).prefix { !"/?#".contains($0) }
    if authority.contains("@") {
      table.report(
        "url",
        .init(id: "tidak boleh berisi nama pengguna atau kata sandi", en: "must not contain a user or password"),
        remedy: .init(
          id: "simpan pengguna:kata-sandi di berkas dengan mode 0600, lalu sebutkan di credentials",
          en: "put user:password into a file with mode 0600 and name it in credentials"))
    } else if HostPort(String(authority)) == nil, HostPort("\(authority):554") == nil {
      table.report(
        "url",
        .init(
          id: "harus menyebut host, dan port bila bukan 554", en: "must name a host, and a port if it is not 554"))
    }
  }
}
