internal import Glibc

/// The key file: two lines of ASCII, `public KEY` and `secret KEY`, each key 40 characters of Z85, nothing
/// else. It has mode 0600. It is always written whole beside its place and moved there, so that no
/// crash leaves half of it.
extension CurveKeyPair {
  private static let fileBytesMax = 256

  /// Reads a key file; refuses one that others may read (`keyFileExposed`), with what to do about it.
  package static func load(path: String) throws(TransportError) -> CurveKeyPair {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.keyFile, "cannot open the key file \(path)") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.keyFile, "cannot look at the key file \(path)")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TransportError(.keyFileMalformed, "\(path) is not a regular file")
    }
    // A file of root's that this process may read all the same is meant for it: systemd credentials show the
    // ACL as group bits, and packages use root:GROUP 0640.
    let forbidden: mode_t = status.st_uid == 0 && geteuid() != 0 ? 0o037 : 0o077
    guard status.st_mode & forbidden == 0 else {
      throw TransportError(
        .keyFileExposed, "others may read the key file \(path): run chmod 600 on it, or make new keys")
    }
    return try parse(try readAll(descriptor, path: path), path: path)
  }

  /// Writes a new key file; throws `keyFileExists` rather than replace one.
  package func create(path: String) throws(TransportError) {
    let temporary = try writeBeside(path)
    defer { unlink(temporary) }
    // link(2) is the move that fails on an existing name, in one step.
    guard link(temporary, path) == 0 else {
      if errno == EEXIST { throw TransportError(.keyFileExists, "the key file \(path) exists already") }
      throw .system(.keyFile, "cannot create the key file \(path)")
    }
    try Self.syncDirectory(of: path)
  }

  /// Writes a key file over an older one in one step: after a crash there is the old or the new, whole.
  package func replace(path: String) throws(TransportError) {
    let temporary = try writeBeside(path)
    guard rename(temporary, path) == 0 else {
      let error = TransportError.system(.keyFile, "cannot replace the key file \(path)")
      unlink(temporary)
      throw error
    }
    try Self.syncDirectory(of: path)
  }

  /// Reads the key file, or makes a pair and writes it where there is none.
  package static func loadOrCreate(path: String) throws(TransportError) -> CurveKeyPair {
    if access(path, F_OK) == 0 || errno != ENOENT { return try load(path: path) }
    let pair = try generate()
    do {
      try pair.create(path: path)
      return pair
    } catch let error where error.code == .keyFileExists {
      // Another process was first: its pair is the one.
      return try load(path: path)
    }
  }

  private static func parse(_ bytes: [UInt8], path: String) throws(TransportError) -> CurveKeyPair {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
    guard lines.count == 2, lines[0].hasPrefix("public "), lines[1].hasPrefix("secret ") else {
      throw TransportError(
        .keyFileMalformed, "\(path) is not a key file: it needs two lines, \"public KEY\" and \"secret KEY\"")
    }
    let publicKey: CurvePublicKey
    let pair: CurveKeyPair
    do {
      publicKey = try CurvePublicKey(String(lines[0].dropFirst("public ".count)))
      pair = try CurveKeyPair(secretKey: CurveSecretKey(String(lines[1].dropFirst("secret ".count))))
    } catch {
      throw TransportError(.keyFileMalformed, "\(path) holds a damaged key", cause: error.description)
    }
    guard pair.publicKey == publicKey else {
      throw TransportError(.keyFileMalformed, "the two keys in \(path) do not belong together")
    }
    return pair
  }

  private static func readAll(_ descriptor: Int32, path: String) throws(TransportError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: fileBytesMax)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(.keyFile, "cannot read the key file \(path)")
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= fileBytesMax else {
        throw TransportError(.keyFileMalformed, "\(path) is not a key file: it is too long")
      }
    }
  }

  /// Writes the pair to a new file of mode 0600 in the same directory and syncs it; returns its path.
  private func writeBeside(_ path: String) throws(TransportError) -> String {
    let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(.keyFile, "cannot write beside the key file \(path)") }
    defer { close(descriptor) }
    let bytes = Array("public \(publicKey.text)\nsecret \(secretKey.revealedText)\n".utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(writing: temporary) }
      written += count
    }
    guard Self.giveToOwnerOfDirectory(descriptor, path), fsync(descriptor) == 0 else {
      throw failure(writing: temporary)
    }
    return temporary
  }

  /// What root makes in a service's directory belongs to the service, which could not read it otherwise.
  private static func giveToOwnerOfDirectory(_ descriptor: Int32, _ path: String) -> Bool {
    guard geteuid() == 0 else { return true }
    var status = stat()
    guard stat(directory(of: path), &status) == 0 else { return false }
    return fchown(descriptor, status.st_uid, status.st_gid) == 0
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private func failure(writing temporary: String) -> TransportError {
    let error = TransportError.system(.keyFile, "cannot write \(temporary)")
    unlink(temporary)
    return error
  }

  /// Makes the new name itself durable (fsync(2): the directory needs its own).
  private static func syncDirectory(of path: String) throws(TransportError) {
    let directory = directory(of: path)
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.keyFile, "cannot open the directory \(directory)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(.keyFile, "cannot sync the directory \(directory)") }
  }
}
