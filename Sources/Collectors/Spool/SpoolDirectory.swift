import Glibc

/// The spool's file system calls. Nothing below the spool's root is reached through a symbolic link
/// (`O_NOFOLLOW` on every part).
///
/// Anybody who may drop a file could otherwise have the daemon read or move files of its own.
package struct SpoolDirectory: Sendable {
  /// What the table of reasons is called behind its file's name.
  static let errorsSuffix = ".errors.csv"

  let root: String
  let filesMax: Int

  /// - Parameters:
  ///   - root: the spool's path, which may be a link.
  ///   - filesMax: entries looked at in one scan, and of one directory of refused files; the rest waits for the next.
  package init(root: String, filesMax: Int = 10_000) {
    self.root = root
    self.filesMax = filesMax
  }

  /// The regular files of the spool, its dataset directories and their source directories.
  func snapshot() throws(SpoolFailure) -> [SpoolFile] {
    let descriptor = try openRoot()
    defer { close(descriptor) }
    var files: [SpoolFile] = []
    try collect(descriptor, prefix: "", depth: 0, into: &files)
    return files
  }

  /// Opens a file for reading, unless it is anything but a regular file by now.
  func open(_ path: String) throws(SpoolFailure) -> FileByteSource {
    let (directory, name) = try openParent(of: path)
    defer { close(directory) }
    // O_NONBLOCK: a FIFO put in the file's place must not hang the daemon.
    let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SpoolFailure("open", path) }
    return try FileByteSource(descriptor: descriptor, path: path)
  }

  /// Whether anything has this path.
  func exists(_ path: String) -> Bool {
    guard let (directory, name) = try? openParent(of: path) else { return false }
    defer { close(directory) }
    var status = stat()
    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Whether what has this path is the content that a scan saw.
  func hasContent(_ path: String, of file: SpoolFile) throws(SpoolFailure) -> Bool {
    let (directory, name) = try openParent(of: path)
    defer { close(directory) }
    var status = stat()
    guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw SpoolFailure("stat", path)
    }
    return UInt64(status.st_ino) == file.inode && Int64(status.st_size) == file.sizeBytes
      && Self.modifiedNanoseconds(status) == file.modifiedNanoseconds
  }

  /// Renames within the spool and brings both directories to the disk; replaces what is there.
  func move(_ path: String, to target: String) throws(SpoolFailure) {
    let (from, name) = try openParent(of: path)
    defer { close(from) }
    let (to, targetName) = try openParent(of: target)
    defer { close(to) }
    guard renameat(from, name, to, targetName) == 0 else { throw SpoolFailure("rename", path) }
    guard fsync(to) == 0, fsync(from) == 0 else { throw SpoolFailure("fsync", target) }
  }

  /// - Throws: where the spool itself is not there or cannot be entered.
  package func check() throws(SpoolFailure) { close(try openRoot()) }

  /// Makes a dataset's directory, if it is not there.
  ///
  /// Whoever may drop files finds it with the spool's group: made by one of them, with the usual umask, the daemon
  /// could take nothing out of it.
  func makeDirectory(_ name: String) throws(SpoolFailure) {
    try makeParent(of: name + "/file")
  }

  /// The directory, relative to the spool (empty for itself), because of which files of `path`'s directory cannot be
  /// renamed, made and removed, or because of which that directory cannot be made; nil when they can.
  func obstacle(parentOf path: String) -> String? {
    guard var directory = try? openRoot() else { return "" }
    defer { close(directory) }
    var way: [String] = []
    for part in SpoolAddress.parts(of: path).dropLast() {
      let next = openat(directory, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      if next < 0 {
        guard errno == ENOENT else { return (way + [part]).joined(separator: "/") }
        break
      }
      way.append(part)
      close(directory)
      directory = next
    }
    return faccessat(directory, ".", W_OK | X_OK, 0) == 0 ? nil : way.joined(separator: "/")
  }

  /// Makes the directories on the way to `path`, for the daemon's user and group.
  ///
  /// Their modes come from the umask (the unit's is 0007): a chmod would take the set-group-id bit away that they
  /// inherit, and may not set it again (RestrictSUIDSGID).
  func makeParent(of path: String) throws(SpoolFailure) {
    var directory = try openRoot()
    defer { close(directory) }
    for part in SpoolAddress.parts(of: path).dropLast() {
      if mkdirat(directory, part, 0o770) == 0 {
        guard fsync(directory) == 0 else { throw SpoolFailure("fsync", path) }
      } else if errno != EEXIST {
        throw SpoolFailure("mkdir", path)
      }
      let next = openat(directory, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw SpoolFailure("open", path) }
      close(directory)
      directory = next
    }
  }

  /// A new, empty file; an old one of that name is emptied.
  func create(_ path: String) throws(SpoolFailure) -> Int32 {
    let (directory, name) = try openParent(of: path)
    defer { close(directory) }
    let descriptor = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw SpoolFailure("create", path) }
    return descriptor
  }

  func remove(_ path: String) {
    guard let (directory, name) = try? openParent(of: path) else { return }
    defer { close(directory) }
    unlinkat(directory, name, 0)
  }

  func openRoot() throws(SpoolFailure) -> Int32 {
    // The root itself may be a link: it is the administrator's setting.
    let descriptor = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SpoolFailure("open", root) }
    return descriptor
  }

  private func openParent(of path: String) throws(SpoolFailure) -> (directory: Int32, name: String) {
    var directory = try openRoot()
    var parts = SpoolAddress.parts(of: path)
    guard let name = parts.popLast(), name != "..", !parts.contains("..") else {
      close(directory)
      throw SpoolFailure("open", path, code: EINVAL)
    }
    for part in parts {
      let next = openat(directory, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let code = errno
      close(directory)
      guard next >= 0 else { throw SpoolFailure("open", path, code: code) }
      directory = next
    }
    return (directory, name)
  }

  private func collect(
    _ directory: Int32, prefix: String, depth: Int, into files: inout [SpoolFile]
  ) throws(SpoolFailure) {
    for name in try names(in: directory) where !SpoolAddress.isUnfinished(name) {
      guard files.count < filesMax else { return }
      var status = stat()
      guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFREG: files.append(Self.file(status, path: prefix + name, directory: directory, name: name))
      case S_IFDIR where depth < 2:
        if depth == 0, name == SpoolAddress.doneDirectory || name == SpoolAddress.failedDirectory { continue }
        let inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { continue }
        defer { close(inner) }
        try collect(inner, prefix: prefix + name + "/", depth: depth + 1, into: &files)
      default: continue  // Links, pipes, sockets and devices are never followed or read.
      }
    }
  }

  /// Sorted, so that a scan does not depend on the file system.
  func names(in directory: Int32) throws(SpoolFailure) -> [String] {
    let copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { throw SpoolFailure("readdir", "") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream), names.count < filesMax {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      // A name that is not UTF-8 cannot be named in a message or an answer: it is left alone.
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func file(_ status: stat, path: String, directory: Int32, name: String) -> SpoolFile {
    SpoolFile(
      path: path, sizeBytes: Int64(status.st_size),
      modifiedNanoseconds: modifiedNanoseconds(status),
      inode: UInt64(status.st_ino), writers: writers(directory, name, sizeBytes: Int64(status.st_size)))
  }

  private static func modifiedNanoseconds(_ status: stat) -> Int64 {
    Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }

  /// Asks for a read lease, which the kernel refuses while anybody has the file open for writing (fcntl(2),
  /// F_SETLEASE).
  ///
  /// It can be told of files that the daemon owns; of others only with CAP_LEASE, which the unit gives, and not of
  /// all file systems.
  private static func writers(_ directory: Int32, _ name: String, sizeBytes: Int64) -> SpoolFile.Writers {
    let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .untold(endsWhole: false) }
    defer { close(descriptor) }
    let setSignal: Int32 = 10  // F_SETSIG
    let setLease: Int32 = 1024  // F_SETLEASE
    // A writer that comes in this very moment makes the kernel signal us: with SIGURG, which nobody dies of,
    // not with SIGIO.
    guard fcntl(descriptor, setSignal, SIGURG) == 0, fcntl(descriptor, setLease, Int32(F_RDLCK)) == 0 else {
      return errno == EAGAIN ? .some : .untold(endsWhole: endsWhole(descriptor, sizeBytes: sizeBytes))
    }
    _ = fcntl(descriptor, setLease, Int32(F_UNLCK))
    return .none
  }

  /// Whether the last bytes end a row or a JSON document.
  static func endsWhole(_ descriptor: Int32, sizeBytes: Int64) -> Bool {
    var tail = [UInt8](repeating: 0, count: 64)
    let offset = max(0, sizeBytes - Int64(tail.count))
    let count = tail.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
    guard count > 0 else { return false }
    if tail[count - 1] == UInt8(ascii: "\n") || tail[count - 1] == UInt8(ascii: "\r") { return true }
    let last = tail[..<count].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return last == UInt8(ascii: "]") || last == UInt8(ascii: "}")
  }
}

/// A file system call that failed.
package struct SpoolFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package let operation: String
  package let path: String
  /// `errno`.
  package let code: Int32

  init(_ operation: String, _ path: String, code: Int32 = errno) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  package var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}
