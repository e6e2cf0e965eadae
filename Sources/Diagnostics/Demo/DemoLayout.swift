import Datasets
import Foundation

/// Where the demo's files are.
struct DemoLayout: Sendable, Equatable {
  /// A Unix socket's path must fit into sun_path (unix(7)): 108 bytes with the zero at its end.
  static let socketPathBytesMax = 107
  /// What the longest socket's path adds to the directory's.
  static let socketSuffixBytesMax = 27

  let root: String

  init(root: String) { self.root = root }

  var centreDirectory: String { "\(root)/scc" }
  var centreConfiguration: String { "\(centreDirectory)/aggregator.toml" }
  var centreSocket: String { "\(root)/s/scc" }
  var centreLog: String { "\(centreDirectory)/aggregator.log" }
  /// Files on their way into a spool: on the same file system, so that a rename moves them.
  var samplesDirectory: String { "\(root)/samples" }

  func directory(of node: NodeName) -> String { "\(root)/\(node)" }
  func configuration(of node: NodeName) -> String { "\(directory(of: node))/agent.toml" }
  /// Its store and keys: all that its disk holds.
  func data(of node: NodeName) -> String { "\(directory(of: node))/data" }
  func spool(of node: NodeName) -> String { "\(directory(of: node))/spool" }
  func log(of node: NodeName) -> String { "\(directory(of: node))/agent.log" }
  func socket(of node: NodeName) -> String { "\(root)/s/\(node)" }

  /// Makes the directory and what all need in it.
  ///
  /// - Parameters:
  ///   - path: taken as it is; must be absent or empty. Nil for a new one among the temporary files.
  /// - Throws: `CommandFailure` that says what to do.
  static func make(at path: String?, language: Language) throws(CommandFailure) -> DemoLayout {
    let layout: DemoLayout
    if let path {
      layout = DemoLayout(root: try given(path, language))
    } else {
      layout = DemoLayout(root: try temporary(language))
    }
    for directory in [layout.centreDirectory, layout.samplesDirectory, "\(layout.root)/s"] {
      try make(directory, language)
    }
    return layout
  }

  /// For this user alone: stores, keys and sockets lie below.
  func makeDirectory(_ path: String, _ language: Language) throws(CommandFailure) {
    try Self.make(path, language)
  }

  /// A whole file or none; readable by this user alone.
  func write(_ text: String, to path: String, _ language: Language) throws(CommandFailure) {
    let file = try AtomicFile(path: path, replaces: true, language: language)
    try file.write(text)
    try file.finish()
  }

  /// Gives a finished file its place in one step, as a program that exports into a spool has to.
  func move(_ path: String, to target: String, _ language: Language) throws(CommandFailure) {
    try Self.make(URL(fileURLWithPath: target).deletingLastPathComponent().path, language)
    guard rename(path, target) == 0 else {
      throw CommandFailure(
        .problem, language("\(target): tidak dapat dipindahkan", "\(target): cannot be moved there"),
        cause: String(cString: strerror(errno)))
    }
  }

  /// Puts a copy of a whole directory in the place of another, or at a new one.
  func copy(_ path: String, to target: String, _ language: Language) throws(CommandFailure) {
    let files = FileManager.default
    do {
      if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
      try files.copyItem(atPath: path, toPath: target)
    } catch {
      throw CommandFailure(
        .problem, language("\(path): tidak dapat disalin ke \(target)", "\(path): cannot be copied to \(target)"),
        cause: (error as NSError).localizedDescription)
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: root) }

  private static func given(_ path: String, _ language: Language) throws(CommandFailure) -> String {
    let root = URL(fileURLWithPath: path).standardizedFileURL.path
    guard root.utf8.count <= socketPathBytesMax - socketSuffixBytesMax else {
      throw CommandFailure(
        .usage,
        language(
          "--keep \(root) terlalu panjang untuk soket Unix; pakai jalur paling banyak "
            + "\(socketPathBytesMax - socketSuffixBytesMax) bita",
          "--keep \(root) is too long for Unix sockets; use a path of at most "
            + "\(socketPathBytesMax - socketSuffixBytesMax) bytes"))
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    guard names.isEmpty else {
      throw CommandFailure(
        .usage,
        language(
          "--keep \(root) tidak kosong; pakai direktori baru",
          "--keep \(root) is not empty; use a new directory"))
    }
    try make(root, language)
    return root
  }

  private static func temporary(_ language: Language) throws(CommandFailure) -> String {
    let wished = FileManager.default.temporaryDirectory.path
    let fits = wished.utf8.count <= socketPathBytesMax - socketSuffixBytesMax - 24
    var template = Array("\(fits ? wished : "/tmp")/simpul-demo-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CommandFailure(
        .problem,
        language(
          "direktori sementara tidak dapat dibuat; periksa TMPDIR", "no temporary directory; check TMPDIR"),
        cause: String(cString: strerror(errno)))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func make(_ path: String, _ language: Language) throws(CommandFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandFailure(
        .problem,
        language(
          "direktori \(path) tidak dapat dibuat; periksa hak dan ruang disk",
          "the directory \(path) cannot be made; check permissions and disk space"),
        cause: (error as NSError).localizedDescription)
    }
  }
}
